// The freshness rounds' servers of PostgreSQL.
#include "tests/servers/routing/stagehand.hpp"
#include "tests/servers/waiting.hpp"

namespace skein::servers::freshness {
namespace {

using namespace std::chrono_literals;

// In the setting's own unit, as pg_settings tells it.
void set(server& member, const std::string& setting, const std::string& to) {
  member.query("alter system set " + setting + " = '" + to + "'");
  member.query("select pg_reload_conf()");
  const auto look = "select setting from pg_settings where name = '" + setting + "'";
  wait_until([&] { return member.value(look) == to; }, 10s, setting + " is " + to);
}

class of_postgres final : public stagehand {
 public:
  void make_table(server& leader, std::size_t clients) override {
    leader.query_as(app, "create table freshness (id int primary key, v bigint not null)");
    leader.query_as(app, "insert into freshness select n, 0 from generate_series(0, " +
                             std::to_string(clients) + ") n");
    // Whoever looks must see which history a follower applies.
    leader.query("grant pg_read_all_stats to " + app.user);
    made_with_ = looks_until_now(leader);  // making an index takes one
  }

  void demand_quorum(server& leader) override {
    set(leader, "synchronous_standby_names", "ANY 1 (b, c)");
    wait_until(
        [&] {
          return leader.value(
                     "select count(*) from pg_stat_replication where sync_state = "
                     "'quorum'") == "2";
        },
        10s, "both followers count for the quorum");
  }

  void apply_late(server& follower, milliseconds late) override {
    set(follower, "recovery_min_apply_delay", std::to_string(late.count()));
  }
  void stop_applying(server& follower) override { follower.query("select pg_wal_replay_pause()"); }
  void go_on_applying(server& follower) override {
    follower.query("select pg_wal_replay_resume()");
  }

  std::string where(std::uint16_t port) const override {
    return "host=127.0.0.1 port=" + std::to_string(port) + " user=" + app.user +
           " password=" + app.password + " dbname=app connect_timeout=30 sslmode=disable";
  }

  // Each read and each write looks through the table once, and a server tells how often that was.
  // It learns of it from its sessions, at the latest when they end.
  std::optional<std::size_t> looks(server& member) override {
    wait_until(
        [&] {
          return member.value("select count(*) from pg_stat_activity where usename = 'app'") == "0";
        },
        20s, "clients have left " + member.name());
    return looks_until_now(member) - (member.is_follower() ? 0 : made_with_);
  }

  std::size_t looks_until_now(server& member) override {
    return std::stoull(
        member.value("select coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0)"
                     " from pg_stat_user_tables where relname = 'freshness'"));
  }

 private:
  std::size_t made_with_ = 0;
};

}  // namespace

std::unique_ptr<stagehand> postgres_stagehand() {
  return std::make_unique<of_postgres>();
}

}  // namespace skein::servers::freshness
