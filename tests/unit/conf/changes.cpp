// What a newer file changes, said in words, and which of it only a restart takes over.
#include "conf/changes.hpp"

#include <doctest/doctest.h>

#include "conf/kinds.hpp"
#include "tests/unit/conf/scratch.hpp"

using namespace skein::conf;
using namespace skein::conf::testing;

namespace {

struct edit {
  std::string was;   // of the file
  std::string is;    // what stands in its place afterwards
  std::string told;  // a line a change; "!" begins one that wants a restart
};

constexpr std::string_view file = R"(listeners:
  - {name: door, bind: 127.0.0.1:6432, rules: [{method: scram}, {method: reject}]}
  - {bind: 127.0.0.1:6433, tls: {mode: allow, certificate: tls/skein.crt, key: tls/skein.key}}
clusters:
  app:
    members: [db-a:5432, db-b:5432]
    pool: {size: 20, mode: transaction}
    health: {user: app, password: watch}
    users: [{name: app, password: honk}, {name: eve, password: wild}]
admin: {bind: 127.0.0.1:9187, token: formation}
threads: 2
limits: {clients: 100}
console: {users: [app]}
)";

std::string told(const std::vector<change>& all) {
  std::string text;
  for (const change& each : all) text += (each.wants_restart ? "! " : "") + to_string(each) + "\n";
  return text;
}

loaded load(const scratch& here, const std::string& text) {
  auto read = load_text(text, here.options());
  REQUIRE_MESSAGE(read, outcome(read));
  return std::move(*read);
}

std::string edited(const edit& how) {
  std::string text(file);
  const auto at = text.find(how.was);
  REQUIRE_MESSAGE(at != text.npos, how.was);
  return text.replace(at, how.was.size(), how.is);
}

}  // namespace

TEST_CASE("each change is told in words, and whether a running Skein takes it over") {
  const scratch here;
  const std::vector<edit> edits = {
      {"size: 20", "size: 40", "clusters.app.pool.size: 20 -> 40\n"},
      {"size: 20", "size: 20, wait: 90s", "clusters.app.pool.wait: 5s -> 90s\n"},
      {"mode: transaction", "mode: session", "clusters.app.pool.mode: transaction -> session\n"},
      {"{name: app, password: honk}", "{name: app, password: goose}",
       "clusters.app.users['app'].password: changed\n"},
      {", {name: eve, password: wild}", "", "clusters.app.users: 'eve' removed\n"},
      {"{name: eve, password: wild}", "{name: bob, password: wild, clients: 3}",
       "clusters.app.users: 'eve' removed\nclusters.app.users: 'bob' added\n"},
      {"{name: eve, password: wild}", "{name: eve, method: trust}",
       "clusters.app.users['eve'].password: removed\n"
       "clusters.app.users['eve'].method: scram -> trust\n"},
      {"[{name: app, password: honk}, {name: eve, password: wild}]",
       "[{name: eve, password: wild}, {name: app, password: honk}]", ""},
      {"[db-a:5432, db-b:5432]", "[db-a:5432, db-b:5433, db-c:5432]",
       "clusters.app.members['db-b'].address: db-b:5432 -> db-b:5433\n"
       "clusters.app.members: 'db-c' added\n"},
      {"    users:", "    timeouts: {idle: 5m}\n    users:",
       "clusters.app.timeouts.idle: 0ms -> 5m\n"},
      {"    users:", "    tls: {mode: verify_ca, ca: tls/authority.crt}\n    users:",
       "clusters.app.tls.mode: allow -> verify_ca\nclusters.app.tls.ca: none -> " +
           (here.root() / "tls/authority.crt").string() + "\n"},
      {"    users:", "    compression: zstd\n    users:",
       "clusters.app.compression: none -> zstd\n"},
      {"    users:", "    auth_query: {user: app, keep: 2s}\n    users:",
       "clusters.app.auth_query.user: none -> app\nclusters.app.auth_query.password: set\n"
       "clusters.app.auth_query.keep: 1m -> 2s\n"},
      {"    users:",
       "    routing: {reads: any, zone: eu-1, rules: [{match: {user: app}}]}\n    users:",
       "clusters.app.routing.reads: followers -> any\nclusters.app.routing.zone: none -> eu-1\n"
       "clusters.app.routing.rules: 0 entries -> 1 entry\n"},
      {"db-a:5432,", "{address: db-a:5432, zone: eu-1, weight: 2.5},",
       "clusters.app.members['db-a'].zone: none -> eu-1\n"
       "clusters.app.members['db-a'].weight: 1 -> 2.5\n"},
      {"{method: reject}", "{method: md5, address: 10.0.0.0/8}",
       "listeners['door'].rules[1].address: anywhere -> 10.0.0.0/8\n"
       "listeners['door'].rules[1].method: reject -> md5\n"},
      {", {method: reject}", "", "listeners['door'].rules: 2 entries -> 1 entry\n"},
      {"mode: allow", "mode: require", "listeners['127.0.0.1:6433'].tls.mode: allow -> require\n"},
      {"clients: 100", "clients: 100, per_user: 7", "limits.per_user: 0 -> 7\n"},
      {"threads: 2", "threads: 2\nlog: {level: debug}", "log.level: info -> debug\n"},
      {"console: {users: [app]}", "console: {users: [eve]}",
       "console.users: 'app' removed\nconsole.users: 'eve' added\n"},
      {"token: formation", "token: other", "admin.token: changed\n"},
      // What only a restart takes over.
      {"{name: door, bind: 127.0.0.1:6432", "{name: door, bind: 127.0.0.1:6434",
       "! listeners['door'].bind: 127.0.0.1:6432 -> 127.0.0.1:6434\n"},
      {"bind: 127.0.0.1:6433", "bind: unix:/tmp/geese",
       "listeners['127.0.0.1:6433'].name: 127.0.0.1:6433 -> unix:/tmp/geese\n"
       "! listeners['127.0.0.1:6433'].bind: 127.0.0.1:6433 -> unix:/tmp/geese\n"},
      {"clusters:\n", "  - {name: gate, bind: 127.0.0.1:6435}\nclusters:\n",
       "! listeners: 'gate' added\n"},
      {"  app:\n", "  shop:\n",
       "listeners['door'].cluster: app -> shop\n"
       "listeners['127.0.0.1:6433'].cluster: app -> shop\n"
       "! clusters: 'app' removed\n! clusters: 'shop' added\n"
       "console.users['app'].cluster: app -> shop\n"},
      {"    members:", "    engine: mysql\n    members:",
       "! clusters.app.engine: postgres -> mysql\n"},
      {"127.0.0.1:9187", "127.0.0.1:9188", "! admin.bind: 127.0.0.1:9187 -> 127.0.0.1:9188\n"},
      {"threads: 2", "threads: auto", "! threads: 2 -> auto\n"},
  };
  const loaded running = load(here, std::string(file));
  for (const edit& each : edits) {
    CAPTURE(each.is);
    CHECK(told(compare(running, load(here, edited(each)))) == each.told);
  }
}

TEST_CASE("rules of routing change by their place: the first that fits counts") {
  const scratch here;
  const auto with = [&](const std::string& rules) {
    return load(here,
                edited({"    users:", "    routing: {rules: [" + rules + "]}\n    users:", ""}));
  };
  const loaded running = with(R"({name: a, match: {user: x}}, {match: {network: 10.0.0.0/8}})");
  CHECK(
      told(compare(running, with(R"({name: a, match: {user: [x, y], query: "from t"}, timeout: 5s},
      {match: {network: [10.0.0.0/8, unix]}, send: {to: leader}, limit: {rate: 7}})"))) ==
      "clusters.app.routing.rules[0].match.user: x -> x, y\n"
      "clusters.app.routing.rules[0].match.query: none -> from t\n"
      "clusters.app.routing.rules[0].timeout: none -> 5s\n"
      "clusters.app.routing.rules[1].match.network: 10.0.0.0/8 -> 10.0.0.0/8, unix\n"
      "clusters.app.routing.rules[1].send.to: none -> leader\n"
      "clusters.app.routing.rules[1].limit.rate: none -> 7\n"
      "clusters.app.routing.rules[1].limit.burst: none -> 7\n");
  const std::string turned = told(
      compare(running, with(R"({match: {network: 10.0.0.0/8}}, {name: a, match: {user: x}})")));
  CHECK(turned.contains("rules[0].name: a -> rule 1\n"));
  CHECK(turned.contains("rules[1].match.user: none -> x\n"));
}

TEST_CASE("every key that differs is told, and no secret is") {
  const scratch here;
  const loaded running = load(here, std::string(file));
  CHECK(compare(running, running).empty());
  loaded next = running;
  next.settings.clusters[0].users[0].password = secret("gander");
  next.settings.clusters[0].health.password = secret("gander");
  next.settings.admin.token = secret("gander");
  const std::string all = told(compare(running, next));
  CHECK(all ==
        "clusters.app.health.password: changed\n"
        "clusters.app.users['app'].password: changed\nadmin.token: changed\n");
  for (const char* hidden : {"honk", "watch", "formation", "gander"})
    CHECK_FALSE(all.contains(hidden));
}

TEST_CASE("a file that keeps its name and holds something else is a change") {
  const scratch here;
  const loaded running = load(here, std::string(file));
  here.write("tls/skein.crt", "another PEM file\n");
  const loaded next = load(here, std::string(file));
  CHECK(running.settings == next.settings);
  CHECK(told(compare(running, next)) ==
        "listeners['127.0.0.1:6433'].tls.certificate: its file has changed\n");
}

TEST_CASE("listeners and clusters of a newer file take the places of those that run") {
  settings running;
  settings next;
  for (const char* name : {"a", "b"}) running.clusters.push_back({.name = name});
  for (const char* name : {"b", "a"}) next.clusters.push_back({.name = name});
  running.listeners = {{.name = "first"}, {.name = "127.0.0.1:1"}};
  next.listeners = {{.name = "renamed"}, {.name = "first", .cluster = "b"}};
  put_in_order(running, next);
  CHECK(next.clusters[0].name == "a");
  CHECK(next.clusters[1].name == "b");
  CHECK(next.listeners[0].cluster == "b");
  CHECK(next.listeners[1].name == "renamed");
}
