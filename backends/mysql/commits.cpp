#include "backends/mysql/commits.hpp"

#include "backends/mysql/commit_tokens.hpp"
#include "backends/mysql/semi_sync_orders.hpp"
#include "backends/mysql/wire_session.hpp"
#include "net/boot_clock.hpp"

namespace skein::mysql {

using std::chrono::steady_clock;

namespace {

constexpr std::uint16_t locked_for_too_long = 1205, deadlock = 1213;

class wire_commit_inquiry final : public commit_inquiry {
 public:
  explicit wire_commit_inquiry(const observer_settings& how)
      : timeout_(how.timeout),
        session_({.address = how.address,
                  .tls = how.tls,
                  .who = how.who,
                  .application = "skein commits",
                  .timeout = how.timeout}) {}

  result<std::optional<commit_fate>> ask(const std::string& token,
                                         std::span<const std::string> marks) override;
  bool goes_by_marks() const override { return false; }
  void interrupt() override { session_.interrupt(); }

 private:
  dialect in() const { return {session_.which(), release_of(session_.version())}; }
  result<bool> can_tell(net::steady_time until);
  result<void> look_for(const std::string& token, net::steady_time until, token_finding& found);

  const std::chrono::milliseconds timeout_;
  wire_session session_;
};

result<bool> wire_commit_inquiry::can_tell(net::steady_time until) {
  const auto state = session_.ask(standing_question(in()), until);
  if (!state) return std::unexpected(state.error());
  const auto links = session_.ask(links_question(in()), until);
  if (!links) return std::unexpected(links.error());
  if (state->rows.size() != 1) return false;
  const standing now = read_standing(in(), state->rows.front(), links->rows);
  return now.takes_writes && now.links.empty() && !now.in_a_group;
}

// A read that waits for who has the row locked, which in a transaction of this isolation needs no
// right but to read. One whose connection was lost meanwhile would not have waited.
result<void> wire_commit_inquiry::look_for(const std::string& token, net::steady_time until,
                                           token_finding& found) {
  for (const std::string_view each :
       {"set session transaction isolation level serializable", "start transaction"})
    if (const auto done = session_.ask(each, until); !done) return std::unexpected(done.error());
  const auto connection = session_.id();
  const auto rows = session_.ask(token_question(token), until);
  const auto refusal = session_.refusal();
  found.locked = refusal == locked_for_too_long || refusal == deadlock;
  if (!rows && !found.locked) return std::unexpected(rows.error());
  if (const auto done = session_.ask("rollback and no chain no release", until); !done)
    return std::unexpected(done.error());
  found.locked |= session_.id() != connection;
  found.kept = rows && !rows->rows.empty();
  return {};
}

result<std::optional<commit_fate>> wire_commit_inquiry::ask(const std::string& token,
                                                            std::span<const std::string> marks) {
  const auto until = steady_clock::now() + timeout_;
  const auto age = age_of(token, net::since_boot());
  if (!age) return commit_fate::unknown;
  token_finding found{.moved = !marks.empty(), .believable = *age < token_believed};
  if (const auto done = session_.ask(settle_session(1), until); !done)
    return std::unexpected(done.error());
  const auto can = can_tell(until);
  if (!can) return std::unexpected(can.error());
  found.can_tell = *can;
  if (found.can_tell)
    if (const auto done = look_for(token, until, found); !done)
      return std::unexpected(done.error());
  if (found.kept && !found.moved) {
    const auto waiting = semi_sync_orders(session_, until).look();
    if (!waiting) return std::unexpected(waiting.error());
    found.waits = waiting->waits;
  }
  return fate_by(found);
}

}  // namespace

std::optional<commit_fate> fate_by(const token_finding& what) {
  if (!what.can_tell || what.locked) return std::nullopt;
  // Where it has crashed, or its waiting was ended, it shows what no follower has received.
  if (what.kept && what.waits && !what.moved) return commit_fate::unknown;
  if (what.kept) return commit_fate::committed;
  return what.believable ? commit_fate::rolled_back : commit_fate::unknown;
}

std::unique_ptr<commit_inquiry> make_commit_inquiry(const observer_settings& how) {
  return std::make_unique<wire_commit_inquiry>(how);
}

}  // namespace skein::mysql
