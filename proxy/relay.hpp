// The exchange of a client with its server: two pumps, one each way, that carry out what the
// conversation says of the bytes they read. The hot path of the house: a warm exchange allocates
// nothing and makes one receive, one send and one wait a hop.
#pragma once

#include <string>

#include "backends/conversation.hpp"
#include "metrics/counters.hpp"
#include "net/core.hpp"
#include "net/task_group.hpp"
#include "proxy/outlet.hpp"

namespace skein::proxy {

enum class relay_end : std::uint8_t {
  client_left,    // it said goodbye, or closed its connection
  client_failed,  // its connection broke
  server_failed,  // the server's connection broke or closed
  finished,       // the conversation ended it; the client has been told why
  interrupted,    // `interrupt` was called
};

class relay {
 public:
  relay(net::core& core, net::stream& client, net::stream& server, conversation& talk,
        metrics::core_counters& counters);

  // Until either side ends. The client hears `welcome` first; `early` is what it sent behind its
  // login.
  net::awaitable<relay_end> run(std::string welcome, std::string early);
  void interrupt();
  void interrupt_at_rest();  // once no exchange and no transaction is open
  // The last words to the client; gives up when it does not take them.
  net::awaitable<> tell_client(std::string text);
  // What the client sent before it left and the server's socket has not taken yet. Nobody hears
  // the server any more.
  net::awaitable<> send_rest(std::chrono::milliseconds limit);
  bool all_sent() const { return to_server_.empty(); }
  const net::error_code& failure() const { return failure_; }

 private:
  // One direction: what is read, where it goes, what is left of a header cut in two.
  struct flow {
    net::stream& from;
    outlet& to;
    fault reader;
    std::string partial = {};
  };
  net::awaitable<> pump(flow& way);
  net::awaitable<> drop_replies();
  bool digest(flow& way, std::span<const std::byte> input);
  bool carry_out(flow& way, std::span<const std::byte> input);
  void leave_at_rest();
  void count(const exchange_counts& before);
  void end(relay_end how, net::error_code why = {});
  void server_unwritable(net::error_code why);

  net::core& core_;
  net::stream& client_;
  net::stream& server_;
  conversation& talk_;
  metrics::core_counters& counters_;
  outlet to_client_;
  outlet to_server_;
  flow up_;
  flow down_;
  action_list actions_ = {};
  net::task_group tasks_;
  net::steady_time asked_at_ = {};
  std::optional<relay_end> ended_ = {};
  bool server_unwritable_ = false;
  bool leaving_ = false;  // interrupt_at_rest was called
  bool sending_rest_ = false;
  net::error_code failure_ = {};
};

}  // namespace skein::proxy
