// Which members have transactions that who leads has not. It shows beside what the keeper gathers
// (cluster/facts), and is told by status and metrics, on other threads.
#pragma once

#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace skein::cluster {

class orphan_board {
 public:
  using findings = std::vector<std::optional<bool>>;  // of each member; no value: nobody knows

  void note(findings found) {
    const std::lock_guard lock(mutex_);
    found_ = std::move(found);
  }
  findings now() const {
    const std::lock_guard lock(mutex_);
    return found_;
  }

 private:
  mutable std::mutex mutex_;
  findings found_ = {};
};

}  // namespace skein::cluster
