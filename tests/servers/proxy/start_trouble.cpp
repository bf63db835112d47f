// A Skein that cannot start: what it says, its exit code, and that nothing of it stays behind.
#include <doctest/doctest.h>

#include <csignal>
#include <fstream>
#include <set>

#include "tests/servers/ports.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/test_folder.hpp"
#include "tests/servers/waiting.hpp"
#include "tests/servers/wire_socket.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

// Settings whose only member is never there: enough to start.
struct attempt {
  test_folder folder = {};
  std::uint16_t port = free_port();
  std::uint16_t admin_port = free_port();
  std::filesystem::path file = folder / "skein.yaml";

  void write(const std::string& more_listeners = {}) const {
    std::ofstream(file) << "listeners:\n  - {bind: 127.0.0.1:" << port << "}\n"
                        << more_listeners
                        << "clusters:\n  main:\n    members: [127.0.0.1:" << free_port()
                        << "]\n    users: [{name: app, password: secret}]\n"
                        << "admin: {bind: 127.0.0.1:" << admin_port << "}\nthreads: 2\n";
  }
  finished_child run_to_the_end() const {
    return run({.command = {skein_program(), "run", file.string()}, .errors_apart = true}, 10s);
  }
};

bool listens(std::uint16_t port) {
  try {
    const wire_socket caller(port);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

// Two names of one unix socket: only when the first listens does the second turn out to be taken,
// and by then the admin port and the TCP listener are up.
TEST_CASE("a listener that cannot be opened once the admin port is up ends it, with words") {
  attempt at;
  const auto real = at.folder / "sockets";
  const auto alias = at.folder / "alias";
  std::filesystem::create_directory(real);
  std::filesystem::create_directory_symlink(real, alias);
  at.write("  - {bind: \"unix:" + (real / "s").string() +
           "\"}\n  - {name: second, bind: \"unix:" + (alias / "s").string() + "\"}\n");
  const auto done = at.run_to_the_end();
  CHECK(done.exit_code == 1);
  CHECK(done.output.empty());
  CHECK(last_line(done.errors) ==
        "skein: listener \"second\": cannot listen on unix:" + (alias / "s").string() +
            ": another program listens there; stop it or choose another address");
  CHECK(done.errors.find("skein is up") == std::string::npos);
  CHECK(done.errors.find("listening") == std::string::npos);
  CHECK_FALSE(listens(at.port));
  CHECK_FALSE(listens(at.admin_port));
  CHECK(std::filesystem::is_empty(real));
}

TEST_CASE("a port that somebody has: a listener's, or the admin port's") {
  attempt at;
  at.write();
  attempt other;
  SUBCASE("a listener's") {
    other.port = at.port;
  }
  SUBCASE("the admin port's") {
    other.admin_port = at.admin_port;
  }
  other.write();
  child_process first({.command = {skein_program(), "run", at.file.string()}});
  wait_until([&] { return first.output().find("skein is up") != std::string::npos; }, 5s,
             "the first one is up");
  const auto done = other.run_to_the_end();
  CHECK(done.exit_code == 1);
  CHECK(last_line(done.errors).starts_with("skein: "));
  CHECK(done.errors.find("another program listens there") != std::string::npos);
  CHECK(listens(at.port));
  CHECK(listens(at.admin_port));
  if (other.port != at.port) CHECK_FALSE(listens(other.port));
  first.signal(SIGTERM);
  CHECK(first.wait(5s) == 0);
}

// From a limit at which nothing can be opened, one descriptor more each time, until it starts: so
// each thing that it opens on its way is the one that cannot be had.
TEST_CASE("too few descriptors to start: it ends with words, wherever on its way that is" *
          doctest::skip(needs_descriptors)) {
  attempt at;
  at.write();
  std::set<std::string> reasons;
  int limit = 4;
  for (; limit < 60; ++limit) {
    CAPTURE(limit);
    child_process one({.command = {"prlimit", "--nofile=" + std::to_string(limit), skein_program(),
                                   "run", at.file.string()}});
    wait_until(
        [&] { return !one.is_running() || one.output().find("skein is up") != std::string::npos; },
        5s, "it is up or has ended");
    const auto said = one.output();
    if (said.find("skein is up") != std::string::npos) {
      one.signal(SIGTERM);
      CHECK_MESSAGE(one.wait(5s) == 0, one.output());
      break;
    }
    CHECK_MESSAGE(one.wait(0s) == 1, said);
    const auto reason = last_line(said);
    CHECK_MESSAGE(reason.find("Too many open files") != std::string::npos, said);
    reasons.insert(reason);
    CHECK_FALSE(listens(at.port));
    CHECK_FALSE(listens(at.admin_port));
  }
  CHECK(limit < 60);
  CHECK(reasons.size() >= 3);
}
