// The thread behind a fault relay: moves bytes between pairs of sockets, with delay, rate and
// limits. One mutex guards all of it; the switches of fault_relay change `faults` under it.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "tests/servers/fault_relay.hpp"

namespace skein::servers {

using relay_clock = std::chrono::steady_clock;

// What one direction of a relay suffers.
struct way_faults {
  std::chrono::milliseconds latency{0};
  std::uint64_t bytes_per_second = 0;
  bool halted = false;
  std::optional<std::uint64_t> cut_bytes = {};
  cut how = cut::reset;
  relay_clock::time_point next_send = {};  // when the bandwidth allows more
  std::uint64_t passed = 0;
};

enum class door { open, shut, mute };

// One direction of one connection.
struct lane {
  struct piece {
    relay_clock::time_point due;
    std::vector<char> bytes;
    std::size_t sent = 0;
  };
  std::deque<piece> pieces = {};
  std::size_t held_bytes = 0;
  std::optional<std::uint64_t> left = {};  // until the cut
  bool ended = false;                      // the sender has finished
  bool finished = false;                   // and the receiver was told
};

struct relayed_pair {
  int socket[2] = {-1, -1};  // [0] the client's, [1] the server's
  lane lanes[2] = {};        // [0] to the server, [1] to the client
  bool dialled = false;
  bool connected = false;
  bool silenced = false;
  bool dead = false;
};

class relay_loop {
 public:
  explicit relay_loop(std::uint16_t target_port);
  ~relay_loop();

  // Runs the change under the mutex, then wakes the thread.
  template <typename Change>
  auto apply(Change change) {
    const std::lock_guard guard(mutex_);
    struct waking {
      relay_loop* loop;
      ~waking() { loop->wake(); }
    } const after{this};
    return change(*this);
  }

  // What follows is touched only within apply() or by the thread.
  void set_door(door wanted);
  void reset_all();

  way_faults faults[2];
  std::list<relayed_pair> pairs;
  std::uint16_t target_port;
  std::uint64_t accepted = 0;
  door entrance = door::open;

  std::uint16_t port() const { return port_; }

 private:
  void wake();
  void run();
  int watch();  // fills watched_, returns poll's timeout
  void serve();
  void accept_all();
  void dial(relayed_pair& pair);
  void move(relayed_pair& pair, int way);
  void receive(relayed_pair& pair, int way);
  void send(relayed_pair& pair, int way);
  bool may_receive(const relayed_pair& pair, int way) const;
  std::optional<relay_clock::time_point> send_time(const relayed_pair& pair, int way) const;
  static void end(relayed_pair& pair, bool by_reset);

  std::mutex mutex_;
  int listener_ = -1;
  int waker_ = -1;
  std::uint16_t port_ = 0;
  bool stopping_ = false;
  std::vector<pollfd> watched_;
  std::thread thread_;
};

}  // namespace skein::servers
