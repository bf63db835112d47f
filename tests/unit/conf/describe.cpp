#include "conf/describe.hpp"

#include <doctest/doctest.h>

#include "tests/unit/conf/scratch.hpp"

using namespace skein::conf;
using namespace skein::conf::testing;

TEST_CASE("the smallest sample in plain words") {
  CHECK(describe(load_good(slurp(samples / "smallest.yaml"))) ==
        R"(Applications connect to 127.0.0.1:6432, without TLS, and reach cluster 'main'.

Cluster 'main' (postgres) has 1 member:
  - 127.0.0.1 at 127.0.0.1:5432
  Skein speaks TLS to those that offer it, without looking at their certificates.
  At most 100 server connections, each made within 5s; a client waits up to 5s for one.
  A client has one for the time of each transaction.
  One that is unused for 5m, or older than 1h, is closed; at most 16 are opened at one time.
  Each member is asked for its role and position every 200ms and counts as down after 2s of silence.
  'app' (the first of the users) asks, in the engine's own database.
  1 user may log in: app.

Metrics and health are served at http://127.0.0.1:9187/ to whoever can reach it.
Skein runs one thread a core and takes 10000 clients at most; each must log in within 15s.
A shutdown waits up to 30s for sessions to end.
Log lines of level 'info' and above go to standard error as logfmt.
)");
}

TEST_CASE("TLS on both sides in plain words") {
  const scratch here;
  const auto result = load_text(slurp(samples / "tls.yaml"), here.options());
  REQUIRE(result);
  const std::string text = describe(result->settings);
  for (const std::string& part : {
           std::string("Applications connect to 0.0.0.0:6432, with TLS only, and reach cluster "
                       "'main'.\n"),
           "  Skein speaks only TLS to them and wants a certificate that " +
               (here.root() / "tls/authority.crt").string() +
               " signed and that names their host.\n",
           std::string("Metrics and health are served at https://0.0.0.0:9187/ to callers that "
                       "send the token.\n"),
       }) {
    CHECK_MESSAGE(text.contains(part), text);
  }
}

TEST_CASE("compression in plain words") {
  const auto told = [](const std::string& by) {
    return describe(load_good("clusters:\n  main:\n    members: [db:5432]\n    compression: " + by +
                              "\n    users: [{name: app, password: wild}]\n"));
  };
  CHECK(told("zlib").contains("  Connections to those that offer it are compressed by zlib.\n"));
  CHECK(told("zstd").contains("  Connections to those that offer it are compressed by zstd.\n"));
  CHECK_FALSE(told("none").contains("compressed"));
}

TEST_CASE("limits of clients in plain words") {
  const std::string text = describe(load_good(R"(clusters:
  main:
    members: [db:5432]
    users: [{name: app, password: wild, clients: 3}]
limits: {clients: 50, per_user: 5, per_address: 7})"));
  for (const char* part : {
           "1 user may log in: app (3 clients at most).\n",
           "takes 50 clients at most, 5 of one user, 7 from one address; each must",
       }) {
    CHECK_MESSAGE(text.contains(part), text);
  }
}

TEST_CASE("who may talk to the console, Skein's own user among them") {
  const std::string clusters =
      "clusters: {main: {members: [db:5432], users: [{name: app, password: wild}]}}\n";
  const std::string unix_door = "listeners: [{bind: unix:/run/skein/door}]\n";
  CHECK_FALSE(describe(load_good(clusters)).contains("console"));
  CHECK(describe(load_good(clusters + unix_door))
            .contains("'skein', is open to Skein's own user by unix socket.\n"));
  CHECK(describe(load_good(clusters + unix_door + "console: {users: [app]}"))
            .contains("open to 'app' of 'main', Skein's own user by unix socket.\n"));
  CHECK_FALSE(
      describe(load_good(clusters + "listeners: [{bind: unix:/run/d, proxy_protocol: true}]\n"))
          .contains("console"));
}

TEST_CASE("a takeover in plain words, and only by a unix socket") {
  const std::string usual = R"(clusters:
  main:
    members: [db:5432]
    users: [{name: app, password: wild}]
)";
  const std::string text =
      describe(load_good(usual + "takeover: {socket: unix:/run/skein/takeover, linger: 1m}"));
  CHECK_MESSAGE(
      text.contains("Another Skein may take over by unix:/run/skein/takeover; clients then "
                    "stay here for up to 1m.\n"),
      text);
  CHECK_FALSE(describe(load_good(usual)).contains("take over"));
  const scratch here;
  const auto by_port = load_text(usual + "takeover: {socket: 127.0.0.1:1}", here.options());
  REQUIRE_FALSE(by_port);
  CHECK(by_port.error().front().text.contains("is a unix socket; write it as unix:/path"));
}

TEST_CASE("timeouts and what is kept warm in plain words") {
  const std::string text = describe(load_good(R"(clusters:
  main:
    members: [db:5432]
    users: [{name: app, password: wild}]
    pool: {lifetime: 0s, min_idle: 3}
    timeouts: {statement: 30s, idle: 1h, idle_in_transaction: 5m})"));
  for (const char* part : {
           "  One that is unused for 5m is closed; at most 16 are opened at one time.\n"
           "  Each thread keeps 3 warm for each user and database that it has served within the "
           "last hour.\n",
           "  A statement that runs for 30s is cancelled.\n"
           "  A session that is idle for 1h is ended.\n"
           "  A transaction that is idle for 5m is rolled back and its session ended.\n",
       }) {
    CHECK_MESSAGE(text.contains(part), text);
  }
}

TEST_CASE("who serves reads, and the rules, in plain words") {
  const auto described = [](const std::string& routing) {
    return describe(load_good(R"(clusters:
  main:
    members: [{address: a:1, zone: eu-1, weight: 0.5}, b:1]
    users: [{name: app, password: wild}]
    routing: )" + routing));
  };
  struct routing_case {
    std::string routing;
    std::string told;
  };
  const std::vector<routing_case> cases = {
      {"{reads: followers, slow_start: 1s}",
       "  - a at a:1, zone 'eu-1', weight 0.5\n  - b at b:1\n"
       "  Skein speaks TLS to those that offer it, without looking at their certificates.\n"
       "  Reads go to the followers, to the least busy, and are shown at least what its session "
       "has written and seen;\n  one waits up to 20ms for that, and then goes to the leader. A "
       "follower more than 5s behind serves none.\n"},
      {"{reads: nearest, zone: eu-1, balance: random, freshness_key: user}",
       "the members in zone 'eu-1', by lot, and are shown at least what its session, or another "
       "of its user, has"},
      {"{reads: any, balance: fastest, freshness: bounded, freshness_bound: 3s}",
       "all members, to the fastest, and are shown at least what the leader had 3s ago;"},
      {"{reads: followers, freshness: any, balance: round_robin}",
       "in turn, and are shown whatever they have;"},
      {"{reads: any, sticky: zone}",
       "behind serves none.\n  A session's reads stay in the zone that served its first one.\n"},
      {"{reads: leader}", "  The leader serves reads, too.\n"},
      {"{freshness: leader}", "  The leader serves reads, too.\n"},
      {"{reads: any, log_sample: 1000}",
       "  Of 1000 routed statements one is logged, without its literals.\n"},
      {R"({rules: [
          {match: {user: [x, y], network: 10.0.0.0/8}, send: {zone: eu-1, freshness: any}},
          {name: slow, match: {query: audit}, timeout: 0s, limit: {rate: 5}},
          {match: {fingerprint: 9ae16a3b2f90404f}, refuse: no more},
          {match: {table: t}}]})",
       R"(  The first of these that fits a statement counts:
  - rule 1 (user 'x' or 'y', network '10.0.0.0/8'): to zone 'eu-1', freshness any
  - slow (query 'audit'): for as long as it takes, at most 5 a second (5 at one time)
  - rule 3 (fingerprint '9ae16a3b2f90404f'): refused: 'no more'
  - rule 4 (table 't'): as all others
)"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.routing);
    const std::string text = described(each.routing);
    CHECK_MESSAGE(text.contains(each.told), text);
  }
}

TEST_CASE("no description repeats a secret") {
  const scratch here;
  for (const auto& file : std::filesystem::directory_iterator(samples)) {
    const auto result = load_text(slurp(file.path()), here.options());
    REQUIRE(result);
    const std::string text = describe(result->settings);
    for (const char* hidden : {"wild", "geese", "formation", "honk"}) {
      CHECK_FALSE(text.contains(hidden));
    }
  }
}

TEST_CASE("who looks users up, and who then watches the members") {
  const std::string text = describe(load_good(slurp(samples / "auth_query.yaml")));
  CHECK_MESSAGE(text.contains("  'watcher' asks, in the engine's own database.\n"
                              "  Users are looked up on the leader by 'watcher' in database "
                              "'app'; an answer is used for 1m.\n"),
                text);
}

TEST_CASE("who is let in, rule by rule") {
  const std::string text = describe(load_good(slurp(samples / "rules.yaml")));
  CHECK_MESSAGE(
      text.contains(R"(  The first of these that fits decides how a client proves who it is:
  - by unix socket, any user, database 'app': trust
  - from 10.1.0.0/16, with TLS, user 'reporting': scram
  - from 10.1.0.0/16, with TLS, user 'build': cert
  - from 192.0.2.7/32, any user: reject
  - from anywhere, with TLS, any user: scram
  - all others are sent away
)"),
      text);
}

TEST_CASE("who moves the lead in plain words") {
  const auto told = [](const std::string& automatic) {
    return describe(
        load_good("clusters:\n  main:\n    members: [a:1, {address: b:1, priority: 0}]\n"
                  "    failover: {automatic: " +
                  automatic + "}\n    users: [{name: app, password: wild}]\n"));
  };
  CHECK_FALSE(told("false").contains("promote"));
  CHECK(told("yes").contains("or has been silent for 3s, Skein promotes the follower\n"));
  CHECK(told("true").contains("as 'app': no other Skein may do so here.\n"));
  CHECK(told("external").contains("Another than Skein decides who leads; Skein follows.\n"));
  CHECK(told("yes").contains("  - b at b:1, never to lead\n"));
}

TEST_CASE("how several Skeins agree in plain words") {
  const std::string text = describe(
      load_good("clusters:\n  main:\n    members: [a:1, b:1]\n    failover: {automatic: yes}\n"
                "    users: [{name: app, password: wild}]\n"
                "coordination: {etcd: [http://e-1:2379, http://e-2:2379], lease: 4s}\n"));
  CHECK_MESSAGE(
      text.contains("Several Skeins agree who of them decides, below /skein/ in etcd: "
                    "http://e-1:2379, http://e-2:2379.\nOne that cannot reach it takes no writes "
                    "after 4s.\n"),
      text);
  CHECK(text.contains("as 'app', if it is the one of all Skeins that decides.\n"));
}
