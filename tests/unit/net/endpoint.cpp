#include "net/endpoint.hpp"

#include <doctest/doctest.h>

using namespace skein::net;

TEST_CASE("addresses are read and written back") {
  for (const std::string text :
       {"db-a:5432", "127.0.0.1:0", "[::1]:65535", "unix:/run/skein.sock", "[2001:db8::7]:5432"}) {
    CAPTURE(text);
    const auto parsed = parse_endpoint(text);
    REQUIRE_MESSAGE(parsed.has_value(), parsed.error());
    CHECK(to_string(*parsed) == text);
  }
  CHECK(parse_endpoint("[::1]:5432") == endpoint{.host = "::1", .port = 5432});
  CHECK(parse_endpoint("unix:/a") == endpoint{.unix_path = "/a"});
}

TEST_CASE("what is no address is refused with a sentence") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "\"\" is no address: the port is missing, write host:port"},
      {"db", "\"db\" is no address: the port is missing, write host:port"},
      {":5432", "\":5432\" is no address: the host is missing, write host:port"},
      {"db:", "\"db:\" is no address: the port is a number from 0 to 65535"},
      {"db:65536", "\"db:65536\" is no address: the port is a number from 0 to 65535"},
      {"db:12x", "\"db:12x\" is no address: the port is a number from 0 to 65535"},
      {"db:-1", "\"db:-1\" is no address: the port is a number from 0 to 65535"},
      {"::1:5432",
       "\"::1:5432\" is no address: an IPv6 address stands in brackets, write [::1]:5432"},
      {"[db]:1", "\"[db]:1\" is no address: what stands in brackets is no IPv6 address"},
      {"a b:1", "\"a b:1\" is no address: a host has no spaces and no slashes"},
      {"http://db:1",
       "\"http://db:1\" is no address: an IPv6 address stands in brackets, write [::1]:5432"},
      {"unix:run",
       "\"unix:run\" is no address: after unix: an absolute path is wanted, such as "
       "unix:/run/skein.sock"},
  };
  for (const auto& [text, sentence] : cases) {
    CAPTURE(text);
    const auto parsed = parse_endpoint(text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error() == sentence);
  }
  CHECK(parse_endpoint("unix:/" + std::string(106, 'x')).has_value());
  CHECK_FALSE(parse_endpoint("unix:/" + std::string(107, 'x')).has_value());
}

TEST_CASE("a socket's address is written as people write it") {
  const auto written = [](const char* host, std::uint16_t port) {
    return to_string(address_of(asio::ip::make_address(host), port));
  };
  for (const char* const host : {"0.0.0.0", "127.0.0.1", "192.0.2.99", "255.255.255.255"}) {
    CHECK(written(host, 4711) == std::string(host) + ":4711");
  }
  CHECK(written("2001:db8::1", 1) == "[2001:db8::1]:1");
  CHECK(written("::ffff:192.0.2.1", 65535) == "[::ffff:192.0.2.1]:65535");
  CHECK(to_string(address_of("/run/skein.sock")) == "unix socket");
}
