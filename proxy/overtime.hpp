// What of a session has gone on for too long. Pure: times are passed in. The session asks now and
// then, at the latest when something could be over; nothing is armed on the path of a query.
#pragma once

#include <chrono>
#include <cstdint>

namespace skein::proxy {

// 0: without end.
struct time_limits {
  std::chrono::milliseconds statement{0};
  std::chrono::milliseconds idle{0};
  std::chrono::milliseconds idle_in_transaction{0};
  bool any() const {
    return statement.count() > 0 || idle.count() > 0 || idle_in_transaction.count() > 0;
  }
  bool operator==(const time_limits&) const = default;
};

enum class doing : std::uint8_t {
  resting,         // neither a statement nor a transaction is open
  in_transaction,  // one is open, and the client is silent
  running,         // a statement
  waiting,         // for a server, which has bounds of its own
};

struct overtime {
  bool over = false;
  std::chrono::nanoseconds look_again{0};  // so much later; something may be over then
};
overtime judge(const time_limits& limits, doing what, std::chrono::nanoseconds so_long);

}  // namespace skein::proxy
