// COPY, function calls and replication over a server connection that clients share.
#include <doctest/doctest.h>

#include "tests/servers/pooling/picture.hpp"
#include "tests/servers/pooling/raw_client.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace said;
using namespace std::chrono_literals;

namespace {

struct scene {
  cluster shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein{shop, one_server()};
  raw_client one{skein.words(app)};
  raw_client other{skein.words(app)};
  scene() { shop.leader().query_as(app, "create table t (n int)"); }
  std::string count() { return shop.leader().value("select count(*) from t"); }
};

const std::string line = wire('d', "5\n");
const std::string done = wire('c', "");

}  // namespace

TEST_CASE("COPY in, by simple and extended query, and the server goes back") {
  scene at;
  CHECK(at.one.ask(query("copy t from stdin") + line + line + done) == "GCZI");
  CHECK(at.other.ask(query("select count(*) from t")) == "TD(2)CZI");
  // As libpq does: a Sync with the statement, and another behind the data.
  at.one.socket.send(at_once("copy t from stdin") + sync_up);
  CHECK(at.one.hear_messages(3) == "12G");
  CHECK(at.one.ask(line + done + sync_up) == "CZI");
  CHECK(at.other.ask(query("select count(*) from t")) == "TD(3)CZI");
  // As others do: no Sync before the end.
  at.one.socket.send(at_once("copy t from stdin") + flush);
  CHECK(at.one.hear_messages(3) == "12G");
  CHECK(at.one.ask(line + done + sync_up) == "CZI");
  // All in one flight.
  CHECK(at.one.ask(at_once("copy t from stdin") + line + done + sync_up) == "12GCZI");
  CHECK(at.other.ask(query("select count(*) from t")) == "TD(5)CZI");
  // By a named statement, twice.
  CHECK(at.one.ask(parse("c", "copy t from stdin") + sync_up) == "1ZI");
  for (int i = 0; i < 2; ++i) {
    CHECK(at.one.ask(bind_to("c") + execute() + line + done + sync_up) == "2GCZI");
    CHECK(at.other.ask(at_once("select 1") + sync_up) == "12D(1)CZI");
  }
  CHECK(at.count() == "7");
}

TEST_CASE("COPY in that fails, by the client and by the server") {
  scene at;
  const std::string fail = wire('f', zero("no more"));
  CHECK(at.one.ask(query("copy t from stdin") + line + fail) == "GE(57014)ZI");
  CHECK(at.other.ask(query("select 1")) == "TD(1)CZI");
  CHECK(at.one.ask(query("copy t from stdin") + wire('d', "no number\n") + line + done) ==
        "GE(22P02)ZI");
  CHECK(at.other.ask(query("select 1")) == "TD(1)CZI");
  CHECK(at.one.ask(query("copy nowhere from stdin") + line + done) == "E(42P01)ZI");
  CHECK(at.other.ask(query("select 1")) == "TD(1)CZI");
  at.one.socket.send(at_once("copy t from stdin") + sync_up);
  CHECK(at.one.hear_messages(3) == "12G");
  CHECK(at.one.ask(wire('d', "no number\n") + line + done + sync_up) == "E(22P02)ZI");
  CHECK(at.other.ask(query("select 1")) == "TD(1)CZI");
  CHECK(at.one.ask(query("begin") + query("copy t from stdin") + fail + query("rollback")) ==
        "CZTGE(57014)ZECZI");
  CHECK(at.other.ask(query("select 1")) == "TD(1)CZI");
  CHECK(at.count() == "0");
}

TEST_CASE("COPY out, by simple and extended query, several in one message") {
  scene at;
  const std::string out = "copy (select generate_series(1, 2)) to stdout";
  CHECK(at.one.ask(query(out)) == "HddcCZI");
  CHECK(at.other.ask(at_once(out) + sync_up) == "12HddcCZI");
  CHECK(at.one.ask(query(out + "; select 1; " + out)) == "HddcCTD(1)CHddcCZI");
  CHECK(at.other.ask(query("copy (select 1/(3-n) from generate_series(1, 5) n) to stdout")) ==
        "HddE(22012)ZI");
  CHECK(at.one.ask(query("select 1")) == "TD(1)CZI");
}

TEST_CASE("function calls") {
  scene at;
  const auto call = [](std::uint32_t function, const std::string& arguments) {
    return wire('F', u32(function) + u16(0) + arguments + u16(0));
  };
  // now(), int4abs(int4)
  CHECK(at.one.ask(call(1299, u16(0))) == "VZI");
  CHECK(at.one.ask(call(1397, u16(1) + u32(2) + "-5")) == "VZI");
  CHECK(at.one.ask(call(1, u16(0))).ends_with("ZI"));
  CHECK(at.other.ask(query("select 1")) == "TD(1)CZI");
  CHECK(at.one.ask(query("begin") + call(1299, u16(0)) + query("commit")) == "CZTVZTCZI");
  CHECK(at.other.ask(query("select 1")) == "TD(1)CZI");
}

TEST_CASE("replication is refused by name") {
  scene at;
  for (const auto* how : {"database", "true"}) {
    const auto failure =
        login_failure(at.skein.words(app, "sslmode=disable replication=" + std::string(how)));
    CHECK_MESSAGE(failure.find("replication") != std::string::npos, failure);
    CHECK_MESSAGE(failure.starts_with("0A000"), failure);
  }
}

TEST_CASE("notices and notifications reach who has the server, and nobody else") {
  scene at;
  CHECK(at.one.ask(query("listen news")) == "CZI");
  at.shop.leader().query("notify news, 'fresh'");
  CHECK(at.one.session.notifications(3s) == std::vector<std::string>{"news"});
  CHECK(at.one.ask(query("unlisten news")) == "CZI");
  CHECK(at.other.ask(query("select 1")) == "TD(1)CZI");
  at.shop.leader().query("notify news, 'stale'");
  CHECK(at.other.ask(query("select 1")) == "TD(1)CZI");
  CHECK(at.other.session.notifications(100ms).empty());
}
