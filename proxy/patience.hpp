// How long a peer is waited for. Once the time is over its stream's wait is cancelled, and so is
// each wait after it: one cancel alone misses a wait that has just succeeded, and a peer that sends
// a byte now and then could hold on for ever.
#pragma once

#include "net/core.hpp"
#include "net/stream.hpp"

namespace skein::proxy {

class patience {
 public:
  patience(net::core& core, net::stream& with)
      : with_(with), limit_(core.wheel(), [this] { lose(); }) {}
  void arm(net::steady_time::duration from_now) {
    lost_ = false;
    limit_.arm(from_now);
  }
  void disarm() { limit_.disarm(); }
  bool lost() const { return lost_; }

 private:
  void lose() {
    lost_ = true;
    with_.cancel();
    limit_.arm(net::deadline_wheel::tick);
  }

  net::stream& with_;
  bool lost_ = false;
  net::deadline limit_;
};

}  // namespace skein::proxy
