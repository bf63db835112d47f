// Clients that misbehave before they are logged in: each gets an error with its SQLSTATE, or a
// closed connection, within a deadline; Skein's memory and the session beside them do not notice.
#include <doctest/doctest.h>

#include <thread>

#include <random>

#include "tests/servers/neighbour.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"
#include "tests/servers/wire_socket.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t rss_growth_max = 16U << 20;

struct scene {
  cluster shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein{shop, {.startup_timeout = 1s}};
  neighbour innocent{skein.words(app)};
  std::size_t rss_before = skein.rss_bytes();

  ~scene() noexcept(false) {
    if (std::uncaught_exceptions() > 0) return;
    innocent.check_unharmed();
    wait_until([&] { return skein.metric("skein_clients_active") == 0.0; }, 5s,
               "Skein has let go of every client");
    if (!is_sanitized) CHECK(skein.rss_peak_bytes() <= rss_before + rss_growth_max);
  }

  // What it answers to these bytes; it must close by itself.
  std::vector<wire_message> answer_to(std::string_view bytes, milliseconds deadline = 3s) const {
    wire_socket client(skein.port());
    client.send(bytes);
    return client.messages(deadline);
  }
  std::string sqlstate_of(std::string_view bytes) const {
    const auto said = answer_to(bytes);
    if (said.empty()) return "closed";
    CHECK(said.back().type == 'E');
    CHECK(said.back().field('S') == "FATAL");
    CHECK(said.back().field('M').size() > 10);
    return said.back().field('C');
  }
};

std::string random_bytes(std::size_t count, unsigned seed) {
  std::minstd_rand random(seed);
  std::string text(count, '\0');
  for (auto& c : text) c = static_cast<char>(random());
  return text;
}

}  // namespace

TEST_CASE("bytes that are no start-up packet are refused by 08P01") {
  scene at;
  CHECK(at.sqlstate_of("GET / HTTP/1.1\r\nHost: x\r\n\r\n") == "08P01");
  for (const std::uint32_t length : {0U, 4U, 7U, 10001U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    CAPTURE(length);
    CHECK(at.sqlstate_of(u32(length) + u32(protocol_3) + "user") == "08P01");
  }
  std::string no_end("user\0app\0", 9);
  CHECK(at.sqlstate_of(startup_packet(protocol_3, no_end)) == "08P01");
  CHECK(at.sqlstate_of(startup_packet(protocol_3, "user")) == "08P01");
  std::string more("user\0app\0\0left over", 19);
  CHECK(at.sqlstate_of(startup_packet(protocol_3, more)) == "08P01");
  // A length that passes by chance makes Skein wait for the rest: then it is time that ends it.
  for (unsigned seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    const auto said = at.answer_to(random_bytes(64, seed));
    CHECK((said.empty() || said.back().type == 'E'));
  }
}

TEST_CASE("requests that Skein understands and does not serve say so") {
  scene at;
  CHECK(at.sqlstate_of(startup_packet(2U << 16, std::string("user\0app\0\0", 10))) == "0A000");
  CHECK(at.sqlstate_of(startup_packet(protocol_3, std::string("database\0app\0\0", 14))) ==
        "28000");
  const std::string replication("user\0app\0replication\0database\0\0", 31);
  CHECK(at.sqlstate_of(startup_packet(protocol_3, replication)) == "0A000");
  // GSS encryption: a polite no, and the connection goes on.
  wire_socket client(at.skein.port());
  client.send(startup_packet(gss_code, ""));
  CHECK(client.receive(1) == "N");
  client.send(startup_session("app", "app"));
  CHECK(client.message().value().type == 'R');
  // A newer minor version is negotiated down.
  wire_socket newer(at.skein.port());
  newer.send(startup_packet((3U << 16) | 99, std::string("user\0app\0_pq_.new\0x\0\0", 21)));
  const auto negotiated = newer.message().value();
  CHECK(negotiated.type == 'v');
  CHECK(negotiated.body.find("_pq_.new") != std::string::npos);
}

TEST_CASE("a login that is never finished is ended in time, however slowly it moves") {
  scene at;
  const auto whole = startup_session("app", "app");
  const auto timed_out = [&](wire_socket& client) {
    const auto start = std::chrono::steady_clock::now();
    const auto said = client.messages(4s);
    CHECK(std::chrono::steady_clock::now() - start < 2500ms);
    REQUIRE(!said.empty());
    CHECK(said.back().type == 'E');
    CHECK(said.back().field('C') == "08006");
  };
  SUBCASE("nothing at all") {
    wire_socket client(at.skein.port());
    timed_out(client);
  }
  SUBCASE("half a start-up packet") {
    wire_socket client(at.skein.port());
    client.send(whole.substr(0, 11));
    timed_out(client);
  }
  SUBCASE("no answer to the challenge") {
    wire_socket client(at.skein.port());
    client.send(whole);
    timed_out(client);
  }
  SUBCASE("a byte now and then does not buy time") {
    wire_socket client(at.skein.port());
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t at_byte = 0; at_byte < whole.size(); ++at_byte) {
      if (!client.send(whole.substr(at_byte, 1))) break;
      std::this_thread::sleep_for(100ms);
    }
    CHECK_NOTHROW(client.receive_all(1s));
    CHECK(std::chrono::steady_clock::now() - start < 5s);
  }
  SUBCASE("two hundred of them at once") {
    std::vector<wire_socket> clients;
    for (int i = 0; i < 200; ++i) {
      clients.emplace_back(at.skein.port());
      clients.back().send(whole.substr(0, 11));
    }
    for (auto& client : clients) CHECK_NOTHROW(client.receive_all(4s));
  }
}

TEST_CASE("a client that leaves in the middle of its login takes nothing with it") {
  scene at;
  const auto whole = startup_session("app", "app");
  const auto descriptors = at.skein.descriptors();
  for (std::size_t bytes = 0; bytes <= whole.size(); ++bytes) {
    wire_socket polite(at.skein.port());
    polite.send(whole.substr(0, bytes));
    wire_socket rude(at.skein.port());
    rude.send(whole.substr(0, bytes));
    rude.reset();
  }
  wait_until([&] { return at.skein.descriptors() <= descriptors + 2; }, 5s,
             "Skein has closed what was left");
}

TEST_CASE("a look whether the port is open is no failed login, and fills no log") {
  scene at;
  const auto before = at.skein.metric("skein_clients_accepted_total").value();
  for (int i = 0; i < 100; ++i) {
    wire_socket look(at.skein.port());
    if (i % 2 == 0) look.reset();
  }
  wait_until(
      [&] { return at.skein.metric("skein_clients_accepted_total").value() >= before + 100; }, 5s,
      "all have been accepted");
  wait_until([&] { return at.skein.metric("skein_clients_active") == 1.0; }, 5s, "all have gone");
  CHECK(at.skein.metric("skein_logins_failed_total") == 0.0);
  CHECK(at.skein.log().find("session error") == std::string::npos);
}

TEST_CASE("mistakes inside SCRAM") {
  scene at;
  const auto sqlstate_after_start = [&](std::string_view bytes) {
    wire_socket client(at.skein.port());
    client.send(startup_session("app", "app"));
    CHECK(client.message().value().type == 'R');
    client.send(bytes);
    const auto said = client.messages(3s);
    REQUIRE(!said.empty());
    CHECK(said.back().type == 'E');
    return said.back().field('C');
  };
  const auto sasl = [](std::string mechanism, const std::string& data) {
    mechanism.push_back('\0');
    return wire('p', mechanism + u32(static_cast<std::uint32_t>(data.size())) + data);
  };
  CHECK(sqlstate_after_start(wire('Q', std::string("select 1\0", 9))) == "08P01");
  CHECK(sqlstate_after_start("p" + u32(0x7fffffff) + "x") == "08P01");
  CHECK(sqlstate_after_start("p" + u32(3)) == "08P01");
  CHECK(sqlstate_after_start(sasl("SCRAM-SHA-256", "")) == "08P01");
  CHECK(sqlstate_after_start(sasl("SCRAM-SHA-256", "n,,n=app")) == "08P01");
  CHECK(sqlstate_after_start(sasl("PLAIN", "x")) == "08P01");
  CHECK(sqlstate_after_start(wire('p', std::string("SCRAM-SHA-256\0", 14) + u32(999) + "n,,")) ==
        "08P01");
  // Wrong passwords are 28P01, whatever is wrong with them.
  CHECK(login_failure(at.skein.words({"app", "wrong"})).starts_with("28P01"));
}

TEST_CASE("TLS handshakes that are cut short, garbled or never finished") {
  scene at;
  const auto ask_for_tls = [&] {
    wire_socket client(at.skein.port());
    client.send(startup_packet(tls_code, ""));
    CHECK(client.receive(1) == "S");
    return client;
  };
  // The beginning of a ClientHello.
  const std::string hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  SUBCASE("left") {
    for (int i = 0; i < 20; ++i) {
      auto client = ask_for_tls();
      client.send(hello.substr(0, static_cast<std::size_t>(i) % 12));
    }
  }
  SUBCASE("garbage") {
    auto client = ask_for_tls();
    client.send(startup_session("app", "app"));
    CHECK_NOTHROW(client.receive_all(3s));
  }
  SUBCASE("silence") {
    auto client = ask_for_tls();
    client.send(hello);
    CHECK_NOTHROW(client.receive_all(3s));
  }
  SUBCASE("plain text slipped in behind the request is not read as if it were encrypted") {
    const auto said = at.answer_to(startup_packet(tls_code, "") + startup_session("app", "app"));
    REQUIRE(!said.empty());
    CHECK(said.back().field('C') == "08P01");
  }
  SUBCASE("a request with a body") {
    CHECK(at.sqlstate_of(startup_packet(tls_code, "x")) == "08P01");
  }
}

TEST_CASE("a cancel request of nobody's key, or of a wrong size, does nothing and is closed") {
  scene at;
  pg_session busy(at.skein.words(app));
  busy.send("select pg_sleep(1.5)");
  const auto pid = static_cast<std::uint32_t>(PQbackendPID(busy.raw()));
  for (const auto& body : {u32(pid) + u32(1), u32(pid) + u32(0), u32(pid + 1) + u32(7),
                           u32(0xffffffff) + u32(0xffffffff), u32(pid) + std::string(200, 'x')}) {
    CHECK(at.answer_to(startup_packet(cancel_code, body)).empty());
  }
  CHECK(busy.finish().ok());
  at.sqlstate_of(startup_packet(cancel_code, u32(pid)));
}
