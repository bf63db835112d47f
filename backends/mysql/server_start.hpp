// Tells the starts of one server apart, of which it says no more than for how many seconds it has
// been up. Whoever is heard over the connection of before has not been started again; over another
// one it may have been, if it is up for no longer than it was out of sight. Pure.
#pragma once

#include <chrono>
#include <cstdint>

namespace skein::mysql {

struct sign_of_life {
  std::uint64_t connection = 0;          // each a number of its own, from 1
  std::chrono::nanoseconds asked{0};     // since this machine's start
  std::chrono::nanoseconds answered{0};  // ...
  double clock = 0;                      // the server's, in seconds
  double uptime = 0;                     // ...
};

class server_start {
 public:
  // In microseconds by the server's clock, or nearly; other ones are other starts.
  std::int64_t by(const sign_of_life& now);

 private:
  bool is_same(const sign_of_life& now, std::int64_t started_us) const;

  sign_of_life before_ = {};
  std::int64_t started_us_ = 0;
};

}  // namespace skein::mysql
