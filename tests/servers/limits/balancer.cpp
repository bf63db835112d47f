// Clients behind a load balancer that names them by the PROXY protocol: their addresses are logged
// and counted, and who comes without a header is refused.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"
#include "tests/servers/wire_socket.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

std::string text_header(const std::string& host) {
  return "PROXY TCP4 " + host + " 192.0.2.2 4711 5432\r\n";
}

// Of 203.0.113.9, with a field behind the addresses.
std::string binary_header() {
  return std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x13", 16) +
         std::string("\xcb\x00\x71\x09\xc0\x00\x02\x02\x12\x67\x15\x38\x01\x00\x04", 15) + "test";
}

int connected_to(const std::filesystem::path& file) {
  sockaddr_un there = {.sun_family = AF_UNIX, .sun_path = {}};
  file.string().copy(there.sun_path, sizeof there.sun_path - 1);
  const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(::connect(made, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0);
  return made;
}

// A client of a trusted user; the SQLSTATE that it was refused with, or empty: it is in.
std::string enter(wire_socket& client, const std::string& header,
                  const std::string& database = "app") {
  client.send(header + startup_session(app.user, database));
  while (const auto said = client.message()) {
    if (said->type == 'E') return said->field('C') + ": " + said->field('M');
    if (said->type == 'Z') return "";
    if (said->type == 'R' && said->body != u32(0)) return "asked for a password";
  }
  return "closed";
}

}  // namespace

TEST_CASE("clients are known by the addresses in their headers, of either version") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(
      shop, {.users = {}, .trusted = {app}, .proxy_protocol = true, .limits = "per_address: 2"});
  wire_socket one(skein.port());
  wire_socket two(skein.port());
  wire_socket three(skein.port());
  wire_socket other(skein.port());
  CHECK(enter(one, text_header("203.0.113.9")) == "");
  CHECK(enter(two, binary_header()) == "");
  const auto told = enter(three, text_header("203.0.113.9"));
  CHECK_MESSAGE(told.starts_with("53300: address 203.0.113.9 has 2 clients already"), told);
  CHECK(skein.log().contains("client=203.0.113.9:4711"));
  CHECK(enter(other, text_header("203.0.113.10")) == "");
  other.send(wire('Q', "select 1" + std::string(1, '\0')));
  const auto first = other.message();
  REQUIRE(first);
  CHECK(first->type == 'T');
}

TEST_CASE("who comes without a header is refused, and a log line says why") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, {.proxy_protocol = true});
  CHECK(login_failure(skein.words(app)) != "");
  CHECK(login_failure(skein.words(app, "sslmode=require")) != "");
  wait_until([&] { return skein.log().contains("its PROXY header is missing"); }, 5s, "a line");
  CHECK(skein.metric("skein_logins_failed_total").value_or(0) >= 1);
}

TEST_CASE("a balancer with Skein's own user id opens the console to nobody") {
  auto shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein(shop, {.unix_socket = true, .proxy_protocol = true});
  const auto file = skein.folder() / (".s.PGSQL." + std::to_string(skein.port()));
  const int balancer = connected_to(file);
  wire_socket client(balancer);
  ::close(balancer);
  CHECK(enter(client, text_header("203.0.113.9"), "skein") == "asked for a password");
}
