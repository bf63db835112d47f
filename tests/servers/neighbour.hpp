// An innocent session that works in the background while others misbehave: it asks all the time
// and remembers every wrong or slow answer. At the end it must have noticed nothing.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "tests/servers/postgres/client.hpp"

namespace skein::servers {

class neighbour {
 public:
  explicit neighbour(const std::string& words);
  ~neighbour();
  // Ends its session; CHECKs that no answer was wrong or took longer than
  // that.
  void check_unharmed(std::chrono::milliseconds slowest_allowed = std::chrono::seconds{2});

 private:
  void work();

  std::unique_ptr<pg_session> session_;
  std::atomic<bool> over_{false};
  std::atomic<int> asked_{0};
  std::chrono::milliseconds slowest_{0};
  std::string trouble_;
  std::thread thread_;
};

}  // namespace skein::servers
