// Moves of the lead that are cut short, by the death of a server or of Skein, by newer settings or
// by another process: each ends, and the cluster goes on.
#include <csignal>
#include <fstream>
#include <future>
#include <thread>

#include "tests/servers/failover/flock.hpp"
#include "tests/servers/takeover/heir.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

constexpr auto token = "token: move";

std::future<finished_child> order(const flock& at, std::vector<std::string> words) {
  if (at.in.which == engine::postgres) words.push_back("--leave-outside");
  words.insert(words.end(), {"--admin", "127.0.0.1:" + std::to_string(at.skein->admin_port())});
  return std::async(std::launch::async,
                    [&at, words] { return at.skein->command(words, {"SKEIN_ADMIN_TOKEN=move"}); });
}

void await_log(const flock& at, const std::string& words) {
  CAPTURE(words);
  wait_until([&] { return at.skein->log().find(words) != std::string::npos; }, 30s,
             "the log says: " + words);
}

// What it has received it cannot apply, until this ends: so that a promotion takes long.
class blocked {
 public:
  blocked(flock& at, const std::string& member)
      : by_(connect(at.in.which, {.port = at.members.member(member).port(),
                                  .who = at.members.member(member).admin()})) {
    REQUIRE(by_->ask("flush tables with read lock").ok());
  }

 private:
  std::unique_ptr<connection> by_;
};

// With other words in its settings, which it reads anew.
void reload(flock& at, const std::string& was, const std::string& is) {
  std::ostringstream text;
  text << std::ifstream(at.skein->settings_file()).rdbuf();
  std::string all = text.str();
  const auto from = all.find(was);
  REQUIRE_MESSAGE(from != all.npos, was, " is not in\n", all);
  std::ofstream(at.skein->settings_file()) << all.replace(from, was.size(), is);
  at.skein->process().signal(SIGHUP);
}

bool takes_writes(flock& at, const std::string& member) {
  const bool of_postgres = at.in.which == engine::postgres;
  return at.members.member(member).value(of_postgres ? "show synchronous_standby_names"
                                                     : "select @@global.read_only") ==
         (of_postgres ? "" : "0");
}

}  // namespace

TEST_CASE("a leader that dies while its lead is moved is followed by whom a person has named") {
  on_each_engine([](const tongue& in) {
    flock at(in, "automatic: no", {}, token);
    at.write(1);
    at.members.wait_until_caught_up();
    const auto open = connect(in.which, {.port = at.skein->port()});
    REQUIRE(open->ask("begin").ok());
    REQUIRE(open->ask("insert into ledger values (2)").ok());
    auto moving = order(at, {"switchover", "--to", "c", "--wait", "60s"});
    await_log(at, "1 transaction must end first");
    at.members.member("a").kill();
    const auto told = moving.get();
    CAPTURE(told.errors);
    CHECK(told.exit_code == 0);
    at.write(3);
    CHECK(at.who_takes_writes() == "c");
  });
}

TEST_CASE("a move ends when its leader and whom it was to go to have died") {
  on_each_engine([](const tongue& in) {
    flock at(in, "automatic: no", {}, token);
    at.write(1);
    at.members.wait_until_caught_up();
    const auto open = connect(in.which, {.port = at.skein->port()});
    REQUIRE(open->ask("begin").ok());
    REQUIRE(open->ask("insert into ledger values (2)").ok());
    auto moving = order(at, {"switchover", "--to", "b", "--wait", "60s"});
    await_log(at, "1 transaction must end first");
    for (const char* each : {"b", "a"}) at.members.member(each).kill();
    const auto told = moving.get();
    CAPTURE(told.errors);
    CHECK(told.exit_code == 1);
    const auto next = order(at, {"switchover", "--to", "c"}).get();
    CAPTURE(next.errors);
    CHECK(next.exit_code == 0);
    at.write(3);
  });
}

TEST_CASE("one that was told to lead and dies before it does ends the move, and another may lead") {
  on_each_engine([](const tongue& in) {
    if (in.which == engine::postgres) return;  // nothing keeps it from applying when it is promoted
    flock at(in, "automatic: no", {}, token);
    at.write(1);
    at.members.wait_until_caught_up();
    {
      const blocked until_then(at, "b");
      at.write(2);
      auto moving = order(at, {"switchover", "--to", "b", "--wait", "60s"});
      await_log(at, "step=promote");
      at.members.member("b").kill();
      const auto told = moving.get();
      CHECK(told.exit_code == 1);
      CHECK_MESSAGE(told.errors.find("b was told to lead, and was lost") != std::string::npos,
                    told.errors);
    }
    const auto next = order(at, {"switchover", "--to", "c"}).get();
    CAPTURE(next.errors);
    CHECK(next.exit_code == 0);
    at.write(3);
    CHECK(at.who_takes_writes() == "c");
    CHECK(at.count_at("c") == "3");
  });
}

TEST_CASE("a leader that was fenced for a move leads on when Skein has died in its midst") {
  on_each_engine([](const tongue& in) {
    flock at(in, "automatic: no", {.relayed = true}, token);
    at.write(1);
    at.members.wait_until_caught_up();
    at.members.part("b", "a");
    at.write(2);
    auto moving = order(at, {"switchover", "--to", "b", "--wait", "60s"});
    await_log(at, "b has yet to receive what a has");
    at.skein->kill();
    moving.get();
    CHECK_FALSE(takes_writes(at, "a"));
    const child_process next(
        {.command = {skein_program(), "run", at.skein->settings_file().string()}});
    try {
      at.write(3, 60s);
    } catch (const std::exception& late) {
      FAIL(late.what(), "\n", next.output());
    }
    CHECK(at.count_at("a") == "3");
    wait_until([&] { return takes_writes(at, "a"); }, 20s, "nothing is left of the fence");
  });
}

TEST_CASE("what a person has frozen stays so") {
  on_each_engine([](const tongue& in) {
    if (in.which == engine::postgres) return;  // which counts as a leader all the same
    flock at(in, "automatic: yes", {}, token);
    at.write(1);
    auto& leader = at.members.member("a");
    leader.query(in.which == engine::mysql ? "set global super_read_only = 1"
                                           : "set global read_only = 1");
    await_log(at, "a has been made a follower, and nobody leads");
    // A leader that Skein has fenced would be told to lead on by then.
    std::this_thread::sleep_for(6s);
    CHECK_FALSE(takes_writes(at, "a"));
    leader.query(in.which == engine::mysql ? "set global super_read_only = 0"
                                           : "set global read_only = 0");
    if (in.which == engine::mysql) leader.query("set global read_only = 0");
    at.write(2);
  });
}

TEST_CASE("who has been told to lead goes on to, though settings are read anew meanwhile") {
  on_each_engine([](const tongue& in) {
    if (in.which == engine::postgres) return;
    flock at(in, "automatic: yes", {}, {}, {}, {{"b", "priority: 5"}, {"c", "priority: 2"}});
    at.write(1);
    at.members.wait_until_caught_up();
    {
      const blocked until_then(at, "b");
      at.write(2);
      wait_until([&] { return at.count_at("c") == "2"; }, 20s, "c has all");
      at.members.member("a").kill();
      await_log(at, "b is to lead");
      await_log(at, "step=promote");
      reload(at, "priority: 2", "priority: 9");
      await_log(at, "settings reloaded");
      std::this_thread::sleep_for(1s);  // for it to elect another, if it did
    }
    at.write(3);
    CHECK(at.who_takes_writes() == "b");
  });
}

TEST_CASE("clients of a process that was taken over go on when the lead moves") {
  if (!is_wanted(engine::postgres)) return;
  flock at(tongue_of(engine::postgres), "automatic: yes", {}, token, "mode: quorum", {}, false,
           60s);
  const auto old = connect(at.in.which, {.port = at.skein->port()});
  REQUIRE(old->ask("insert into ledger values (1)").ok());
  heir next(*at.skein);
  next.wait_until_it_says("skein is up");
  REQUIRE(old->ask("insert into ledger values (2)").ok());
  const auto told = order(at, {"switchover", "--to", "b"}).get();
  CAPTURE(told.errors);
  REQUIRE(told.exit_code == 0);
  const auto heard = old->ask("insert into ledger values (3)", 60s);
  CHECK_MESSAGE(heard.ok(), heard.code, " ", heard.text);
  CHECK(at.count_at("b") == "3");
}

TEST_CASE("a leader behind a load balancer that answers for it is replaced as one that hangs") {
  on_each_engine([](const tongue& in) {
    flock at(in, "automatic: yes, detect_after: 2s", {}, {}, {}, {}, true);
    at.write(1);
    at.members.wait_until_caught_up();
    at.members.member("a").kill();
    at.write(2, 60s);
    CHECK(at.who_takes_writes() != "a");
    CHECK_MESSAGE(
        at.skein->log().find("a has closed connections without a word for 2") != std::string::npos,
        at.skein->log());
  });
}
