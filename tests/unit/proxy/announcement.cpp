// Clients behind a load balancer: known by the address that its header names, refused without one,
// within the time that a login has.
#include "proxy/announcement.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include "backends/postgres/startup.hpp"
#include "tests/unit/proxy/log_file.hpp"
#include "tests/unit/proxy/stage.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

const std::string header = "PROXY TCP4 192.0.2.7 192.0.2.2 4711 6432\r\n";
const login_request request{"app", "shop", {}};

struct talk {
  std::string first = header;
  std::string then = postgres::startup_message(request);
  std::size_t piece = 1000;  // of what is sent
  bool leaves = false;       // and hears nothing
};

net::awaitable<> speak(stage& now, net::stream client, talk what, std::string& heard) {
  const std::string all = what.first + what.then;
  for (std::size_t at = 0; at < all.size(); at += what.piece) {
    const std::string part = all.substr(at, what.piece);
    co_await client.write_all(part);
    if (what.piece < all.size()) co_await nap(now.core, 0ms);
  }
  if (what.leaves) co_return;
  co_await read_all(client, heard);
}

std::string told_by(stage& now, net::stream ours, net::stream theirs, talk what,
                    admission* doors = nullptr) {
  std::string heard;
  now.listener.proxy_protocol = true;
  now.life = std::make_unique<session>(now.home, now.table, doors ? *doors : now.doors, now.door,
                                       now.cancels, std::move(ours));
  now.core.post([&now] { now.tasks.spawn(now.live(*now.life)); });
  auto client = std::make_shared<net::stream>(std::move(theirs));
  now.core.post(
      [&, client] { now.tasks.spawn(speak(now, std::move(*client), std::move(what), heard)); });
  now.run_to_the_end();
  CHECK(now.all_places_free());
  return heard;
}

std::string told(stage& now, talk what, admission* doors = nullptr) {
  auto [ours, theirs] = net::memory_end::connect(now.core.where());
  return told_by(now, net::stream(std::move(ours)), net::stream(std::move(theirs)), std::move(what),
                 doors);
}

// The load balancer comes by a unix socket.
std::string told_locally(stage& now, talk what) {
  std::array<int, 2> ends;
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
  auto ours = net::socket::adopt(now.core.where(), net::owned_handle(ends[0]));
  auto theirs = net::socket::adopt(now.core.where(), net::owned_handle(ends[1]));
  return told_by(now, net::stream(std::move(*ours)), net::stream(std::move(*theirs)),
                 std::move(what));
}

}  // namespace

TEST_CASE("a client is known by the address that the header names, however it comes") {
  for (const std::size_t piece : {1UZ, 7UZ, 1000UZ}) {
    CAPTURE(piece);
    const log_file log;
    stage now;
    now.habits.mute = true;
    now.cluster.users["app"].trusted = true;
    now.cluster.pool.wait = 50ms;
    const auto heard = told(now, {.piece = piece});
    CHECK(heard.contains("pool.wait"));
    CHECK_MESSAGE(log.text().contains("client=192.0.2.7:4711"), log.text());
  }
}

TEST_CASE("addresses that a header names are counted") {
  stage now;
  admission doors({.per_address = 1});
  const auto other = doors.from("192.0.2.7:1");
  const auto heard = told(now, {}, &doors);
  CHECK_MESSAGE(heard.contains("address 192.0.2.7 has 1 client already"), heard);
}

TEST_CASE("rules hold for the address that a header names") {
  for (const std::string address : {"192.0.2.7", "192.0.2.8"}) {
    CAPTURE(address);
    stage now;
    now.habits.mute = true;
    now.cluster.pool.wait = 50ms;
    now.listener.rules = {{.from = *read_address(address), .method = proof_method::trust}};
    CHECK(told(now, {}).contains("pool.wait") == (address == "192.0.2.7"));
  }
}

TEST_CASE("nobody is local behind a load balancer that is, also whom it does not name") {
  for (const auto& first : {header, std::string("PROXY UNKNOWN\r\n")}) {
    CAPTURE(first);
    stage trusting;
    trusting.habits.mute = true;
    trusting.cluster.pool.wait = 50ms;
    trusting.listener.rules = {
        {.from = {.of = network::family::local}, .method = proof_method::trust}};
    CHECK(told_locally(trusting, {.first = first}).contains("do not let user"));
    stage strict;
    strict.listener.tls = tls_mode::require;
    CHECK(told_locally(strict, {.first = first}).contains("only encrypted connections"));
  }
}

TEST_CASE("who sends no header, or a bad one, is refused without a word, and a line says so") {
  for (const std::string first : {"", "PROXY TCP9 1 2\r\n", "GET / HTTP/1.1\r\n\r\n"}) {
    CAPTURE(first);
    const log_file log;
    stage now;
    now.cluster.users["app"].trusted = true;
    CHECK(told(now, {.first = first}) == "");
    CHECK_MESSAGE(log.text().contains("PROXY header"), log.text());
    CHECK(now.counters.logins_failed.value() == 1);
    CHECK(now.counters.server_connections_opened.value() == 0);
  }
}

TEST_CASE("who only looks whether we are up is not logged, who leaves in mid-header is") {
  for (const std::string first : {"", "PROXY TCP4 192"}) {
    const log_file log;
    stage now;
    told(now, {.first = first, .then = "", .leaves = true});
    CHECK(log.lines() == (first.empty() ? 0 : 1));
  }
}

TEST_CASE("a header that does not come ends with the time for a login") {
  for (const std::string first : {"", "PROXY TCP4 192"}) {
    const log_file log;
    stage now;
    now.listener.startup_timeout = 100ms;
    CHECK(told(now, {.first = first, .then = ""}) == "");
    CHECK_MESSAGE(log.text().contains("limits.startup_timeout"), log.text());
  }
}

TEST_CASE("a session that waits for its header ends at once when it is told to") {
  stage now;
  net::deadline soon(now.core.wheel(), [&] {
    if (now.life) now.life->end({error_kind::shutdown, fault::us, {}, "the end", {}});
  });
  now.core.post([&] { soon.arm(30ms); });
  const auto start = std::chrono::steady_clock::now();
  told(now, {.first = "PROXY", .then = ""});
  CHECK(std::chrono::steady_clock::now() - start < 5s);
}
