// Takeovers that succeed: nobody who connects is refused, who is connected may finish, cancels find
// their sessions, and nothing is left behind.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <sstream>
#include <thread>

#include "tests/servers/takeover/heir.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

// Connects, asks and leaves, over and over; whatever goes wrong is kept.
struct crowd {
  crowd(const std::vector<std::string>& doors, int each) {
    for (const auto& words : doors) {
      for (int i = 0; i < each; ++i) threads.emplace_back([this, words] { come_and_go(words); });
    }
  }
  ~crowd() { leave(); }
  void leave() {
    over = true;
    for (auto& one : threads) one.join();
    threads.clear();
  }
  void come_and_go(const std::string& words) {
    while (!over) {
      try {
        pg_session one(words, 20s);
        if (one.value("select 42") != "42") throw pg_refusal("", "another answer");
        ++served;
      } catch (const std::exception& wrong) {
        const std::lock_guard held(mutex);
        failures.emplace_back(wrong.what());
      }
    }
  }
  std::atomic<bool> over{false};
  std::atomic<int> served{0};
  std::mutex mutex;
  std::vector<std::string> failures;
  std::vector<std::thread> threads;
};

// Sockets that listen on a port, whoever has them.
std::size_t listening_sockets(std::uint16_t port) {
  std::ostringstream wanted;
  wanted << std::hex << std::uppercase;
  wanted.width(4);
  wanted.fill('0');
  wanted << port;
  std::ifstream lines("/proc/net/tcp");
  std::size_t found = 0;
  for (std::string line; std::getline(lines, line);) {
    found += line.contains("0100007F:" + wanted.str() + " 00000000:0000 0A");
  }
  return found;
}

std::string threads(int count) {
  return "threads: " + std::to_string(count) + "\n";
}

bool cancel(PGconn* of) {
  const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> key(PQgetCancel(of), &PQfreeCancel);
  std::array<char, 256> why{};
  return PQcancel(key.get(), why.data(), why.size()) != 0;
}

void leave_stale_socket(const std::filesystem::path& at) {
  sockaddr_un where{.sun_family = AF_UNIX, .sun_path = {}};
  REQUIRE(at.string().size() < sizeof where.sun_path);
  std::ranges::copy(at.string(), where.sun_path);
  const int made = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(::bind(made, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0);
  ::close(made);
}

}  // namespace

TEST_CASE("who connects during three takeovers in a row notices nothing") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process first(shop, {.unix_socket = true, .drain = 5s, .linger = 5s});
  const auto socket = first.folder() / (".s.PGSQL." + std::to_string(first.port()));
  CHECK(listening_sockets(first.port()) == 2);
  crowd all({first.words(app), first.words(app, "host=" + first.folder().string())}, 3);
  wait_until([&] { return all.served > 50; }, 20s, "clients come and go");

  std::vector<std::unique_ptr<heir>> heirs;
  const auto succeed = [&](const changes& words, child_process& before) {
    heirs.push_back(std::make_unique<heir>(first, words));
    heirs.back()->wait_until_it_says("took over");
    CHECK(before.wait(15s) == 0);
    const int so_far = all.served;
    wait_until([&] { return all.served > so_far + 50; }, 20s, "clients come and go");
    return heirs.back()->process().is_running();
  };
  CHECK(succeed({{threads(2), threads(3)}}, first.process()));
  CHECK(succeed({{threads(2), threads(1)}}, heirs[0]->process()));
  CHECK(succeed({}, heirs[1]->process()));
  all.leave();
  MESSAGE(all.served.load(), " clients served");
  const std::string failures = all.failures.empty() ? "" : all.failures.front() + " and so on";
  CHECK_MESSAGE(all.failures.empty(), all.failures.size(), " failures: ", failures);

  CHECK(first.log().contains("another Skein has taken over"));
  CHECK(listening_sockets(first.port()) == 2);
  CHECK(std::filesystem::exists(socket));
  CHECK(std::filesystem::exists(first.folder() / "takeover"));
  const auto mode = std::filesystem::status(first.folder() / "takeover").permissions();
  CHECK(mode == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  heirs.back()->process().signal(SIGTERM);
  CHECK(heirs.back()->process().wait(10s) == 0);
  CHECK(listening_sockets(first.port()) == 0);
  CHECK_FALSE(std::filesystem::exists(socket));
  CHECK_FALSE(std::filesystem::exists(first.folder() / "takeover"));
}

TEST_CASE("who is connected may finish, and a cancel finds its session through the newer ones") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  shop.leader().query_as(app, "create table kept (n int)");
  skein_process first(shop, {.drain = 20s, .linger = 20s});
  pg_session writing(first.words(app));
  pg_session sleeping(first.words(app));
  pg_session unharmed(first.words(app));
  REQUIRE(writing.ask("begin; insert into kept values (1)").ok());
  sleeping.send("select pg_sleep(60)");
  unharmed.send("select 'unharmed' from pg_sleep(3)");

  heir second(first);
  second.wait_until_it_says("took over");
  first.wait_until_status_says("before this one, drains: 3 clients left");
  pg_session later(first.words(app));
  CHECK(later.value("select 1") == "1");
  CHECK(later.cancel());  // at rest: nothing to cancel, but its key is known
  heir third(first);
  third.wait_until_it_says("took over");

  // From the first by way of the second, with a connection that the third accepts.
  CHECK(cancel(sleeping.raw()));
  CHECK(sleeping.finish(5s).sqlstate == "57014");
  CHECK(unharmed.finish(8s).lines == rows{{"unharmed"}});
  later.send("select pg_sleep(60)");
  std::this_thread::sleep_for(200ms);
  CHECK(cancel(later.raw()));
  CHECK(later.finish(5s).sqlstate == "57014");
  pg_session last(first.words(app));
  last.send("select pg_sleep(60)");
  std::this_thread::sleep_for(200ms);
  CHECK(last.cancel());
  CHECK(last.finish(5s).sqlstate == "57014");

  CHECK(writing.ask("insert into kept values (2)").ok());
  CHECK(writing.ask("commit").ok());
  CHECK(first.process().is_running());
  CHECK(shop.leader().value("select count(*) from kept") == "2");
}

TEST_CASE("who stays longer than takeover.linger is drained, and the process ends") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process first(shop, {.drain = 15s, .linger = 1s});
  pg_session idle(first.words(app));
  pg_session open(first.words(app));
  REQUIRE(open.ask("begin").ok());
  heir second(first);
  second.wait_until_it_says("took over");
  CHECK(idle.ask("select 1").ok());
  const auto gone = [&] { return !idle.ask("select 1", 3s).ok(); };
  wait_until(gone, 5s, "the idle one has been sent away");
  CHECK(open.ask("select 1").ok());
  CHECK(open.ask("commit").ok());
  CHECK(first.process().wait(5s) == 0);
  wait_until([&] { return second.says("the Skein before this one has ended"); }, 3s, "it knows");
  first.wait_until_status_says("0 clients");
  CHECK_FALSE(first.get("/status").body.contains("before this one"));
}

TEST_CASE("SIGTERM to the older one begins its drain, a second one ends it") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process first(shop, {.drain = 60s, .linger = 60s});
  pg_session idle(first.words(app));
  pg_session open(first.words(app));
  REQUIRE(open.ask("begin").ok());
  heir second(first);
  second.wait_until_it_says("took over");
  CHECK(idle.ask("select 1").ok());
  first.process().signal(SIGTERM);
  const auto gone = [&] { return !idle.ask("select 1", 3s).ok(); };
  wait_until(gone, 5s, "the idle one has been sent away");
  CHECK(open.ask("select 1").ok());
  first.process().signal(SIGTERM);
  CHECK(first.process().wait(5s) == 0);
  CHECK(open.ask("commit", 3s).sqlstate == "57P01");
}

TEST_CASE("a listener that is not in the new settings is closed, one that is new is opened") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process first(shop, {.unix_socket = true, .linger = 1s});
  const auto old_socket = first.folder() / (".s.PGSQL." + std::to_string(first.port()));
  const auto new_socket = first.folder() / ".s.PGSQL.1234";
  heir second(first, {{old_socket.string(), new_socket.string()}});
  second.wait_until_it_says("took over");
  CHECK(first.process().wait(5s) == 0);
  CHECK_FALSE(std::filesystem::exists(old_socket));
  CHECK(pg_session(first.words(app)).value("select 1") == "1");
  const std::string there = "host=" + first.folder().string() + " port=1234";
  CHECK(pg_session(first.words(app, there)).value("select 1") == "1");
}

TEST_CASE("with nobody to take over from, it starts as ever") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process first(shop, {.linger = 1s});
  first.stop();
  leave_stale_socket(first.folder() / "takeover");  // as one that was killed
  heir second(first);
  second.wait_until_it_says("skein is up");
  CHECK(second.says("nothing to take over"));
  wait_until([&] { return first.get("/ready").status == 200; }, 5s, "it serves");
  CHECK(pg_session(first.words(app)).value("select 1") == "1");
}
