// Clients that log in properly and then break the protocol, stall, vanish or read slowly. The
// driver logs in; the test then speaks on the driver's socket.
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <thread>

#include "tests/servers/neighbour.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"
#include "tests/servers/wire_socket.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

struct scene {
  cluster shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein{shop, {.pool_size = 20}};
  neighbour innocent{skein.words(app)};
  std::size_t rss_before = skein.rss_bytes();
  std::size_t growth_max = 16U << 20;

  ~scene() noexcept(false) {
    if (std::uncaught_exceptions() > 0) return;
    innocent.check_unharmed();
    wait_until([&] { return skein.metric("skein_sessions_active") == 0.0; }, 10s,
               "Skein has let go of every session");
    if (!is_sanitized) CHECK(skein.rss_peak_bytes() <= rss_before + growth_max);
    pg_session afterwards(skein.words(app));
    CHECK(afterwards.value("select 7") == "7");
  }

  bool is_alive(int server_pid) {
    return shop.leader().value("select count(*) from pg_stat_activity where pid = " +
                               std::to_string(server_pid)) == "1";
  }
};

// A session whose socket is ours.
struct hijacked {
  explicit hijacked(const skein_process& skein, const std::string& more = "sslmode=disable")
      : session(skein.words(app, more)), socket(PQsocket(session.raw())) {}
  pg_session session;
  wire_socket socket;
};

std::string query(std::string_view sql) {
  return wire('Q', std::string(sql).append(1, '\0'));
}

}  // namespace

TEST_CASE("messages with an impossible type or length end the session with 08P01") {
  scene at;
  const auto sqlstate_of = [&](std::string_view bytes) {
    hijacked client(at.skein);
    client.socket.send(bytes);
    const auto said = client.socket.messages(5s);
    REQUIRE(!said.empty());
    CHECK(said.back().type == 'E');
    CHECK(said.back().field('S') == "FATAL");
    return said.back().field('C');
  };
  CHECK(sqlstate_of("~" + u32(4)) == "08P01");
  CHECK(sqlstate_of(std::string(64, '\0')) == "08P01");
  CHECK(sqlstate_of(std::string(4096, '\xff')) == "08P01");
  for (const std::uint32_t length : {0U, 3U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    CAPTURE(length);
    CHECK(sqlstate_of("Q" + u32(length) + "select 1") == "08P01");
    CHECK(sqlstate_of("d" + u32(length) + "data") == "08P01");
  }
  CHECK(sqlstate_of("S" + u32(0x3fffffff)) == "08P01");  // a Sync has no body
  // What went before is answered first.
  hijacked client(at.skein);
  client.socket.send(query("select 42"));
  CHECK(client.socket.message().value().type == 'T');
  CHECK(client.socket.message().value().body.ends_with("42"));
}

TEST_CASE("a malformed body is the server's to refuse, and the session goes on") {
  scene at;
  hijacked client(at.skein);
  client.socket.send(wire('Q', "select 1 without a terminator"));
  wire_message said = client.socket.message().value();
  CHECK(said.type == 'E');
  CHECK(said.field('C') == "08P01");
  while (said.type != 'Z') said = client.socket.message().value();
  client.socket.send(wire('B', "x") + wire('S', ""));
  said = client.socket.message().value();
  CHECK(said.type == 'E');
  CHECK(said.field('C') == "08P01");
  while (said.type != 'Z') said = client.socket.message().value();
  client.socket.send(query("select 1"));
  CHECK(client.socket.message().value().type == 'T');
}

TEST_CASE("a client that stops in the middle of a message, then leaves, leaves no trace") {
  scene at;
  for (const bool rude : {false, true}) {
    CAPTURE(rude);
    hijacked client(at.skein);
    REQUIRE(client.session.ask("begin").ok());  // so that nobody else gets its server
    const int pid = client.session.server_pid();
    // 1 GB, announced, and more of it than is read before the server has it.
    client.socket.send("Q" + u32(0x3ffffff0) + "insert into nowhere" + std::string(300'000, ' '));
    std::this_thread::sleep_for(100ms);
    CHECK(at.is_alive(pid));
    if (rude) {
      client.socket.reset();
    } else {
      client.socket.finish();
    }
    wait_until([&] { return !at.is_alive(pid); }, 5s,
               "the server session that holds half a message is closed, not reused");
  }
}

TEST_CASE("a client that leaves in the middle of a transaction: it is rolled back") {
  scene at;
  at.shop.leader().query_as(app, "create table kept (n int)");
  hijacked client(at.skein);
  client.session.value("begin; insert into kept values (1); select 1");
  client.socket.reset();
  wait_until(
      [&] {
        return at.shop.leader().value(
                   "select count(*) from pg_stat_activity where xact_start < "
                   "query_start and usename = 'app'") == "0";
      },
      5s, "the transaction of the client that vanished has ended");
  pg_session next(at.skein.words(app));
  CHECK(next.value("select count(*) from kept") == "0");
}

TEST_CASE("a client that writes a byte at a time is served") {
  scene at;
  hijacked client(at.skein);
  const auto bytes = query("select 'slow'") + wire('P', std::string("\0select 1\0\0\0", 12)) +
                     wire('B', std::string("\0\0\0\0\0\0\0\0", 8)) +
                     wire('E', std::string("\0\0\0\0\0", 5)) + wire('S', "");
  for (const char byte : bytes) {
    client.socket.send(std::string_view(&byte, 1));
    std::this_thread::sleep_for(2ms);
  }
  std::string types;
  while (std::ranges::count(types, 'Z') < 2) types += client.socket.message().value().type;
  CHECK(types == "TDCZ12DCZ");
}

TEST_CASE("a client that reads slowly, or never, holds back the server and not Skein's memory") {
  scene at;
  constexpr auto much = "select repeat('x', 1000000) from generate_series(1, 300)";
  SUBCASE("slowly") {
    hijacked client(at.skein);
    client.socket.send(query(much));
    std::size_t received = 0;
    for (int i = 0; i < 40; ++i) {
      received += client.socket.receive(256U << 10).size();
      std::this_thread::sleep_for(25ms);
    }
    CHECK(received == 40U * (256U << 10));
    while (received < 300'000'000) {
      const auto piece =
          client.socket.receive(std::min(1U << 20, 300'000'000U - unsigned(received)));
      REQUIRE(!piece.empty());
      received += piece.size();
    }
  }
  SUBCASE("never") {
    std::deque<hijacked> clients;
    for (int i = 0; i < 8; ++i) {
      clients.emplace_back(at.skein).socket.send(query(much));
    }
    std::this_thread::sleep_for(1s);
  }
  SUBCASE("never, and over TLS") {
    std::deque<hijacked> clients;
    for (int i = 0; i < 4; ++i)
      clients.emplace_back(at.skein, "sslmode=require").session.send(much);
    std::this_thread::sleep_for(1s);
  }
}

TEST_CASE("a client that sends without end and never reads is held back") {
  scene at;
  hijacked client(at.skein);
  const auto asks = query("select repeat('x', 100000)");
  std::string many;
  for (int i = 0; i < 1000; ++i) many += asks;
  bool held = false;
  for (int i = 0; i < 2000 && !held; ++i) {
    try {
      client.socket.send(many, 1s);
    } catch (const std::exception&) {
      held = true;
    }
  }
  CHECK(held);
}
