// The side that is replaced. Waits at a unix socket for a newer Skein of the same user, passes it
// every listening socket, and goes on as if nothing had happened until that one says that it
// serves: then its owner is told to drain, and until it has ended it answers for the cancels of its
// sessions. Lives on the control core.
#pragma once

#include "handover/channel.hpp"
#include "net/acceptor.hpp"
#include "net/bell.hpp"
#include "net/task_group.hpp"

namespace skein::handover {

struct open_door {
  door what = {};
  net::owned_handle listening;
};

// Called on the control core; what they post to other threads may come back at any time.
struct giver_hooks {
  std::function<outcome<std::vector<open_door>>()> doors;
  std::function<bool()> ready;
  std::function<std::uint8_t()> generation;  // of the one that comes next
  std::function<void(const std::vector<door>& kept)> taken;
  std::function<void(const cancel& asked, std::function<void()> done)> cancel;
  std::function<void(const order& asked, std::function<void(order_outcome)> done)> obey;
  std::function<std::size_t()> clients;
};

class giver {
 public:
  giver(net::core& on, giver_hooks hooks);

  // Either of them first, then `serve`; on the core's thread, or before it runs.
  std::expected<void, std::string> listen(const net::endpoint& at);
  std::expected<void, std::string> adopt(net::owned_handle listening, const net::endpoint& at);
  void serve();
  void close();  // hands over no more
  net::awaitable<> stop();

 private:
  net::awaitable<> wait_for_takers();
  net::awaitable<bool> hand_over(channel& to);
  net::awaitable<outcome<void>> begin(channel& to);
  net::awaitable<outcome<void>> pass_doors(channel& to, std::uint16_t version);
  net::awaitable<outcome<serving>> hear_serving(channel& from);
  net::awaitable<> answer_cancels(channel& from);
  net::awaitable<> tell_how_many(channel& to);
  void answer(message word);

  net::core& on_;
  giver_hooks hooks_;
  net::endpoint at_ = {};
  std::optional<net::acceptor> acceptor_ = {};
  channel* talking_ = nullptr;
  std::vector<door> offered_ = {};
  std::deque<message> answered_ = {};  // cancels and orders, not told yet
  net::bell news_;
  bool stopping_ = false;
  net::task_group tasks_;
};

}  // namespace skein::handover
