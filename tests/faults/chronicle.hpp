// Who was seen to lead, since when, by who asks Skein again and again: so a write's epoch is known
// from outside. A thread of its own; scene.hpp has one.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "tests/faults/checker.hpp"
#include "tests/servers/skein_process.hpp"

namespace skein::servers::faults {

// "cluster shop (epoch 3): b leads: it alone takes writes"; nothing: nobody does.
std::optional<reign> read_reign(const std::string& status);

// Of what several have seen: each once, since when anybody saw it, in the order of epochs.
std::vector<reign> join(const std::vector<std::vector<reign>>& seen);

// When Skein took its first step towards another leader after that, by its log.
std::optional<milliseconds> first_step_after(
    const std::optional<std::chrono::system_clock::time_point>& struck_at, const std::string& log);

class chronicle {
 public:
  chronicle(const skein_process& of, std::string token,
            std::chrono::steady_clock::time_point begun);
  ~chronicle();
  std::vector<reign> reigns() const;

 private:
  void watch();

  const skein_process& of_;
  const std::string token_;  // of its admin port
  const std::chrono::steady_clock::time_point begun_;
  mutable std::mutex mutex_;
  std::vector<reign> reigns_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace skein::servers::faults
