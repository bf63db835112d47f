// What a PostgreSQL server does, which its settings do not say: a follower goes on to receive
// though it has been told to follow nobody, and a backup counts as the follower whose name it has.
#include "tests/servers/roles/scene.hpp"

using namespace skein;
using namespace skein::servers;

namespace {

struct shop {
  explicit shop(int followers)
      : members(cluster::start(engine::postgres, {.followers = followers})) {
    a().query("create table goods (n int primary key)");
    members.wait_until_caught_up();
  }
  server& a() { return members.member("a"); }
  server& b() { return members.member("b"); }

  std::unique_ptr<role_changer> changer(server& of, unsigned acks = 0) {
    std::vector<std::string> others;
    for (const auto& each : members.names())
      if (each != of.name()) others.push_back(each);
    return find_backend("postgres")
        ->change_roles({.address = {"127.0.0.1", of.port()},
                        .who = {of.admin().user, of.admin().password},
                        .database = "app",
                        .timeout = 10s,
                        .replicator = {replicator.user, replicator.password},
                        .wanted = {.acks = acks, .own_name = of.name(), .followers = others}});
  }
  static duties examine(role_changer& of) {
    const auto told = of.examine();
    REQUIRE_MESSAGE(told, told.error().text_for_client);
    return *told;
  }
  static void expect_done(const skein::result<void>& told) {
    CHECK_MESSAGE(told, (told ? std::string() : told.error().text_for_client));
  }
  void put(int n) { a().query("insert into goods values (" + std::to_string(n) + ")"); }
  bool is_acknowledged(int n) {
    try {
      put(n);
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }

  cluster members;
};

}  // namespace

TEST_CASE("a follower that has been told to follow nobody says so only when it receives no more") {
  if (!is_wanted(engine::postgres)) return;
  shop on(1);
  const auto b = on.changer(on.b());
  CHECK(shop::examine(*b).receives);
  // Its server hears of the new settings when it goes on to apply.
  on.b().query("select pg_wal_replay_pause()");
  wait_until([&] { return on.b().value("select pg_get_wal_replay_pause_state()") == "paused"; },
             30s, "it applies nothing");
  on.b().query("alter system set primary_conninfo = 'host=/skein/has/stopped/receiving'");
  on.b().query("select pg_reload_conf()");
  wait_until([&] { return !shop::examine(*b).source; }, 30s, "it is told to follow nobody");
  const auto before = shop::examine(*b).received;
  REQUIRE(before);
  on.put(1);
  wait_until([&] { return shop::examine(*b).received->rank > before->rank; }, 30s,
             "it goes on to receive");
  CHECK(shop::examine(*b).receives);

  shop::expect_done(b->stop_receiving());
  const auto last = shop::examine(*b);
  CHECK(!last.receives);
  on.put(2);
  on.put(3);
  CHECK(shop::examine(*b).received->rank == last.received->rank);
  CHECK(on.b().value("select count(*) from pg_stat_wal_receiver") == "0");
}

TEST_CASE("a backup that has the name of a follower does not count, and is ended") {
  if (!is_wanted(engine::postgres)) return;
  shop on(1);
  const auto a = on.changer(on.a(), 1);
  shop::expect_done(a->assure(1));
  wait_until([&] { return shop::examine(*a).acks == 1; }, 30s, "a waits for b");
  CHECK(shop::examine(*a).counted);
  CHECK(on.is_acknowledged(1));
  on.b().stop();
  wait_until([&] { return on.a().value("select count(*) from pg_stat_replication") == "0"; }, 30s,
             "b is gone");
  CHECK(shop::examine(*a).counted);

  // As somebody starts it who has copied b's line.
  on.a().query("select pg_create_physical_replication_slot('backup')");
  const auto folder = on.members.folder().path() / "wal";
  std::filesystem::create_directories(folder);
  child_process backup({.command = {"pg_receivewal", "-D", folder.string(), "-S", "backup",
                                    "--synchronous", "--no-loop", "-d",
                                    "host=127.0.0.1 port=" + std::to_string(on.a().port()) +
                                        " user=" + replicator.user + " password=" +
                                        replicator.password + " application_name=B"}});
  wait_until([&] { return !shop::examine(*a).counted; }, 30s, "it is seen");
  CHECK(shop::examine(*a).remark.find("calls itself B, as if it were that follower") !=
        std::string::npos);
  CHECK(on.is_acknowledged(2));  // on a alone: this is why it must not be
  CHECK(on.a().value("select sync_state from pg_stat_replication") == "quorum");
  shop::expect_done(a->assure(1));
  CHECK(backup.wait(30s).has_value());
  wait_until([&] { return shop::examine(*a).counted; }, 30s, "it is gone");
  CHECK(shop::examine(*a).remark.empty());

  on.b().start();
  wait_until([&] { return on.b().is_receiving(); }, 30s, "b follows");
  CHECK(shop::examine(*a).counted);
  CHECK(on.is_acknowledged(3));
}

TEST_CASE("a follower is told whom it is to wait for long before it leads") {
  if (!is_wanted(engine::postgres)) return;
  shop on(1);
  const auto b = on.changer(on.b(), 1);
  const auto setting = [&](const std::string& name) {
    return on.b().value("select current_setting('" + name + "')");
  };
  CHECK_FALSE(shop::examine(*b).counted);
  // Where fewer are asked for meanwhile, too: what holds when it leads is what was promised.
  shop::expect_done(b->assure(0));
  wait_until([&] { return shop::examine(*b).counted; }, 30s, "it has been told");
  CHECK(shop::examine(*b).acks == 1);
  CHECK(setting("synchronous_standby_names").starts_with("ANY 1"));

  // As one that led, was fenced, and has been made a follower by a person.
  on.b().query("alter system set synchronous_standby_names = 'skein_fenced'");
  on.b().query("alter system set default_transaction_read_only = on");
  on.b().query("select pg_reload_conf()");
  wait_until([&] { return !shop::examine(*b).counted; }, 30s, "it is seen");
  shop::expect_done(b->assure(1));
  wait_until([&] { return shop::examine(*b).counted; }, 30s, "it has been told again");
  CHECK(setting("default_transaction_read_only") == "off");
}
