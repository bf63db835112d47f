#include "backends/mysql/semi_sync_orders.hpp"

#include "backends/mysql/role_statements.hpp"

namespace skein::mysql {

result<void> semi_sync_orders::tell_all(const std::vector<std::string>& statements) {
  for (const auto& each : statements)
    if (auto done = to_.ask(each, until_); !done) return std::unexpected(std::move(done.error()));
  return {};
}

result<semi_sync> semi_sync_orders::look() {
  const auto told = to_.ask(semi_sync_question, until_);
  if (!told) return std::unexpected(told.error());
  const auto state = to_.ask(semi_sync_state_question, until_);
  if (!state) return std::unexpected(state.error());
  auto rows = told->rows;
  rows.insert(rows.end(), state->rows.begin(), state->rows.end());
  return read_semi_sync(in(), rows);
}

// With all that it takes to wait and to answer. What could not be taken in with the guard lifted is
// no reason to leave it so.
result<semi_sync> semi_sync_orders::make_ready(const standing& now) {
  auto before = look();
  if (!before) return before;
  const auto statements = add_parts(in(), *before, now.guarded);
  if (statements.empty()) return before;
  if (auto done = tell_all(statements); !done) {
    if (now.guarded) (void)tell_all({guard(in())});
    return std::unexpected(std::move(done.error()));
  }
  return look();
}

result<void> semi_sync_orders::wait(const standing& now, unsigned acks) {
  if (const auto why = why_not_semi_sync(in(), acks); !why.empty())
    return failure(error_kind::unsupported, fault::us, why);
  const auto ready = make_ready(now);
  if (!ready) return std::unexpected(ready.error());
  return tell_all(wait_for(in(), *ready, acks));
}

// The connection to its source is made anew, for that was made by one who does not answer.
result<void> semi_sync_orders::answer(const standing& now) {
  const auto ready = make_ready(now);
  if (!ready) return std::unexpected(ready.error());
  if (now.links.empty() || is_counted(*ready, now.links.front())) return {};
  if (auto done = tell_all(answer_to_source(in(), *ready)); !done) return done;
  if (!now.links.front().receives) return {};
  const replication_link& by = now.links.front();
  return tell_all({stop_receiving(in(), by), start_receiving(in(), by)});
}

result<void> semi_sync_orders::answer_only(const standing& now) {
  const auto ready = make_ready(now);
  if (!ready) return std::unexpected(ready.error());
  if (auto done = tell_all(wait_no_more(in(), *ready)); !done) return done;
  return tell_all(answer_to_source(in(), *ready));
}

}  // namespace skein::mysql
