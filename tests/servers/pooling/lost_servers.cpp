// Server sessions that end under their clients: killed alone or with the whole server, in the
// middle of a result, of a COPY, between Parse and Execute, and at rest. Who was concerned hears it
// with the right SQLSTATE, everybody else notices nothing.
#include <doctest/doctest.h>

#include "tests/servers/neighbour.hpp"
#include "tests/servers/pooling/picture.hpp"
#include "tests/servers/pooling/raw_client.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace said;
using namespace std::chrono_literals;

namespace {

struct scene {
  cluster shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein{shop, {.pool_size = 4, .threads = 1}};
  scene() { shop.leader().query_as(app, "create table t (n int)"); }

  void end_backend(int pid) {
    shop.leader().query("select pg_terminate_backend(" + std::to_string(pid) + ")");
    wait_until(
        [&] {
          return shop.leader().value("select count(*) from pg_stat_activity where pid = " +
                                     std::to_string(pid)) == "0";
        },
        5s, "the backend has ended");
  }
  int its_backend() {
    std::string pid;
    wait_until(
        [&] {
          pid = shop.leader().value(
              "select pid from pg_stat_activity where usename = 'app_md5' and state <> 'idle'");
          return !pid.empty();
        },
        5s, "the client's statement has come");
    return std::stoi(pid);
  }
  // The last error that the client hears before its connection ends, or is ready for the next.
  static std::string last_error(raw_client& client) {
    std::string told = "silence";
    try {
      while (const auto one = client.socket.message()) {
        if (one->type == 'Z' && told != "silence") return told;
        if (one->type != 'E') continue;
        told = one->field('S') + " " + one->field('C');
        client.last_words = one->field('M');
      }
    } catch (const std::runtime_error& trouble) {
      if (std::string_view(trouble.what()).find("inside a message") != std::string_view::npos)
        return "cut";
      return trouble.what();
    }
    return told;
  }
};

const std::string endless =
    "select repeat('x', 1000), pg_sleep(0.001) from generate_series(1, 100000)";
const std::string line = wire('d', "5\n");

struct moment {
  std::string title;
  std::string before;                 // heard to its end
  std::string sends;                  // and the connection ends in the middle of that
  int hears = 0;                      // so many messages have come
  std::string behind;                 // sent when it has ended
  std::string at_terminate, at_kill;  // what the client hears
  bool may_be_cut = false;            // in the middle of a row: then there are no words any more
  bool may_be_sent = false;           // what comes behind, before anybody hears of the end
};

const std::vector<moment> moments = {
    {"in the middle of a result", "", query(endless), 3, "", "FATAL 57P01", "FATAL 08007", true},
    {"in the middle of a result in a block", query("begin"), query(endless), 3, "", "ERROR 40001",
     "ERROR 40001", true},
    {"in the middle of a result by extended query", "", at_once(endless) + sync_up, 3, "",
     "FATAL 57P01", "FATAL 08007", true},
    {"in the middle of COPY out", "", query("copy (" + endless + ") to stdout"), 3, "",
     "FATAL 57P01", "FATAL 08007", true},
    {"in the middle of COPY in", "", query("copy t from stdin"), 1, line, "FATAL 57P01",
     "FATAL 08007"},
    {"in the middle of COPY in, in a block", query("begin"), query("copy t from stdin"), 1, line,
     "FATAL 57P01", "FATAL 40001"},
    {"before the first line of a result", "", query("select pg_sleep(100)"), 0, "", "FATAL 57P01",
     "FATAL 08007"},
    {"between Parse and Execute", "", parse("s", "select 1") + flush, 1,
     bind_to("s") + execute() + sync_up, "ERROR 40001", "ERROR 40001", false, true},
    {"in a block", query("begin"), query("insert into t values (1)"), 2, query("commit"),
     "ERROR 40001", "ERROR 40001"},
};

}  // namespace

TEST_CASE("a server session is ended from outside: its client hears why, others notice nothing") {
  scene at;
  neighbour innocent(at.skein.words(app));
  for (const auto& one : moments) {
    CAPTURE(one.title);
    raw_client client(at.skein.words(app_md5));
    if (!one.before.empty()) client.ask(one.before);
    client.socket.send(one.sends);
    if (one.hears > 0) client.hear_messages(one.hears);
    at.end_backend(at.its_backend());
    client.socket.send(one.behind);
    const auto heard = scene::last_error(client);
    CHECK((heard == one.at_terminate || (one.may_be_sent && heard == "FATAL 08007")));
    MESSAGE(one.title, ": ", client.last_words);
  }
  innocent.check_unharmed();
  raw_client next(at.skein.words(app));
  CHECK(next.ask(query("select count(*) from t")) == "TD(0)CZI");
}

TEST_CASE(
    "the whole server is killed: every client hears it, and comes back when the server does") {
  scene at;
  for (const auto& one : moments) {
    CAPTURE(one.title);
    raw_client client(at.skein.words(app_md5));
    raw_client idle(at.skein.words(app));
    if (!one.before.empty()) client.ask(one.before);
    client.socket.send(one.sends);
    if (one.hears > 0) client.hear_messages(one.hears);
    at.its_backend();
    at.shop.leader().freeze();  // so that none of its processes has a last word
    at.shop.leader().kill();
    client.socket.send(one.behind);
    const auto heard = scene::last_error(client);
    CHECK((heard == one.at_kill || (one.may_be_cut && heard == "cut")));
    MESSAGE(one.title, ": ", client.last_words);
    at.shop.leader().start();
    wait_until([&] { return at.skein.get("/ready").status == 200; }, 10s, "Skein sees the server");
    // Who had no server connection has lost none.
    wait_until([&] { return idle.ask(query("select 1")) == "TD(1)CZI"; }, 10s,
               "an idle session goes on");
  }
}

TEST_CASE("between two transactions a session outlives its server connection") {
  scene at;
  raw_client client(at.skein.words(app));
  CHECK(client.ask(query("set work_mem to '2MB'")) == "CZI");
  CHECK(client.ask(parse("s", "select 5") + sync_up) == "1ZI");
  for (int round = 0; round < 3; ++round) {
    const auto told = client.ask(query("select pg_backend_pid()"));
    // Until the definitions are read, what a statement left on its server is looked at behind it.
    wait_until([&] { return at.skein.metric("skein_server_connections_idle") == 1.0; }, 3s,
               "the server is given back");
    at.end_backend(std::stoi(told.substr(told.find('(') + 1)));
    wait_until([&] { return at.skein.metric("skein_server_connections_idle") == 0.0; }, 3s,
               "its end is noticed");
    CHECK(client.ask(bind_to("s") + execute() + sync_up) == "2D(5)CZI");
    CHECK(client.ask(query("show work_mem")) == "TD(2MB)CZI");
  }
}

TEST_CASE("a client that vanishes in a transaction leaves a server connection that is of use") {
  scene at;
  skein_process skein(at.shop, one_server());
  raw_client other(skein.words(app));
  const auto pid = other.ask(query("select pg_backend_pid()"));
  const std::vector<std::pair<std::string, int>> deeds = {
      {query("begin") + query("insert into t values (1)"), 4},
      {query("begin") + query("select 1/0"), 4},
      {query("begin") + at_once("insert into t values (1)") + sync_up, 6},
      {query("begin") + parse("n", "select generate_series(1, 5)") + bind_to("n", "p") +
           execute("p", 1) + sync_up,
       7},
      {query("begin") + query("declare c cursor for select 1"), 4},
  };
  for (const auto& [bytes, replies] : deeds) {
    {
      raw_client client(skein.words(app));
      client.socket.send(bytes);
      client.hear_messages(replies);
      client.socket.reset();
    }
    CHECK(other.ask(query("select count(*) from t")) == "TD(0)CZI");
    CHECK(other.ask(query("select pg_backend_pid()")) == pid);
  }
}
