#include "tests/clients/stage.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <sstream>

#include "tests/servers/certificates.hpp"

namespace skein::servers {

namespace {

constexpr double pinned_share_max = 0.02;

server_options with_files(server_options how) {
  how.tls = true;
  how.settings.emplace_back("local_infile = ON");
  how.settings.emplace_back("max_allowed_packet = 64M");
  how.settings.emplace_back("log_bin_trust_function_creators = ON");
  return how;
}

cluster made_ready(cluster members) {
  auto& leader = members.leader();
  leader.query("create table standing (n int primary key, w varchar(100))");
  leader.query("insert into standing values (1, 'one'), (2, null)");
  leader.query("create database other character set utf8mb4");
  leader.query("grant all on other.* to app");
  leader.query("grant replication client on *.* to app");
  leader.query(members.which() == engine::mariadb ? "grant replica monitor on *.* to app"
                                                  : "grant xa_recover_admin on *.* to app");
  members.wait_until_caught_up();
  return members;
}

skein_options splitting(skein_options how) {
  how.users = {app};
  how.server_tls = "disable";
  how.routing = "reads: followers, balance: round_robin, freshness_wait: 100ms";
  return how;
}

}  // namespace

stage::stage(skein_options how, server_options of_servers)
    : stage(cluster::start(engine::postgres, {.followers = 0, .server = std::move(of_servers)}),
            std::move(how)) {}

stage::stage(cluster members, skein_options how)
    : shop(std::move(members)), skein(shop, std::move(how)), server_port(shop.leader().port()) {}

std::vector<std::string> stage::environment() const {
  // SKEIN_TEST_DIRECT=1 puts a suite to the test: straight at the server it must pass as well.
  const bool direct_only = std::getenv("SKEIN_TEST_DIRECT") != nullptr;
  return {"ENGINE=" + std::string(to_string(shop.which())),
          "SKEIN_PORT=" + std::to_string(direct_only ? server_port : skein.port()),
          "SERVER_PORT=" + std::to_string(server_port),
          "AUTHORITY=" + test_certificates().authority.string(),
          "STRANGER=" + test_certificates().stranger_authority.string(),
          "PGPASSWORD=" + app.password,
          "MYSQL_PWD=" + app.password,
          "LC_ALL=C.UTF-8",
          "PYTHONDONTWRITEBYTECODE=1"};
}

std::string stage::play(std::vector<std::string> interpreter, const std::string& name,
                        const std::vector<std::string>& arguments) const {
  interpreter.push_back(std::string(SKEIN_SOURCE_ROOT) + "/tests/clients/" + name);
  interpreter.insert(interpreter.end(), arguments.begin(), arguments.end());
  return carry_out(std::move(interpreter));
}

std::string stage::carry_out(std::vector<std::string> command) const {
  const auto done =
      run({.command = std::move(command), .environment = environment()}, std::chrono::seconds{280});
  CHECK_MESSAGE(done.exit_code == 0, done.output);
  return done.output;
}

void stage::check_pins(const std::string& suite, pins wanted) const {
  const double sessions = skein.metric("skein_login_duration_seconds_count").value_or(0);
  const double pinned = skein.metric("skein_sessions_pinned_total").value_or(0);
  double for_a_moment = 0;
  std::string why;
  std::istringstream lines(skein.get("/metrics").body);
  for (std::string line; std::getline(lines, line);) {
    const std::string_view before = "skein_sessions_pinned_total{cluster=\"shop\",reason=";
    if (!line.starts_with(before)) continue;
    why += "\n  " + line.substr(before.size());
    if (line.find("may be defined otherwise by now") != line.npos)
      for_a_moment += std::stod(line.substr(line.rfind(' ')));
  }
  if (std::getenv("SKEIN_TEST_DIRECT") != nullptr) return;
  REQUIRE(sessions > 0);
  MESSAGE(suite, ": ", pinned, " of ", sessions, " sessions were pinned, ", 100 * pinned / sessions,
          " %", why);
  if (wanted == pins::any) return;
  if (wanted == pins::some) {
    CHECK(pinned > 0);
  } else {
    CHECK(pinned - (wanted == pins::few ? 0 : for_a_moment) <= pinned_share_max * sessions);
  }
}

finished_child stage::psql(const std::string& words, std::vector<std::string> arguments,
                           const std::string& input) const {
  std::vector<std::string> command{"psql", "-X", "-d", words};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run({.command = command, .environment = environment(), .input = input},
             std::chrono::seconds{120});
}

split_stage::split_stage(engine which, skein_options how, server_options of_servers)
    : stage(made_ready(cluster::start(
                which, {.followers = 2, .server = with_files(std::move(of_servers))})),
            splitting(std::move(how))) {}

double split_stage::served_by_followers() const {
  return skein.metric("skein_routed_to_total", "member=\"b\"").value_or(0) +
         skein.metric("skein_routed_to_total", "member=\"c\"").value_or(0);
}

void split_stage::check_split() const {
  if (std::getenv("SKEIN_TEST_DIRECT") != nullptr) return;
  const double led = skein.metric("skein_routed_to_total", "member=\"a\"").value_or(0);
  MESSAGE(to_string(shop.which()), ": the leader served ", led, ", followers ",
          served_by_followers());
  CHECK(served_by_followers() > 0);
}

finished_child split_stage::run_client(const std::vector<std::string>& program, std::uint16_t port,
                                       const std::vector<std::string>& arguments,
                                       const std::string& input) const {
  auto command = program;
  for (const std::string& each : {std::string("--no-defaults"), std::string("--host=127.0.0.1"),
                                  "--port=" + std::to_string(port), "--user=" + app.user})
    command.push_back(each);
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run(
      {.command = command, .environment = environment(), .input = input, .errors_apart = true},
      std::chrono::seconds{120});
}

void on_each_split(void (*play)(engine which)) {
  for (const engine which : {engine::mariadb, engine::mysql}) {
    if (!is_wanted(which)) continue;
    CAPTURE(to_string(which));
    play(which);
  }
}

std::string stage::through_skein(const std::string& more) const {
  return "host=127.0.0.1 user=app dbname=app port=" + std::to_string(skein.port()) + " " + more;
}

std::string stage::direct(const std::string& more) const {
  return "host=127.0.0.1 user=app dbname=app port=" + std::to_string(server_port) + " " + more;
}

}  // namespace skein::servers
