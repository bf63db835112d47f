// A leader that dies, and what becomes of its cluster.
#include <thread>

#include "tests/servers/failover/flock.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

TEST_CASE("a leader that is killed is replaced, and writes go on") {
  on_each_engine([](const tongue& in) {
    flock at(in);
    at.write(1);
    at.members.wait_until_caught_up();
    const double before = at.epoch();
    at.members.member("a").kill();
    const auto took = at.write(2);
    MESSAGE(to_string(in.which), ": the first write after ", took.count(), " ms");
    CHECK(took < 10s);
    CHECK(at.epoch() == before + 1);
    const std::string next = at.who_takes_writes();
    REQUIRE((next == "b" || next == "c"));
    const std::string other = next == "b" ? "c" : "b";
    CHECK(at.count_at(next) == "2");
    wait_until([&] { return at.count_at(other) == "2"; }, 20s, "the other follower follows it");
  });
}

TEST_CASE("the follower that has received more is promoted") {
  on_each_engine([](const tongue& in) {
    flock at(in, "automatic: yes", {.relayed = true});
    at.write(1);
    at.members.wait_until_caught_up();
    at.members.part("b", "a");
    at.write(2);
    wait_until([&] { return at.count_at("c") == "2"; }, 20s, "c has the second write");
    at.members.member("a").kill();
    at.write(3);
    CHECK(at.who_takes_writes() == "c");
    CHECK(at.count_at("c") == "3");
    wait_until([&] { return at.count_at("b") == "3"; }, 20s, "b follows it");
  });
}

TEST_CASE("where a person decides the sentence is there, and nobody is promoted") {
  on_each_engine([](const tongue& in) {
    flock at(in, "automatic: no");
    at.write(1);
    at.members.member("a").kill();
    wait_until([&] { return at.skein->log().find("promote ") != std::string::npos; }, 20s,
               "the log says what could be done");
    CHECK(at.follows("b"));
    CHECK(at.follows("c"));
  });
}

TEST_CASE("a leader that stops for a moment keeps the lead") {
  on_each_engine([](const tongue& in) {
    flock at(in, "automatic: yes, detect_after: 6s");
    at.write(1);
    const double before = at.epoch();
    at.members.member("a").freeze();
    std::this_thread::sleep_for(2s);
    at.members.member("a").thaw();
    at.write(2);
    CHECK(at.epoch() == before);
    CHECK(at.who_takes_writes() == "a");
  });
}

TEST_CASE("a leader that hangs is replaced, and takes no more writes when it goes on") {
  on_each_engine([](const tongue& in) {
    flock at(in, "automatic: yes, detect_after: 2s");
    at.write(1);
    at.members.wait_until_caught_up();
    at.members.member("a").freeze();
    const auto took = at.write(2);
    MESSAGE(to_string(in.which), ": the first write after ", took.count(), " ms");
    CHECK(took < 10s);
    at.members.member("a").thaw();
    at.write(3);
    CHECK(at.who_takes_writes() != "a");
    const auto refuses = [&] {
      try {
        const auto told = connect(in.which, {.port = at.members.member("a").port()})
                              ->ask("insert into ledger values (4)");
        return !told.ok();
      } catch (const not_admitted&) {
        return true;
      }
    };
    wait_until(refuses, 20s, "the old leader is fenced");
  });
}

TEST_CASE("what a follower has acknowledged is not lost, and who may have it is waited for") {
  if (!is_wanted(engine::postgres)) return;
  flock at(tongue_of(engine::postgres), "automatic: yes",
           {.relayed = true, .server = {.settings = {"synchronous_standby_names = 'ANY 1 (*)'"}}});
  at.write(1);
  at.members.wait_until_caught_up();
  // Only c has the second one, and dies with the leader.
  at.members.part("b", "a");
  at.write(2);
  at.members.member("c").kill();
  at.members.member("a").kill();
  wait_until([&] { return at.skein->log().find("may be on c alone") != std::string::npos; }, 20s,
             "Skein says whom it waits for");
  CHECK(at.follows("b"));
  at.members.member("c").start();
  at.write(3);
  CHECK(at.who_takes_writes() == "c");
  CHECK(at.count_at("c") == "3");
}

TEST_CASE("a follower that applies nothing is stopped all the same") {
  if (!is_wanted(engine::postgres)) return;
  flock at(tongue_of(engine::postgres));
  at.write(1);
  at.members.wait_until_caught_up();
  for (const char* each : {"b", "c"}) at.members.member(each).query("select pg_wal_replay_pause()");
  at.write(2);
  at.write(3);
  at.members.member("a").kill();
  at.write(4);
  CHECK(at.count_at(at.who_takes_writes()) == "4");
}

TEST_CASE("an old leader that returns follows, where it has nothing of its own") {
  on_each_engine([](const tongue& in) {
    flock at(in);
    at.write(1);
    at.members.wait_until_caught_up();
    at.members.member("a").kill();
    at.write(2);
    at.members.member("a").start();
    at.write(3);
    if (in.which == engine::postgres) {
      const auto told = [&] { return at.skein->get("/status").body; };
      wait_until(
          [&] { return told().find("run `skein rejoin a` on its machine") != std::string::npos; },
          20s, "the status says what is to be done about it");
      at.follows("a");
      CHECK(at.members.member("a").value("show synchronous_standby_names") == "skein_fenced");
      return;
    }
    wait_until([&] { return at.follows("a") && at.count_at("a") == "3"; }, 30s,
               "it follows, and has all");
  });
}

TEST_CASE("an old leader that has what nobody else has stays outside, and is told of") {
  for (const engine which : {engine::mysql, engine::mariadb}) {
    if (!is_wanted(which)) continue;
    CAPTURE(to_string(which));
    flock at(tongue_of(which), "automatic: yes", {.relayed = true});
    at.write(1);
    at.members.wait_until_caught_up();
    at.members.isolate("a");
    at.write(2);
    at.members.member("a").kill();
    // As many as are on a alone, and more: by their numbers they look like the same ones.
    for (int n = 3; n <= 5; ++n) at.write(n);
    at.members.heal();
    at.members.member("a").start();
    wait_until(
        [&] {
          return at.skein->get("/status").body.find("a stays outside: it has written what") !=
                 std::string::npos;
        },
        20s, "the status tells of it");
    CHECK(at.skein->get("/status").body.find("run `skein rejoin a` on its machine") !=
          std::string::npos);
    CHECK(at.count_at("a") == "2");
    for (const char* each : {"b", "c"})
      wait_until([&] { return at.count_at(each) == "4"; }, 20s, "the others have all");
    const auto told = at.skein->command({"rejoin", "a", at.skein->settings_file().string()});
    CAPTURE(told.errors);
    CAPTURE(told.output);
    CHECK(told.exit_code == 1);
    CHECK(told.errors.find("a stays outside, since it has written what") != std::string::npos);
  }
}
