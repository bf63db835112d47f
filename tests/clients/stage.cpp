#include "tests/clients/stage.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

#include "tests/servers/certificates.hpp"

namespace skein::servers {

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

void stage::play(std::vector<std::string> interpreter, const std::string& name) const {
  interpreter.push_back(std::string(SKEIN_SOURCE_ROOT) + "/tests/clients/" + name);
  const auto done =
      run({.command = interpreter, .environment = environment()}, std::chrono::seconds{180});
  CHECK_MESSAGE(done.exit_code == 0, done.output);
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
