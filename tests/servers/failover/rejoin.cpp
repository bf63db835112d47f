// An old PostgreSQL leader comes back: by a person's command, and by hooks, with real commands on
// the servers' own data.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/servers/failover/flock.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// As the machine of member `a` has them: its server is started and stopped by files that the test
// looks for, because what starts a server is what must end it when the test does.
struct machine {
  explicit machine(const std::string& name) {
    folder = fs::temp_directory_path() / ("skein-rejoin-" + name);
    fs::remove_all(folder);
    fs::create_directories(folder);
    fs::permissions(folder, fs::perms::all);
  }
  ~machine() { fs::remove_all(folder); }
  machine(const machine&) = delete;

  std::string file(const char* name) const { return (folder / name).string(); }
  bool has(const char* name) const { return fs::exists(folder / name); }
  // Says what is wanted, and waits until the test has done it.
  std::string ask(const char* what) const {
    return "touch " + file(what) + "; while [ -e " + file(what) + " ]; do sleep 0.1; done";
  }
  std::string hooks(const std::string& rejoin = {}, const std::string& timeout = "1m") const {
    return "hooks: {stop: \"" + ask("stop") + "\", start: \"" + ask("start") + "\"" +
           (rejoin.empty() ? "" : ", rejoin: \"" + rejoin + "\"") + ", timeout: " + timeout +
           "}, data_directory: %data";
  }
  fs::path folder = {};
};

// Does what the hooks ask for, until the condition is met.
template <typename Condition>
void serve(const machine& here, server& member, Condition&& met, const std::string& what) {
  wait_until(
      [&] {
        if (here.has("stop")) {
          member.stop();
          fs::remove(here.folder / "stop");
        }
        if (here.has("start")) {
          if (!member.is_running()) member.start();
          fs::remove(here.folder / "start");
        }
        return met();
      },
      60s, what);
}

fs::path only_folder_in(const fs::path& folder) {
  fs::path found;
  int count = 0;
  for (const auto& each : fs::directory_iterator(folder)) {
    found = each.path();
    ++count;
  }
  CHECK(count == 1);
  return found;
}

// What followers had not received when it died: numbered writes 2 and 3, of which nobody hears.
void die_with_writes_of_its_own(flock& at) {
  at.write(1);
  at.members.wait_until_caught_up();
  at.members.isolate("a");
  at.write(2);
  at.write(3);
  at.members.member("a").kill();
}
// A link that is healed before would carry on what it holds.
void fail_over(flock& at) {
  at.write(4);
  REQUIRE(at.who_takes_writes() != "a");
  at.members.heal();
}

void check_orphans(const fs::path& kept) {
  const auto about = text_of(kept / "README.txt");
  CAPTURE(about);
  CHECK(about.find("2 transactions were committed on a alone") != std::string::npos);
  CHECK(text_of(kept / "records.txt").find("COMMIT") != std::string::npos);
  CHECK_FALSE(fs::is_empty(kept / "wal"));
}

bool has_all(flock& at, const std::string& member, const std::string& count) {
  try {
    return at.members.member(member).is_running() && at.follows(member) &&
           at.count_at(member) == count;
  } catch (const std::exception&) {
    return false;
  }
}

flock start(const std::string& member, bool relayed = true) {
  return flock(tongue_of(engine::postgres),
               "automatic: yes, detect_after: 1s, again_after: 0s, max_loss: 1h",
               {.relayed = relayed}, {}, {}, {{"a", member}});
}

}  // namespace

TEST_CASE("a person brings back an old leader, and what only it had is kept") {
  if (!is_wanted(engine::postgres)) return;
  flock at = start("");
  die_with_writes_of_its_own(at);
  fail_over(at);
  const std::string data = at.members.member("a").data().string();
  const auto rejoin = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {"rejoin", "a", at.skein->settings_file().string()};
    words.insert(words.end(), more.begin(), more.end());
    return at.skein->command(words);
  };
  auto told = rejoin({});
  CHECK(told.exit_code == 1);
  CHECK(told.errors.find("where does a have its data?") != std::string::npos);
  told = rejoin({"--data-directory", at.members.member(at.who_takes_writes()).data().string()});
  CAPTURE(told.output);
  CHECK(told.exit_code == 1);
  CHECK(told.errors.find("runs: stop it first") != std::string::npos);

  told = rejoin({"--data-directory", data});
  CHECK(told.exit_code == 1);
  CHECK(told.errors.find("say --yes") != std::string::npos);
  check_orphans(only_folder_in(data + ".orphans"));

  told = rejoin({"--data-directory", data, "--yes"});
  CAPTURE(told.errors);
  CHECK(told.exit_code == 0);
  CHECK(told.output.find("2 transactions are on a alone") != std::string::npos);
  check_orphans(only_folder_in(data + ".orphans"));  // kept once
  CHECK_FALSE(fs::exists(data + ".rejoin"));
  at.members.member("a").start();
  wait_until([&] { return has_all(at, "a", "2"); }, 30s,
             "it follows, and has what the others have");
  at.write(5);
  wait_until([&] { return has_all(at, "a", "3"); }, 30s, "it goes on to follow");
  CHECK(at.members.member("a").value("show synchronous_standby_names") == "");
  CHECK(at.members.member("a").value("show default_transaction_read_only") == "off");
}

TEST_CASE("a rewind that was interrupted is followed by a copy, with the member's own settings") {
  if (!is_wanted(engine::postgres)) return;
  flock at = start("data_directory: %data");
  die_with_writes_of_its_own(at);
  fail_over(at);
  const fs::path data = at.members.member("a").data();
  // As an attempt leaves it that was killed while pg_rewind was at work.
  const fs::path work = data.string() + ".rejoin";
  fs::create_directories(work / "own");
  for (const char* each : {"postgresql.auto.conf", "pg_hba.conf", "pg_ident.conf"})
    fs::copy_file(data / each, work / "own" / each);
  std::ofstream(work / "own" / "mine.conf") << "# of a\n";
  std::ofstream(work / "step") << "changing\n";
  for (const char* each : {"", "/own", "/step"})
    run_well({.command = {"chown", "-R", "--reference=" + data.string(), work.string() + each}});
  const auto told = at.skein->command({"rejoin", "a", at.skein->settings_file().string(), "--yes"});
  CAPTURE(told.output);
  CAPTURE(told.errors);
  CHECK(told.exit_code == 0);
  CHECK(told.output.find("after which only a copy is safe") != std::string::npos);
  CHECK_FALSE(fs::exists(work));
  CHECK(text_of(data / "mine.conf") == "# of a\n");
  int replaced = 0;
  for (const auto& each : fs::directory_iterator(data.parent_path()))
    replaced += each.path().filename().string().starts_with("data.replaced-");
  CHECK(replaced == 1);
  at.members.member("a").start();
  wait_until([&] { return has_all(at, "a", "2"); }, 30s,
             "it follows, and has what the others have");
}

TEST_CASE("what must not be rewound is left alone") {
  if (!is_wanted(engine::postgres)) return;
  flock at = start("data_directory: %data", false);
  at.write(1);
  const auto rejoin = [&](const std::string& member, const std::string& data) {
    return at.skein->command(
        {"rejoin", member, at.skein->settings_file().string(), "--yes", "--data-directory", data});
  };
  const std::string data = at.members.member("a").data().string();
  CHECK(rejoin("a", data).errors == "skein: a leads: it has nobody to follow\n");
  CHECK(rejoin("x", data).errors.find("has no member 'x'; the members are a, b, c") !=
        std::string::npos);
  CHECK(rejoin("b", "/tmp").errors ==
        "skein: it is not known as whom to run: /tmp belongs to root\n");
  CHECK(rejoin("b", at.skein->folder().string()).exit_code == 1);
  auto other = cluster::start(engine::postgres, {.followers = 0, .fresh_identity = true});
  other.leader().stop();
  CHECK(rejoin("b", other.leader().data().string()).errors.find("is of another cluster than a") !=
        std::string::npos);
  at.members.member("a").kill();
  at.skein->kill();
  for (const char* each : {"b", "c"}) at.members.member(each).stop();
  CHECK(rejoin("a", data).errors ==
        "skein: none of the other members says that it leads: nobody can be followed\n");
}

TEST_CASE("hooks bring back an old leader by themselves") {
  if (!is_wanted(engine::postgres)) return;
  const machine here("hooks");
  std::string data;
  flock at = start(here.hooks());
  data = at.members.member("a").data().string();
  die_with_writes_of_its_own(at);
  fail_over(at);
  serve(here, at.members.member("a"), [&] { return has_all(at, "a", "2"); }, "a follows, by hooks");
  check_orphans(only_folder_in(data + ".orphans"));
  at.write(5);
  wait_until([&] { return has_all(at, "a", "3"); }, 30s, "it goes on to follow");
  at.skein->wait_until_status_says("follows", 20s);
  wait_until(
      [&] { return at.skein->get("/status").body.find("about the lead") == std::string::npos; },
      20s, "nothing is left to be said");
  // And again, with what it has now.
  at.members.member("a").restart();
  wait_until([&] { return has_all(at, "a", "3"); }, 30s, "it stays a follower");
}

TEST_CASE("an old leader that comes up by itself is fenced, stopped and brought back") {
  if (!is_wanted(engine::postgres)) return;
  const machine here("again");
  flock at = start(here.hooks(), false);
  at.write(1);
  at.members.wait_until_caught_up();
  at.members.member("a").freeze();
  at.write(2);
  at.members.member("a").thaw();
  serve(here, at.members.member("a"), [&] { return has_all(at, "a", "2"); }, "a follows, by hooks");
}

TEST_CASE("a hook that hangs is ended and told of, and holds up nobody") {
  if (!is_wanted(engine::postgres)) return;
  flock at = start("hooks: {stop: \"sleep 1000\", start: \"true\", timeout: 20s}", false);
  at.write(1);
  at.members.wait_until_caught_up();
  at.members.member("a").kill();
  at.write(2);
  const std::string second = at.who_takes_writes();
  const std::string third = second == "b" ? "c" : "b";
  at.skein->wait_until_status_says("a is brought back by its hooks, `stop` for", 30s);
  wait_until([&] { return at.count_at(third) == "2"; }, 20s, "the other one follows meanwhile");
  at.members.member(second).kill();
  at.write(3);
  CHECK(at.who_takes_writes() == third);
  CHECK(at.skein->log().find("a hook failed") == std::string::npos);
  at.skein->wait_until_status_says(
      "a stays outside: its hook `stop` was ended, since it took longer than 20 s; it is tried "
      "again in",
      60s);
}

TEST_CASE("a hook that fails is told of, and is tried again") {
  if (!is_wanted(engine::postgres)) return;
  const machine here("fails");
  // The first time there is no room, by its own word.
  const std::string rejoin =
      "[ -e " + here.file("failed") + " ] || { touch " + here.file("failed") +
      "; echo no room >&2; exit 3; }; $SKEIN_PROGRAM rejoin $SKEIN_MEMBER $SKEIN_SETTINGS --yes";
  flock at = start(here.hooks(rejoin), false);
  at.write(1);
  at.members.wait_until_caught_up();
  at.members.member("a").kill();
  at.write(2);
  const auto says = [&](const std::string& text) {
    return at.skein->get("/status").body.find(text) != std::string::npos;
  };
  serve(
      here, at.members.member("a"),
      [&] { return says("a stays outside: its hook `rejoin` ended with 3: no room; it is tried"); },
      "the status tells of the hook");
  serve(here, at.members.member("a"), [&] { return has_all(at, "a", "2"); }, "a follows, by hooks");
}
