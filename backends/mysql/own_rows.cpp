#include "backends/mysql/own_rows.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace skein::mysql {

using std::chrono::steady_clock;

namespace {

constexpr std::uint16_t no_such_database = 1049, no_such_table = 1146;
constexpr unsigned rows_max = 16;
constexpr auto takes_none = "takes no writes";

std::unexpected<error> refuse(const wire_settings& how, const std::string& clause) {
  return failure(error_kind::unavailable, fault::server, to_string(how.address) + " " + clause);
}

bool is_missing(std::uint16_t refusal) {
  return refusal == no_such_table || refusal == no_such_database;
}

bool not_for_us(std::uint16_t refusal) {
  constexpr std::array<std::uint16_t, 4> access_denied = {1044, 1142, 1143, 1227};
  return std::ranges::find(access_denied, refusal) != access_denied.end();
}

}  // namespace

std::uint64_t lock_seconds(std::chrono::milliseconds timeout) {
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(timeout.count()) / 3000);
}

result<std::optional<lead_record>> read_lead(wire_session& by, net::steady_time until) {
  const auto told = by.ask(lead_question, until);
  if (!told) {
    const auto why = by.refusal();
    if (is_missing(why) || not_for_us(why)) return std::nullopt;
    return std::unexpected(told.error());
  }
  if (told->rows.empty()) return std::nullopt;
  const auto epoch = value_of(told->rows[0], "epoch");
  lead_record out{.member = std::string(value_of(told->rows[0], "member"))};
  const auto read = std::from_chars(epoch.data(), epoch.data() + epoch.size(), out.epoch);
  if (read.ec != std::errc()) return std::nullopt;
  return out;
}

result<void> own_rows::make(const own_table& table, net::steady_time until) {
  const dialect in{session_.which(), release_of(session_.version())};
  const auto state = session_.go_on(standing_question(in), until);
  if (!state) return std::unexpected(state.error());
  if (state->rows.size() != 1 || !read_standing(in, state->rows.front(), {}).takes_writes)
    return refuse(how_, takes_none);
  for (const auto each : table.makes)
    if (const auto done = session_.go_on(each, until); !done) return std::unexpected(done.error());
  return {};
}

// All over one connection: behind another one there may be another server.
result<void> own_rows::write(const own_table& table, const statement_before& row,
                             const char* refused) {
  const auto until = steady_clock::now() + how_.timeout;
  const auto settle = settle_session(lock_seconds(how_.timeout));
  if (const auto done = session_.ask(settle, until); !done) return std::unexpected(done.error());
  const auto asked = session_.go_on(limits_question, until);
  if (!asked) return std::unexpected(asked.error());
  const auto limits =
      asked->rows.empty() ? std::nullopt : read_limits(asked->rows[0], how_.timeout);
  if (!limits) return refuse(how_, "does not say what time it is, or who it is");
  const auto statement = row(*limits);
  auto told = session_.go_on(statement, until);
  if (!told && is_missing(session_.refusal())) {
    if (auto made = make(table, until); !made) return made;
    told = session_.go_on(statement, until);
  }
  if (!told) return std::unexpected(std::move(told.error()));
  if (told->changed == 0) return refuse(how_, refused);
  return {};
}

result<void> own_rows::make_missing() {
  const std::lock_guard lock(busy_);
  const auto until = steady_clock::now() + how_.timeout;
  const auto settle = settle_session(lock_seconds(how_.timeout));
  if (const auto done = session_.ask(settle, until); !done) return std::unexpected(done.error());
  for (const own_table* const table : {&heartbeat_table(), &lead_table()}) {
    const auto there = session_.ask(table->asks, until);
    if (there || !is_missing(session_.refusal())) continue;
    if (auto made = make(*table, until); !made && session_.refusal() == 0) return made;
  }
  return {};
}

// A commit that waits for an acknowledgement keeps its row locked, and a follower that received it
// before it was to acknowledge never does: only what is written later releases it. Who waits takes
// up a connection, so another row is taken less and less often.
result<void> own_rows::beat() {
  const std::lock_guard lock(busy_);
  auto done = write(
      heartbeat_table(),
      [this](const write_limits& limits) { return beat_statement(row_, limits); }, takes_none);
  if (done) {
    row_ = 1;
    stay_ = first_stay;
  } else if (row_ < rows_max && steady_clock::now() - moved_ >= stay_) {
    ++row_;
    stay_ *= 2;
    moved_ = steady_clock::now();
  }
  return done;
}

result<void> own_rows::record_lead(const lead_record& which) {
  const std::lock_guard lock(busy_);
  const auto row = [&](const write_limits& limits) {
    return lead_statement(which.epoch, which.member, limits);
  };
  auto done = write(lead_table(), row, "takes no writes, or has been led in a later epoch");
  if (!done && not_for_us(session_.refusal())) done.error().kind = error_kind::unsupported;
  return done;
}

}  // namespace skein::mysql
