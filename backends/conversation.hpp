// The seam between a wire protocol and the proxy: the exchange of one client with one server, after
// login, as a pure state machine. It reads message headers, keeps the ledger of replies owed and
// answers with actions; proxy/session carries them out and knows no message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/error.hpp"
#include "backends/login.hpp"

namespace skein {

enum class action_kind : std::uint8_t {
  forward,  // `bytes` of the input go on to the other side
  hide,     // `bytes` of the input are dropped
  answer,   // `text` goes to the client
  finish,   // nothing more can be exchanged: close both sides once all is sent
};

struct action {
  action_kind kind = action_kind::forward;
  std::size_t bytes = 0;
  std::string text = {};
};

// Filled anew by each call; the same object is reused, so that a warm session allocates nothing.
class action_list {
 public:
  void clear() { actions_.clear(); }
  void forward(std::size_t bytes) { take(action_kind::forward, bytes); }
  void hide(std::size_t bytes) { take(action_kind::hide, bytes); }
  void answer(std::string text) { actions_.push_back({action_kind::answer, 0, std::move(text)}); }
  void finish() { actions_.push_back({action_kind::finish}); }
  const std::vector<action>& all() const { return actions_; }

 private:
  void take(action_kind kind, std::size_t bytes) {
    if (bytes == 0) return;
    if (!actions_.empty() && actions_.back().kind == kind) {
      actions_.back().bytes += bytes;
    } else {
      actions_.push_back({kind, bytes});
    }
  }
  std::vector<action> actions_;
};

// What happened since the last look; the session turns it into metrics.
struct exchange_counts {
  std::uint64_t queries_started = 0;
  std::uint64_t queries_finished = 0;
  std::uint64_t errors_seen = 0;  // errors that the server reported to the client
};

class conversation {
 public:
  virtual ~conversation() = default;
  // Each reads `input` from its front. What no action takes is an incomplete header: keep it, and
  // call again with more behind it.
  virtual void from_client(byte_view input, action_list& actions) = 0;
  virtual void from_server(byte_view input, action_list& actions) = 0;

  // True between exchanges: every reply owed has come and no transaction is open.
  virtual bool at_rest() const = 0;
  // True while a reply is owed to the client.
  virtual bool busy() const = 0;
  // The server is gone, or must be given up: what the client hears. in_doubt where a commit was
  // on its way.
  virtual std::string break_off(error why) = 0;
  // What to send so that the server connection is as new; empty: it cannot be made so.
  virtual std::string reset_request() const = 0;
  virtual const exchange_counts& counts() const = 0;
};

}  // namespace skein
