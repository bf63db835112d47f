#include "backends/postgres/roles.hpp"

#include <charconv>

#include "backends/postgres/conninfo.hpp"
#include "backends/postgres/lead_row.hpp"
#include "backends/postgres/libpq_session.hpp"
#include "backends/postgres/position.hpp"
#include "backends/postgres/standby_names.hpp"

namespace skein::postgres {

namespace {

// What a role may not see is null; it says so itself where it matters. Receivers are counted
// before it is asked what has been received: where there is none, that is all.
constexpr auto examination =
    "SELECT pg_is_in_recovery(), current_setting('primary_conninfo'),"
    " current_setting('synchronous_standby_names'),"
    " (SELECT system_identifier FROM pg_control_system()), current_setting('wal_receiver_timeout'),"
    " (SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'), receivers,"
    " CASE WHEN receivers >= 0 AND pg_is_in_recovery() THEN"
    " greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) END"
    " FROM (SELECT count(*) AS receivers FROM pg_stat_wal_receiver OFFSET 0) AS seen";

// A receiver is ended by its server when that is told that nobody is to be followed, but not before
// it has applied all that it has, which may take hours; nor can anybody else end it. So it is told
// to give up by itself where it has waited for so long. One that is only starting, by what its
// server knew before, stands among the processes alone.
constexpr std::string_view impatience = "1ms";
constexpr auto look_for_receiver =
    "SELECT (SELECT count(*) FROM pg_stat_wal_receiver) + (SELECT count(*)"
    " FROM pg_stat_activity WHERE backend_type = 'walreceiver'), pg_sleep(0.02)";

std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

// Whose own settings have their commits acknowledged before followers have them. Sessions begin
// with these, and do not say so.
constexpr auto who_lowers_it =
    "SELECT 'commits of ' || string_agg(concat_ws(' in ', 'role ' || pg_get_userbyid(nullif("
    "setrole, 0)), 'database ' || datname), ', ' ORDER BY setrole, setdatabase)"
    " || ' wait for no follower: ALTER ROLE or ALTER DATABASE has set ' || min(one)"
    " FROM pg_db_role_setting LEFT JOIN pg_database AS d ON d.oid = setdatabase,"
    " unnest(setconfig) AS one"
    " WHERE one ~* '^synchronous_commit=(off|local|false|no|0)$'";

// Everybody but us and the server's own processes, replication included. Who is no superuser cannot
// end one, and the attempt would end nobody.
constexpr auto end_clients =
    "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    " AND (current_setting('is_superuser') = 'on'"
    " OR usesysid NOT IN (SELECT oid FROM pg_roles WHERE rolsuper))) ended";

constexpr auto count_transactions =
    "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    " AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
    " AND application_name NOT LIKE 'skein %'";

// It is flushed, so that a disk which cannot be written shows; no standby is waited for.
constexpr auto heartbeat = "SELECT pg_logical_emit_message(true, 'skein', 'alive')";

class libpq_role_changer final : public skein::role_changer {
 public:
  explicit libpq_role_changer(const role_settings& how)
      : how_(how),
        session_(settings(how, "skein roles", "-c standard_conforming_strings=on")),
        beats_(settings(how, "skein heartbeat", "-c synchronous_commit=local")) {}

  result<duties> examine() override;
  result<void> stop_receiving() override;
  result<void> assure(unsigned acks) override;
  result<bool> promote() override;
  result<std::string> mark() override;
  result<void> follow(const member_address& source) override;
  bool follows_while_it_runs() const override { return false; }
  result<void> fence() override;
  result<std::size_t> open_transactions() override;
  result<void> beat() override;
  result<void> record_lead(const lead_record& which) override { return write_lead(beats_, which); }
  void interrupt() override {
    session_.interrupt();
    beats_.interrupt();
  }

 private:
  struct state {
    bool follows = false;
    std::string conninfo = {};
    std::string standbys = {};
    std::string identity = {};
    std::string patience = {};  // of its receiver
    std::string commit = {};    // synchronous_commit of who says nothing of it
    bool has_receiver = false;
    std::string received = {};
  };
  static libpq_settings settings(const role_settings& how, const char* application,
                                 const char* options) {
    return {.address = how.address,
            .tls = how.tls,
            .who = how.who,
            .database = how.database,
            .application = application,
            .timeout = how.timeout,
            .options = options};
  }
  result<state> look();
  result<void> run(const std::string& statement, const char* what);
  result<void> set(const std::string& name, std::string_view value);
  result<void> reset(const std::string& name);
  result<void> calm_receiver(const state& now);
  result<void> lift_fence(const state& now);
  result<void> wait_for(unsigned acks);
  result<std::string> find_strangers();
  result<void> end_strangers();
  // Nobody asks who counts where nobody need have received anything.
  std::string own_name() const { return how_.wanted.acks > 0 ? how_.wanted.own_name : ""; }
  result<void> reload() { return run("SELECT pg_reload_conf()", "cannot load its settings anew"); }

  const role_settings how_;
  libpq_session session_;
  std::string standbys_ = {};  // whom it waited for, before it was fenced
  std::string patience_ = {};  // of its receiver, before it was told to give up
  libpq_session beats_;        // one that hangs holds up nothing else
};

result<libpq_role_changer::state> libpq_role_changer::look() {
  const auto told =
      session_.ask(examination, std::nullopt, "does not say what it has been told to do");
  if (!told) return std::unexpected(told.error());
  if (PQntuples(told->get()) != 1 || PQnfields(told->get()) != 8)
    return session_.refuse("does not say what it has been told to do");
  const auto value = [&](int column) { return std::string(PQgetvalue(told->get(), 0, column)); };
  return state{.follows = value(0) == "t",
               .conninfo = value(1),
               .standbys = value(2),
               .identity = value(3),
               .patience = value(4),
               .commit = value(5),
               .has_receiver = value(6) != "0",
               .received = value(7)};
}

result<void> libpq_role_changer::run(const std::string& statement, const char* what) {
  if (auto done = session_.ask(statement.c_str(), std::nullopt, what); !done)
    return std::unexpected(done.error());
  return {};
}

result<void> libpq_role_changer::set(const std::string& name, std::string_view value) {
  return run("ALTER SYSTEM SET " + name + " = " + literal(value), "cannot be given a setting");
}

result<void> libpq_role_changer::reset(const std::string& name) {
  return run("ALTER SYSTEM RESET " + name, "cannot be given a setting");
}

result<duties> libpq_role_changer::examine() {
  const auto now = look();
  if (!now) return std::unexpected(now.error());
  duties out{.cluster_identity = now->identity};
  if (now->follows) {
    const auto said = read_conninfo(now->conninfo);
    // One that has been told to end goes on until it does, or until its server hears of it.
    out.receives = now->has_receiver || (said && said->source.has_value());
    if (said) out.source = said->source;
    const bool named = own_name().empty() || (said && (said->nowhere || said->name == own_name()));
    out.counted = named && (how_.wanted.acks == 0 ||
                            now->standbys == any_of(how_.wanted.acks, how_.wanted.followers));
    if (const auto at = parse_lsn(now->received))
      out.received = position{0, *at, now->received, {}};
  } else {
    out.fenced = now->standbys == fenced_name;
    out.fenced_by_us = out.fenced;
    out.cannot_follow = "it has led, so it must be rewound before it follows";
    out.needs_rejoin = true;
  }
  out.acks = standbys_that_acknowledge(now->standbys, now->commit);
  if (!now->follows && how_.wanted.acks > 0) {
    const auto others = find_strangers();
    if (!others) return std::unexpected(others.error());
    const auto lowered = session_.ask(who_lowers_it, std::nullopt, "does not say who waits");
    if (!lowered) return std::unexpected(lowered.error());
    out.remark = !others->empty() ? *others + ", as if it were that follower"
                                  : std::string(PQgetvalue(lowered->get(), 0, 0));
    out.counted = others->empty() &&
                  (out.acks == 0 || now->standbys == any_of(out.acks, how_.wanted.followers));
  }
  auto led = read_lead(session_);
  if (!led) return std::unexpected(led.error());
  out.last_lead = *std::move(led);
  return out;
}

// A clause; empty: there are none.
result<std::string> libpq_role_changer::find_strangers() {
  const std::string asked = ask_for_strangers(how_.wanted.followers);
  if (asked.empty()) return std::string();
  const auto told = session_.ask(asked.c_str(), std::nullopt, "does not say who follows it");
  if (!told) return std::unexpected(told.error());
  return std::string(PQgetvalue(told->get(), 0, 0));
}

// What they acknowledge is on no follower.
result<void> libpq_role_changer::end_strangers() {
  const std::string asked = end_strangers_among(how_.wanted.followers);
  if (asked.empty()) return {};
  return run(asked, "cannot end a backup that calls itself by the name of a follower");
}

result<void> libpq_role_changer::stop_receiving() {
  const auto now = look();
  if (!now) return std::unexpected(now.error());
  if (!now->follows)
    return failure(error_kind::unsupported, fault::server,
                   to_string(how_.address) + " follows nobody: it leads");
  const auto said = read_conninfo(now->conninfo);
  // Each by itself: an attempt may have been interrupted between the two.
  const bool leads_on = !said || !said->nowhere;
  if (leads_on) {
    const member_address none{.host = std::string(nowhere)};
    if (auto done = set("primary_conninfo", point_conninfo(now->conninfo, none, {})); !done)
      return done;
  }
  const bool is_patient = now->patience != impatience;
  if (is_patient) {
    patience_ = now->patience;
    if (auto done = set("wal_receiver_timeout", impatience); !done) return done;
  }
  if (leads_on || is_patient) {
    if (auto done = reload(); !done) return done;
  }
  const auto end = std::chrono::steady_clock::now() + how_.timeout;
  // Twice in a row: who had not heard of it yet may have begun another one.
  int without = 0;
  while (std::chrono::steady_clock::now() < end) {
    const auto left = session_.ask(look_for_receiver, std::nullopt, "does not say what it does");
    if (!left) return std::unexpected(left.error());
    without = std::string_view(PQgetvalue(left->get(), 0, 0)) == "0" ? without + 1 : 0;
    if (without == 2) return {};
  }
  return failure(error_kind::timeout, fault::server,
                 to_string(how_.address) + " goes on to receive from who led");
}

// None: whoever commits waits for nobody.
result<void> libpq_role_changer::wait_for(unsigned acks) {
  const std::string names = acks == 0 ? "" : any_of(acks, how_.wanted.followers);
  return set("synchronous_standby_names", names);
}

// A server that follows is told long before what holds when it leads, so that it waits from its
// first commit on: it begins to when its checkpointer reads the settings anew, which may be long
// after it was told.
result<void> libpq_role_changer::assure(unsigned acks) {
  const auto now = look();
  if (!now) return std::unexpected(now.error());
  if (auto done = now->follows ? lift_fence(*now) : result<void>(); !done) return done;
  if (auto done = wait_for(now->follows ? how_.wanted.acks : acks); !done) return done;
  if (acks > 0 && (now->commit == "off" || now->commit == "local")) {
    if (auto done = set("synchronous_commit", "on"); !done) return done;
  }
  if (!now->follows && acks > 0) {
    if (auto done = end_strangers(); !done) return done;
  }
  const auto said = now->follows ? read_conninfo(now->conninfo) : std::nullopt;
  if (said && said->source && said->name != own_name()) {
    const auto line = point_conninfo(now->conninfo, *said->source, {}, own_name());
    if (auto done = set("primary_conninfo", line); !done) return done;
  }
  return reload();
}

// Another's setting is given back where it is known; else it is that of the settings file.
result<void> libpq_role_changer::calm_receiver(const state& now) {
  if (now.patience != impatience) return {};
  return patience_.empty() ? reset("wal_receiver_timeout") : set("wal_receiver_timeout", patience_);
}

// A follower may have it from the time when it led.
result<void> libpq_role_changer::lift_fence(const state& now) {
  if (now.standbys != fenced_name) return {};
  auto done = how_.wanted.acks > 0 ? wait_for(how_.wanted.acks)
              : standbys_.empty()  ? reset("synchronous_standby_names")
                                   : set("synchronous_standby_names", standbys_);
  if (done) done = reset("default_transaction_read_only");
  return done ? reload() : done;
}

// What it has received is applied by the server itself before it takes writes.
result<bool> libpq_role_changer::promote() {
  const auto now = look();
  if (!now) return std::unexpected(now.error());
  if (now->follows) {
    if (auto done = calm_receiver(*now); !done) return std::unexpected(done.error());
    if (auto done = lift_fence(*now); !done) return std::unexpected(done.error());
    if (how_.wanted.acks > 0) {
      auto done = wait_for(how_.wanted.acks);
      if (done) done = reload();
      if (!done) return std::unexpected(done.error());
    }
    if (auto done = run("SELECT pg_promote(false)", "cannot be promoted"); !done)
      return std::unexpected(done.error());
    return false;
  }
  if (auto done = lift_fence(*now); !done) return std::unexpected(done.error());
  return true;
}

// The next number that a transaction would be given: what had one from there on elsewhere never
// came here.
result<std::string> libpq_role_changer::mark() {
  constexpr auto what = "does not say where its history begins";
  const auto told =
      session_.ask("SELECT pg_is_in_recovery(), txid_snapshot_xmax(txid_current_snapshot())",
                   std::nullopt, what);
  if (!told) return std::unexpected(told.error());
  if (PQntuples(told->get()) != 1 || PQnfields(told->get()) != 2) return session_.refuse(what);
  if (std::string_view(PQgetvalue(told->get(), 0, 0)) == "t")
    return failure(error_kind::unavailable, fault::server,
                   to_string(how_.address) + " is not promoted yet");
  return std::string(PQgetvalue(told->get(), 0, 1));
}

result<void> libpq_role_changer::follow(const member_address& source) {
  const auto now = look();
  if (!now) return std::unexpected(now.error());
  if (!now->follows)
    return failure(
        error_kind::unsupported, fault::server,
        to_string(how_.address) + " has led: it follows only when it is restarted as a follower");
  const auto said = read_conninfo(now->conninfo);
  const bool known = own_name().empty() || (said && said->name == own_name());
  if (said && said->source == source && known && now->patience != impatience) return {};
  const auto line = point_conninfo(now->conninfo, source, how_.replicator, own_name());
  if (auto done = set("primary_conninfo", line); !done) return done;
  if (auto done = calm_receiver(*now); !done) return done;
  return reload();
}

result<void> libpq_role_changer::fence() {
  const auto now = look();
  if (!now) return std::unexpected(now.error());
  if (now->follows) return {};
  if (now->standbys != fenced_name) {
    standbys_ = now->standbys;
    if (auto done = set("synchronous_standby_names", fenced_name); !done) return done;
    if (auto done = set("default_transaction_read_only", "on"); !done) return done;
  }
  if (auto done = reload(); !done) return done;
  return run(end_clients, "cannot end its clients");
}

result<std::size_t> libpq_role_changer::open_transactions() {
  const auto told =
      session_.ask(count_transactions, std::nullopt, "does not say how many transactions are open");
  if (!told) return std::unexpected(told.error());
  const std::string_view count = PQgetvalue(told->get(), 0, 0);
  std::size_t out = 0;
  std::from_chars(count.data(), count.data() + count.size(), out);
  return out;
}

result<void> libpq_role_changer::beat() {
  if (auto done = beats_.ask(heartbeat, std::nullopt, "takes no heartbeat"); !done)
    return std::unexpected(done.error());
  return {};
}

}  // namespace

std::unique_ptr<skein::role_changer> make_role_changer(const role_settings& how) {
  return std::make_unique<libpq_role_changer>(how);
}

}  // namespace skein::postgres
