#include "tests/clients/stage.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <sstream>

#include "tests/servers/certificates.hpp"

namespace skein::servers {

namespace {

constexpr double pinned_share_max = 0.02;

}  // namespace

stage::stage(skein_options how, server_options of_servers)
    : shop(cluster::start(engine::postgres, {.followers = 0, .server = std::move(of_servers)})),
      skein(shop, std::move(how)),
      server_port(shop.leader().port()) {}

std::vector<std::string> stage::environment() const {
  // SKEIN_TEST_DIRECT=1 puts a suite to the test: straight at the server it must pass as well.
  const bool direct_only = std::getenv("SKEIN_TEST_DIRECT") != nullptr;
  return {"SKEIN_PORT=" + std::to_string(direct_only ? server_port : skein.port()),
          "SERVER_PORT=" + std::to_string(server_port),
          "AUTHORITY=" + test_certificates().authority.string(),
          "STRANGER=" + test_certificates().stranger_authority.string(),
          "PGPASSWORD=" + app.password,
          "LC_ALL=C.UTF-8",
          "PYTHONDONTWRITEBYTECODE=1"};
}

std::string stage::play(std::vector<std::string> interpreter, const std::string& name,
                        const std::vector<std::string>& arguments) const {
  interpreter.push_back(std::string(SKEIN_SOURCE_ROOT) + "/tests/clients/" + name);
  interpreter.insert(interpreter.end(), arguments.begin(), arguments.end());
  const auto done =
      run({.command = interpreter, .environment = environment()}, std::chrono::seconds{180});
  CHECK_MESSAGE(done.exit_code == 0, done.output);
  return done.output;
}

void stage::check_pins(const std::string& suite, pins wanted) const {
  const double sessions = skein.metric("skein_login_duration_seconds_count").value_or(0);
  const double pinned = skein.metric("skein_sessions_pinned_total").value_or(0);
  std::string why;
  std::istringstream lines(skein.get("/metrics").body);
  for (std::string line; std::getline(lines, line);) {
    const std::string_view before = "skein_sessions_pinned_total{cluster=\"shop\",reason=";
    if (line.starts_with(before)) why += "\n  " + line.substr(before.size());
  }
  if (std::getenv("SKEIN_TEST_DIRECT") != nullptr) return;
  REQUIRE(sessions > 0);
  MESSAGE(suite, ": ", pinned, " of ", sessions, " sessions were pinned, ", 100 * pinned / sessions,
          " %", why);
  if (wanted == pins::few) {
    CHECK(pinned <= pinned_share_max * sessions);
  } else {
    CHECK(pinned > 0);
  }
}

finished_child stage::psql(const std::string& words, std::vector<std::string> arguments,
                           const std::string& input) const {
  std::vector<std::string> command{"psql", "-X", "-d", words};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run({.command = command, .environment = environment(), .input = input},
             std::chrono::seconds{120});
}

std::string stage::through_skein(const std::string& more) const {
  return "host=127.0.0.1 user=app dbname=app port=" + std::to_string(skein.port()) + " " + more;
}

std::string stage::direct(const std::string& more) const {
  return "host=127.0.0.1 user=app dbname=app port=" + std::to_string(server_port) + " " + more;
}

}  // namespace skein::servers
