// Takeovers that fail: whatever becomes of the newer Skein, the older one goes on as if nothing had
// happened; and if the older one dies, the newer one goes on.
#include <signal.h>

#include "tests/servers/takeover/heir.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

struct scene {
  explicit scene(skein_options how = {}) : first(shop, with_takeover(std::move(how))) {}

  static skein_options with_takeover(skein_options how) {
    how.linger = 2s;
    return how;
  }
  // Settings whose members are found by way of a link, which may be cut.
  changes by_link() {
    return {{":" + std::to_string(shop.leader().port()) + "}",
             ":" + std::to_string(shop.link("heir", "a").port()) + "}"}};
  }
  bool first_says(const std::string& words) const { return first.log().contains(words); }
  // It serves, is not draining, and would hand over to another one.
  void check_first_goes_on() {
    CHECK(pg_session(first.words(app)).value("select 1") == "1");
    CHECK(first.process().is_running());
    CHECK(first.get("/ready").status == 200);
    CHECK_FALSE(first_says("waiting for clients to leave"));
    heir next(first);
    next.wait_until_it_says("took over");
    CHECK(first.process().wait(10s) == 0);
    CHECK(pg_session(first.words(app)).value("select 1") == "1");
  }

  cluster shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process first;
};

}  // namespace

TEST_CASE("a newer Skein with a mistake in its settings") {
  scene at;
  heir mistaken(at.first, {{"threads", "threds"}});
  CHECK(mistaken.process().wait(5s) == 1);
  at.check_first_goes_on();
}

TEST_CASE("a newer Skein whose new listener has no place") {
  scene at;
  pg_session idle(at.first.words(app));
  const auto taken = std::to_string(at.shop.link("somebody", "a").port());
  heir second(at.first, {{"clusters:\n", "  - bind: 127.0.0.1:" + taken + "\nclusters:\n"}});
  CHECK(second.process().wait(10s) == 1);
  CHECK_MESSAGE(second.says("another program listens there"), second.log());
  CHECK(idle.ask("select 1").ok());
  wait_until([&] { return at.first_says("a takeover failed: this Skein goes on"); }, 5s, "it says");
  at.check_first_goes_on();
}

TEST_CASE("a newer Skein that finds no leader gives up, where the older one has one") {
  scene at;
  const auto words = at.by_link();
  at.shop.part("a", "heir");
  heir second(at.first, words);
  CHECK(second.process().wait(40s) == 1);
  CHECK_MESSAGE(second.says("not every cluster's leader was found in time"), second.log());
  at.check_first_goes_on();
}

TEST_CASE("a newer Skein that is killed in the middle") {
  scene at;
  const auto words = at.by_link();
  at.shop.part("a", "heir");
  heir second(at.first, words);
  wait_until([&] { return at.first_says("another Skein is about to take over"); }, 10s, "it asks");
  CHECK(pg_session(at.first.words(app)).value("select 1") == "1");
  second.process().signal(SIGKILL);
  wait_until([&] { return at.first_says("a takeover failed: this Skein goes on"); }, 5s, "it says");
  at.check_first_goes_on();
}

TEST_CASE("a newer Skein that stands still in the middle, and comes to when it is too late") {
  scene at;
  const auto words = at.by_link();
  at.shop.part("a", "heir");
  heir second(at.first, words);
  wait_until([&] { return at.first_says("another Skein is about to take over"); }, 10s, "it asks");
  second.process().freeze();
  at.shop.heal();
  wait_until([&] { return at.first_says("a takeover failed: this Skein goes on"); }, 40s,
             "it says");
  CHECK(at.first_says("does not answer in time"));
  second.process().thaw();
  CHECK(second.process().wait(10s) == 1);
  CHECK_FALSE(second.says("took over"));
  at.check_first_goes_on();
}

TEST_CASE("SIGTERM ends a newer Skein that is not ready yet") {
  scene at;
  const auto words = at.by_link();
  at.shop.part("a", "heir");
  heir second(at.first, words);
  wait_until([&] { return at.first_says("another Skein is about to take over"); }, 10s, "it asks");
  second.process().signal(SIGTERM);
  CHECK(second.process().wait(5s) == 1);
  CHECK_MESSAGE(second.says("stopped before it had taken over"), second.log());
  at.check_first_goes_on();
}

TEST_CASE("the older Skein dies in the middle: the newer one goes on with what it has") {
  scene at;
  const auto words = at.by_link();
  at.shop.part("a", "heir");
  heir second(at.first, words);
  wait_until([&] { return at.first_says("another Skein is about to take over"); }, 10s, "it asks");
  at.first.process().signal(SIGTERM);
  CHECK(at.first.process().wait(10s) == 0);
  second.wait_until_it_says("the Skein before this one is gone: this one goes on");
  at.shop.heal();
  wait_until([&] { return login_failure(at.first.words(app)).empty(); }, 10s, "it serves");
  CHECK(pg_session(at.first.words(app)).value("select 1") == "1");
}

TEST_CASE("the older Skein hangs while it drains: cancels for it do not wait for long") {
  scene at;
  pg_session sleeping(at.first.words(app));
  sleeping.send("select pg_sleep(60)");
  heir second(at.first);
  second.wait_until_it_says("took over");
  at.first.process().freeze();
  const auto start = std::chrono::steady_clock::now();
  sleeping.cancel();
  CHECK(std::chrono::steady_clock::now() - start < 8s);
  CHECK(pg_session(at.first.words(app)).value("select 1") == "1");
  at.first.process().thaw();
  CHECK(at.first.process().wait(15s) == 0);
}

TEST_CASE("without --take-over a second Skein is refused, and hears of it") {
  scene at;
  const auto plain = at.first.command({"run", at.first.settings_file().string()});
  CHECK(plain.exit_code == 1);
  CHECK_MESSAGE(plain.errors.contains("`skein run --take-over` can take its place"), plain.errors);
  at.check_first_goes_on();
}

TEST_CASE("strangers get nothing: another user, and who speaks something else") {
  scene at;
  const auto socket = at.first.folder() / "takeover";
  const std::string knock =
      "import socket, sys\n"
      "s = socket.socket(socket.AF_UNIX)\n"
      "s.connect(sys.argv[1])\n"
      "s.settimeout(10)\n"
      "try: s.sendall(sys.argv[2].encode())\n"
      "except BrokenPipeError: pass\n"
      "print(s.recv(4096))\n"
      "try: print(s.recv(4096))\n"
      "except ConnectionResetError: pass\n";  // it has not read what we sent
  const auto ask = [&](const std::string& user, const std::string& words) {
    const std::vector<std::string> command{"python3", "-c", knock, socket.string(), words};
    return run({.command = command, .user = user}, 20s).output;
  };
  CHECK(ask("", "GET / HTTP/1.1").contains("what came is no message of a takeover"));
  if (::geteuid() == 0) {
    CHECK(ask("nobody", "hello").contains("PermissionError"));
    // The file's mode is not all that keeps them out.
    std::filesystem::permissions(socket, std::filesystem::perms(0666));
    const auto heard = ask("nobody", "hello");
    CHECK_MESSAGE(heard.contains("it is of another user"), heard);
  }
  at.check_first_goes_on();
}
