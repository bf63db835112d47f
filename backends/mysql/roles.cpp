#include "backends/mysql/roles.hpp"

#include <algorithm>
#include <thread>

#include "backends/mysql/commit_clearing.hpp"
#include "backends/mysql/own_rows.hpp"
#include "backends/mysql/role_statements.hpp"
#include "backends/mysql/semi_sync_orders.hpp"
#include "backends/mysql/wire_session.hpp"

namespace skein::mysql {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::uint16_t no_such_session = 1094, locked_for_too_long = 1205;

// Between two looks at what a server is doing by itself.
constexpr milliseconds pace{20};

class wire_role_changer final : public skein::role_changer {
 public:
  explicit wire_role_changer(const role_settings& how)
      : how_(how),
        orders_(wire(how, "skein failover")),
        rows_(wire(how, "skein heartbeat")),
        tokens_(wire(how, "skein tokens")) {}

  result<duties> examine() override;
  result<void> stop_receiving() override;
  result<void> assure(unsigned acks) override;
  result<bool> promote() override;
  result<void> follow(const member_address& source) override;
  result<void> fence() override;
  result<std::size_t> open_transactions() override;
  result<void> beat() override;
  result<void> record_lead(const lead_record& which) override { return rows_.record_lead(which); }
  void interrupt() override {
    orders_.interrupt();
    rows_.interrupt();
    tokens_.interrupt();
  }

 private:
  static wire_settings wire(const role_settings& how, std::string_view application) {
    return {.address = how.address,
            .tls = how.tls,
            .who = how.who,
            .application = application,
            .timeout = how.timeout};
  }

  void begin() { until_ = steady_clock::now() + how_.timeout; }
  bool late(milliseconds ahead = {}) const { return steady_clock::now() + ahead >= until_; }
  dialect in() const { return {orders_.which(), release_of(orders_.version())}; }
  std::unexpected<error> refuse(error_kind kind, const std::string& clause) const {
    return failure(kind, kind == error_kind::unavailable ? fault::server : fault::us,
                   to_string(how_.address) + " " + clause);
  }

  result<standing> look();
  result<standing> look_first();
  result<void> tell(std::string_view statement);
  result<void> tell_all(const std::vector<std::string>& statements);
  result<void> try_to_tell(const std::vector<std::string>& statements);
  result<standing> receive_no_more(standing now);
  result<void> hasten(const standing& now);
  result<bool> apply_all(standing now);
  result<void> take_no_writes();
  result<std::string> end_clients();
  result<void> release_who_waits();
  std::string words_of_failure(const replication_link& by);

  role_settings how_;
  wire_session orders_;
  net::steady_time until_ = {};    // of the order that is being carried out
  net::steady_time counted_ = {};  // transactions may be counted again
  // Read last. Its table is locked while it is made, for as long as followers do not acknowledge
  // that, and whether they are told to is known by examining.
  std::optional<std::optional<lead_record>> last_lead_ = {};
  own_rows rows_;  // one that hangs is in nobody's way
  commit_clearing tokens_;
};

result<void> wire_role_changer::beat() {
  auto taken = rows_.beat();
  if (taken) tokens_.beaten();
  return taken;
}

result<void> wire_role_changer::tell(std::string_view statement) {
  if (auto done = orders_.ask(statement, until_); !done)
    return std::unexpected(std::move(done.error()));
  return {};
}

result<void> wire_role_changer::tell_all(const std::vector<std::string>& statements) {
  for (const auto& each : statements)
    if (auto done = tell(each); !done) return done;
  return {};
}

// What is not to stop an order if the server refuses it.
result<void> wire_role_changer::try_to_tell(const std::vector<std::string>& statements) {
  for (const auto& each : statements)
    if (auto done = tell(each); !done && orders_.refusal() == 0) return done;
  return {};
}

result<standing> wire_role_changer::look() {
  const auto state = orders_.ask(standing_question(in()), until_);
  if (!state) return std::unexpected(state.error());
  if (state->rows.size() != 1)
    return refuse(error_kind::unavailable, "did not say what state it is in");
  const auto links = orders_.ask(links_question(in()), until_);
  if (!links) return std::unexpected(links.error());
  return read_standing(in(), state->rows.front(), links->rows);
}

// Which of the two it is is known once it has been connected to.
result<standing> wire_role_changer::look_first() {
  begin();
  if (auto done = tell(settle_session(lock_seconds(how_.timeout))); !done)
    return std::unexpected(std::move(done.error()));
  return look();
}

result<duties> wire_role_changer::examine() {
  const auto now = look_first();
  if (!now) return std::unexpected(now.error());
  duties out = duties_of(*now);
  out.unfit = why_not_changeable(*now);
  if (out.unfit.empty()) {
    out.unfit = why_not_semi_sync(in(), how_.wanted.acks);
    const auto waiting = semi_sync_orders(orders_, until_).look();
    if (!waiting) return std::unexpected(waiting.error());
    out.acks = acknowledged_by(*waiting);
    if (!now->links.empty() && how_.wanted.acks > 0) {
      out.counted = is_counted(*waiting, now->links.front());
      out.remark = why_not_kept(*waiting);
    }
  }
  auto led = read_lead(orders_, std::min(until_, steady_clock::now() + how_.timeout / 3));
  if (!led && !last_lead_) return std::unexpected(std::move(led.error()));
  if (led) last_lead_ = *std::move(led);
  out.last_lead = *last_lead_;
  return out;
}

result<void> wire_role_changer::assure(unsigned acks) {
  const auto now = look_first();
  if (!now) return std::unexpected(now.error());
  semi_sync_orders waiting(orders_, until_);
  if (now->takes_writes && acks > 0) {
    const auto before = waiting.look();
    if (!before) return std::unexpected(before.error());
    if (!before->waits)
      if (auto done = rows_.make_missing(); !done) return done;
  }
  return now->links.empty() ? waiting.wait(*now, acks) : waiting.answer(*now);
}

result<standing> wire_role_changer::receive_no_more(standing now) {
  const auto receives = [&] { return std::ranges::any_of(now.links, &replication_link::receives); };
  if (!receives()) return now;
  if (auto done = tell(mysql::stop_receiving(in(), now.links.front())); !done)
    return std::unexpected(std::move(done.error()));
  for (;;) {
    auto again = look();
    if (!again) return again;
    now = *std::move(again);
    if (!receives()) return now;
    if (late()) return refuse(error_kind::timeout, "has not stopped to receive in time");
    std::this_thread::sleep_for(pace);
  }
}

result<void> wire_role_changer::stop_receiving() {
  auto now = look_first();
  if (!now) return std::unexpected(now.error());
  if (const auto why = why_not_changeable(*now); !why.empty())
    return refuse(error_kind::unsupported, why);
  if (const auto why = why_not_promotable(*now); !why.empty())
    return refuse(error_kind::unsupported, why);
  if (auto done = receive_no_more(*std::move(now)); !done) return std::unexpected(done.error());
  return {};
}

// It is to apply, at once; what it has received stays where it is.
result<void> wire_role_changer::hasten(const standing& now) {
  const replication_link& by = now.links.front();
  if (!needs_relay_log_kept(in(), by))
    return by.applies ? result<void>() : tell(start_applying(in(), by));
  if (by.applies)
    if (auto done = tell(stop_applying(in(), by)); !done) return done;
  const auto stopped = look();
  if (!stopped) return std::unexpected(stopped.error());
  if (stopped->links.size() != 1)
    return refuse(error_kind::unavailable, "has been told otherwise meanwhile");
  const replication_link& then = stopped->links.front();
  return tell_all({keep_relay_log(in(), then), start_applying(in(), then)});
}

std::string wire_role_changer::words_of_failure(const replication_link& by) {
  if (in().of_mariadb()) return by.apply_error;
  const auto told = orders_.ask(workers_question, until_);
  if (!told || told->rows.empty()) return by.apply_error;
  return std::string(value_of(told->rows.front(), "words"));
}

// One that failed is tried again, for somebody may have mended what it failed at, and is told all
// the same when it has not come to an end in this order's time.
result<bool> wire_role_changer::apply_all(standing now) {
  if (has_applied_all(now)) return true;
  const auto failed = [&](const std::string& words) {
    return refuse(error_kind::unavailable, "cannot apply what it has received: " + words);
  };
  const bool failed_before = !now.links.front().apply_error.empty();
  const std::string before = failed_before ? words_of_failure(now.links.front()) : std::string();
  if (auto done = hasten(now); !done) return std::unexpected(std::move(done.error()));
  for (;;) {
    auto again = look();
    if (!again) return std::unexpected(std::move(again.error()));
    if (has_applied_all(*again)) return true;
    if (again->links.empty()) return refuse(error_kind::unavailable, "follows nobody any more");
    const replication_link& by = again->links.front();
    if (!by.applies && !by.apply_error.empty()) return failed(words_of_failure(by));
    // What follows an end takes time, too.
    if (late(how_.timeout / 2)) break;
    std::this_thread::sleep_for(pace);
  }
  if (failed_before) return failed(before);
  return false;
}

// In this order nothing that is half done takes writes.
result<bool> wire_role_changer::promote() {
  auto now = look_first();
  if (!now) return std::unexpected(std::move(now.error()));
  if (const auto why = why_not_changeable(*now); !why.empty())
    return refuse(error_kind::unsupported, why);
  if (!now->links.empty()) {
    if (const auto why = why_not_promotable(*now); !why.empty())
      return refuse(error_kind::unsupported, why);
    const replication_link by = now->links.front();
    now = receive_no_more(*std::move(now));
    if (!now) return std::unexpected(std::move(now.error()));
    auto done = apply_all(*std::move(now));
    if (!done || !*done) return done;
    if (auto left = tell_all(leave(in(), by)); !left)
      return std::unexpected(std::move(left.error()));
  } else if (now->takes_writes) {
    if (auto done = try_to_tell(unmark_fence(*now)); !done) return std::unexpected(done.error());
    return true;
  }
  if (how_.wanted.acks > 0)
    if (auto done = semi_sync_orders(orders_, until_).wait(*now, how_.wanted.acks); !done)
      return std::unexpected(std::move(done.error()));
  if (auto done = try_to_tell(forget_guard(in())); !done)
    return std::unexpected(std::move(done.error()));
  if (auto done = tell_all(lift_guard(in())); !done)
    return std::unexpected(std::move(done.error()));
  if (auto done = try_to_tell(unmark_fence(*now)); !done) return std::unexpected(done.error());
  return true;
}

result<void> wire_role_changer::follow(const member_address& source) {
  auto now = look_first();
  if (!now) return std::unexpected(std::move(now.error()));
  if (const auto why = why_not_changeable(*now); !why.empty())
    return refuse(error_kind::unsupported, why);
  if (!now->has_gtids) return refuse(error_kind::unsupported, why_not_promotable(*now));
  const auto& as = how_.replicator;
  if (as.user.empty() && now->links.empty())
    return refuse(
        error_kind::login,
        "has followed nobody, so that it must be told as whom to sign in to " + to_string(source));
  if (!now->guarded) {
    if (auto done = take_no_writes(); !done) return done;
    // What it wrote to its last moment counts for where it goes on from.
    now = look();
    if (!now) return std::unexpected(std::move(now.error()));
  }
  if (auto done = try_to_tell(unmark_fence(*now)); !done) return done;
  if (how_.wanted.acks > 0) {
    if (auto done = semi_sync_orders(orders_, until_).answer_only(*now); !done) return done;
  }
  if (!is_told_to_follow(*now, source, as.user))
    return tell_all(mysql::follow(in(), *now,
                                  {.source = source,
                                   .user = as.user,
                                   .password = as.password,
                                   .tls = how_.tls.mode >= tls_mode::require}));
  const replication_link& by = now->links.front();
  if (by.receives && by.applies) return {};
  return tell(start_following(in(), by));
}

// Who commits may end it first; who does not is ended.
result<void> wire_role_changer::take_no_writes() {
  constexpr milliseconds short_time{1500};
  std::string in_the_way;
  for (bool hurried = how_.timeout < short_time;; hurried = true) {
    if (hurried) {
      auto ended = end_clients();
      if (!ended) return std::unexpected(std::move(ended.error()));
      in_the_way = *std::move(ended);
      if (auto done = release_who_waits(); !done) return done;
    }
    auto done = tell(guard(in()));
    if (done) return try_to_tell(keep_guard(in()));
    if (orders_.refusal() != locked_for_too_long) return done;
    if (!in_the_way.empty())
      return refuse(error_kind::unavailable,
                    "still takes writes, of one that cannot be ended: " + in_the_way);
  }
}

// The words about one that we may not end; a number may also be gone meanwhile.
result<std::string> wire_role_changer::end_clients() {
  const auto sessions = orders_.ask(sessions_question, until_);
  if (!sessions) return std::unexpected(sessions.error());
  std::string refused;
  for (const std::uint64_t each : clients_in(sessions->rows, orders_.id())) {
    const auto done = tell(end_session(each));
    if (done || orders_.refusal() == no_such_session) continue;
    if (orders_.refusal() == 0) return std::unexpected(done.error());
    refused = done.error().text_for_client;
  }
  return refused;
}

// Who waits for a follower's word about what it commits does so also when it has been ended, and as
// long as it does no guard can be had. MariaDB's wakes up. What it commits is here alone from then
// on; its client has been sent away before, and knows only that this is in doubt.
result<void> wire_role_changer::release_who_waits() {
  if (in().of_mariadb()) return {};
  const auto waiting = orders_.ask(waiting_question, until_);
  if (!waiting) return std::unexpected(waiting.error());
  return try_to_tell(wait_for_nobody(waiting->rows));
}

result<void> wire_role_changer::fence() {
  const auto now = look_first();
  if (!now) return std::unexpected(now.error());
  if (auto done = try_to_tell(mark_fence(*now)); !done) return done;
  if (auto done = take_no_writes(); !done) return done;
  // Who may not be ended hears of it by what it writes.
  if (auto ended = end_clients(); !ended) return std::unexpected(std::move(ended.error()));
  return {};
}

result<std::size_t> wire_role_changer::open_transactions() {
  // Who asks more often gets the answer of before, again and again.
  constexpr milliseconds afresh{150};
  std::this_thread::sleep_until(counted_);
  counted_ = steady_clock::now() + afresh;
  begin();
  const auto told = orders_.ask(open_transactions_question, until_);
  if (!told) return std::unexpected(told.error());
  const auto count =
      told->rows.empty() ? std::nullopt : number_in(value_of(told->rows[0], "transactions"));
  if (!count) return refuse(error_kind::unavailable, "does not say how many transactions are open");
  return static_cast<std::size_t>(*count);
}

}  // namespace

std::unique_ptr<skein::role_changer> make_role_changer(const role_settings& how) {
  return std::make_unique<wire_role_changer>(how);
}

}  // namespace skein::mysql
