// The rows of our own that who leads is given, in schema skein: the heartbeat, and who leads since
// when. Each is made where it is missing, and none is written where writes are not to be taken, nor
// later than in an order's time: one that hung would have then what nobody else has.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "backends/mysql/role_statements.hpp"
#include "backends/mysql/wire_session.hpp"
#include "backends/roles.hpp"

namespace skein::mysql {

// A third of an order's time is for who commits meanwhile, as much again for what is done about
// them; in whole seconds, of which servers know no shorter. A server goes on to wait when we have
// gone: so an order that came too late is not carried out long after another one.
std::uint64_t lock_seconds(std::chrono::milliseconds timeout);

// Empty: nobody has written that, or we may not read it.
result<std::optional<lead_record>> read_lead(wire_session& by, net::steady_time until);

class own_rows {
 public:
  explicit own_rows(wire_settings how) : how_(how), session_(std::move(how)) {}

  // Makes what is missing before the server waits for followers: those that have received that by
  // then never acknowledge it, and none is written as long as it is being made.
  result<void> make_missing();
  result<void> beat();
  result<void> record_lead(const lead_record& which);
  void interrupt() { session_.interrupt(); }  // from any thread, for good

 private:
  using statement_before = std::function<std::string(const write_limits& limits)>;
  result<void> write(const own_table& table, const statement_before& row, const char* refused);
  result<void> make(const own_table& table, net::steady_time until);

  const wire_settings how_;
  static constexpr std::chrono::seconds first_stay{1};
  std::mutex busy_ = {};         // from two threads
  unsigned row_ = 1;             // of the heartbeat
  net::steady_time moved_ = {};  // to it
  std::chrono::seconds stay_ = first_stay;
  wire_session session_;
};

}  // namespace skein::mysql
