// The side that takes over. Asks the Skein that runs for its listening sockets, tells it once they
// are served, and sends it the cancels of sessions that it still has. Its coroutines live on the
// control core, which runs; what is public may be called from any other thread.
#pragma once

#include <future>
#include <mutex>

#include "handover/channel.hpp"
#include "net/acceptor.hpp"
#include "net/bell.hpp"
#include "net/task_group.hpp"

namespace skein::handover {

struct inherited_door {
  door what = {};
  std::uint16_t index = 0;  // in the offer
  net::owned_handle listening;
};

struct inheritance {
  pid_t from = 0;
  std::uint8_t generation = 0;
  bool was_ready = false;
  std::deque<inherited_door> doors = {};
};

enum class standing : std::uint8_t {
  offered,  // the older one waits for our word
  ours,     // it drains, and can be asked
  refused,  // it does not wait any more, and goes on
  alone,    // there is none, or not any more
};

struct predecessor {
  pid_t pid = 0;
  std::size_t clients = 0;
};

class taker {
 public:
  explicit taker(net::core& on);

  // nullopt: nobody is there. Blocks, for some seconds at most.
  outcome<std::optional<inheritance>> ask(const net::endpoint& at);
  // Blocks until the older one has answered; it may also have gone, and that is as good.
  outcome<void> say_serving(std::vector<std::uint16_t> kept);
  standing stands() const { return standing_; }
  std::string why_refused() const;

  // Calls `done` on the control core: when the older one has told the server, or at the end of all
  // patience.
  void relay(std::uint32_t id, std::string secret, std::function<void()> done);
  void relay(order what, std::function<void(order_outcome)> done);
  std::optional<predecessor> before_us() const;

  // On the core's thread.
  net::awaitable<> stop();

 private:
  struct question;
  struct relayed {
    std::function<void(order_outcome)> done;
    net::steady_time until;
  };
  net::awaitable<> ask_there(net::endpoint at,
                             std::promise<outcome<std::optional<inheritance>>> to);
  net::awaitable<outcome<std::optional<inheritance>>> take_offer();
  net::awaitable<> hear_all();
  net::awaitable<> say_all();
  void understand(const message& said);
  void give_up(const std::string& why);
  void drop_overdue();
  void settle(std::uint32_t number, order_outcome how);

  net::core& on_;
  std::optional<channel> talk_ = {};
  std::deque<message> unsaid_ = {};
  std::map<std::uint32_t, relayed> relayed_ = {};
  std::uint32_t next_ = 0;
  std::uint16_t version_ = version_oldest;  // that both speak
  net::bell news_;
  std::atomic<standing> standing_{standing::alone};
  std::atomic<std::uint32_t> clients_{0};
  std::atomic<pid_t> pid_{0};
  mutable std::mutex mutex_ = {};  // of the words alone
  std::string why_ = {};
  net::task_group tasks_;
};

}  // namespace skein::handover
