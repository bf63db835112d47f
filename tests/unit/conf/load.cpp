#include <doctest/doctest.h>

#include "tests/unit/conf/scratch.hpp"

using namespace skein::conf;
using namespace skein::conf::testing;
using namespace std::chrono_literals;

namespace {

const std::string smallest =
    "clusters:\n  main:\n    members: [127.0.0.1:5432]\n"
    "    users: [{name: app, password: env:APP_PASSWORD}]\n";

}  // namespace

TEST_CASE("what the smallest file leaves out") {
  const settings what = load_good(smallest);
  REQUIRE(what.listeners.size() == 1);
  CHECK(what.listeners[0].name == "127.0.0.1:6432");
  CHECK(what.listeners[0].bind == endpoint{.host = "127.0.0.1", .port = 6432});
  CHECK(what.listeners[0].cluster == "main");
  CHECK(what.listeners[0].tls.mode == tls_mode::disable);
  REQUIRE(what.clusters.size() == 1);
  const cluster_settings& main = what.clusters[0];
  CHECK(main.name == "main");
  CHECK(main.engine == "postgres");
  REQUIRE(main.members.size() == 1);
  CHECK(main.members[0] ==
        member_settings{.name = "127.0.0.1", .address = {.host = "127.0.0.1", .port = 5432}});
  CHECK(main.tls.mode == tls_mode::allow);
  CHECK(main.pool.size == 100);
  CHECK(main.pool.wait == 5s);
  CHECK(main.pool.connect_timeout == 5s);
  CHECK(main.health.interval == 200ms);
  CHECK(main.health.timeout == 2s);
  CHECK(main.health.user == "app");
  CHECK(main.health.password.reveal() == "honk");
  CHECK(main.health.database.empty());
  REQUIRE(main.users.size() == 1);
  CHECK(main.users[0].password.reveal() == "honk");
  CHECK(main.users[0].method == login_method::scram);
  CHECK(what.admin == admin_settings{});
  CHECK(what.admin.bind == endpoint{.host = "127.0.0.1", .port = 9187});
  CHECK(what.log.format == log_format::logfmt);
  CHECK(what.log.level == log_level::info);
  CHECK(what.threads.count == 0);
  CHECK(what.limits.clients == 10000);
  CHECK(what.limits.startup_timeout == 15s);
  CHECK(what.limits.drain == 30s);
}

TEST_CASE("settings compare by value") {
  const settings one = load_good(smallest);
  CHECK(one == load_good(smallest));
  CHECK_FALSE(one == load_good(smallest + "limits: {drain: 31s}\n"));
  CHECK_FALSE(one == load_good(smallest + "admin: {token: a}\n"));
  CHECK(load_good(smallest + "admin: {token: a}\n") != load_good(smallest + "admin: {token: b}\n"));
}

TEST_CASE("members are named by their hosts, with ports where they share one") {
  const settings what = load_good(
      "clusters:\n  main:\n    users: [{name: app, method: trust}]\n    members:\n"
      "      - db-a:5432\n      - 127.0.0.1:5432\n      - {address: '127.0.0.1:5433'}\n"
      "      - unix:/run/s\n      - {name: e, address: db-e:1}\n");
  std::string names;
  for (const member_settings& each : what.clusters[0].members) names += each.name + " ";
  CHECK(names == "db-a 127.0.0.1:5432 127.0.0.1:5433 /run/s e ");
}

TEST_CASE("the health user's password is taken from the users only where it is one of them") {
  const std::string head =
      "clusters:\n  main:\n    members: [a:1]\n    users:\n"
      "      - {name: app, password: one}\n"
      "      - {name: other, password: two}\n";
  CHECK(load_good(head + "    health: {user: other}\n").clusters[0].health.password.reveal() ==
        "two");
  CHECK(load_good(head + "    health: {user: stranger}\n").clusters[0].health.password.empty());
  CHECK(load_good(head + "    health: {user: app, password: x}\n")
            .clusters[0]
            .health.password.reveal() == "x");
}

TEST_CASE("secrets come from the text, the environment and files") {
  const std::string head =
      "clusters:\n  main:\n    members: [a:1]\n    users: [{name: app, password: ";
  const std::pair<const char*, const char*> table[] = {{"plain", "plain"},
                                                       {"12345", "12345"},
                                                       {"'env'", "env"},
                                                       {"env:APP_PASSWORD", "honk"},
                                                       {"file:secrets/app", "wild"},
                                                       {"file:secrets/reporting", "geese"}};
  for (const auto& [text, revealed] : table) {
    CAPTURE(text);
    CHECK(load_good(head + text + "}]\n").clusters[0].users[0].password.reveal() == revealed);
  }
}

TEST_CASE("relative paths start at the file's own directory") {
  const scratch here;
  here.write("etc/skein.yaml", smallest +
                                   "listeners:\n  - tls: {mode: allow, certificate: "
                                   "../tls/skein.crt, key: ../tls/skein.key}\n");
  load_options options = here.options();
  options.directory = "/nowhere";
  const load_result result = load_file(here.root() / "etc/skein.yaml", options);
  REQUIRE_MESSAGE(result, outcome(result));
  CHECK(result->settings.listeners[0].tls.certificate == here.root() / "tls/skein.crt");
}

TEST_CASE("a file that is not there, or is no file, or is too large") {
  const scratch here;
  const std::string root = here.root().string();
  CHECK(outcome(load_file(here.root() / "none.yaml", here.options())) ==
        "skein.yaml: cannot read '" + root + "/none.yaml': No such file or directory\n");
  CHECK(outcome(load_file(here.root(), here.options())) ==
        "skein.yaml: cannot read '" + root + "': it is a directory\n");
  CHECK(outcome(load_file("/dev/zero", here.options())) ==
        "skein.yaml: cannot read '/dev/zero': it is no regular file\n");
  const std::string large = smallest + "#" + std::string(file_bytes_max, 'x');
  here.write("large.yaml", large);
  CHECK(outcome(load_file(here.root() / "large.yaml", here.options())) ==
        "skein.yaml: cannot read '" + root + "/large.yaml': it is larger than 1MiB\n");
  CHECK(outcome(load_text(large, here.options())) == "skein.yaml: is larger than 1MiB\n");
}

TEST_CASE("aliases are followed") {
  const settings what = load_good(
      "listeners: [{cluster: a}]\nclusters:\n"
      "  a: {members: [a:1], users: &users [{name: app, password: x}]}\n"
      "  b: {members: [b:1], users: *users}\n");
  CHECK(what.clusters[1].users == what.clusters[0].users);
}
