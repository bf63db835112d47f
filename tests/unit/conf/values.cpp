#include "conf/values.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace skein::conf;
using namespace std::chrono_literals;

TEST_CASE("endpoints that are good, and how they print") {
  struct good {
    std::string text;
    endpoint where;
    bool loopback;
  };
  const good table[] = {
      {"127.0.0.1:6432", {.host = "127.0.0.1", .port = 6432}, true},
      {"127.8.9.1:1", {.host = "127.8.9.1", .port = 1}, true},
      {"localhost:65535", {.host = "localhost", .port = 65535}, true},
      {"0.0.0.0:6432", {.host = "0.0.0.0", .port = 6432}, false},
      {"db-a.example_1.net:5432", {.host = "db-a.example_1.net", .port = 5432}, false},
      {"127.example:5432", {.host = "127.example", .port = 5432}, false},
      {"[::1]:6432", {.host = "::1", .port = 6432}, true},
      {"[fe80::1]:6432", {.host = "fe80::1", .port = 6432}, false},
      {"unix:/run/a.sock", {.path = "/run/a.sock"}, true},
  };
  for (const good& each : table) {
    CAPTURE(each.text);
    const auto where = parse_endpoint(each.text);
    REQUIRE(where.has_value());
    CHECK(*where == each.where);
    CHECK(to_string(*where) == each.text);
    CHECK(where->is_loopback() == each.loopback);
  }
}

TEST_CASE("endpoints that are not") {
  const std::pair<std::string, std::string> table[] = {
      {"db-a", "'db-a' has no port; write it as host:port"},
      {"", "'' has no port; write it as host:port"},
      {":5432", "has no host; write it as host:port"},
      {"*:5432", "'*' is no host; for every address write 0.0.0.0 or [::]"},
      {"a:0", "port '0' is not a number from 1 to 65535"},
      {"a:65536", "port '65536' is not a number from 1 to 65535"},
      {"a:", "port '' is not a number from 1 to 65535"},
      {"a:+1", "port '+1' is not a number from 1 to 65535"},
      {"a:54 32", "port '54 32' is not a number from 1 to 65535"},
      {"1.2.3:5432", "'1.2.3' is no IPv4 address"},
      {"1.2.3.456:5432", "'1.2.3.456' is no IPv4 address"},
      {"a b:5432", "'a b' is no host name and no address"},
      {"::1:5432", "'::1:5432' has several colons; write an IPv6 address as [::1]:6432"},
      {"[::g]:5432", "'::g' is no IPv6 address"},
      {"[::1]", "is not of the form [address]:port"},
      {"/run/a.sock", "is a path; write it as unix:/run/a.sock"},
      {"unix:run", "wants an absolute path after 'unix:', as in unix:/run/skein.sock"},
      {"unix:/" + std::string(107, 'x'),
       "is too long: the path of a unix socket has at most 107 bytes"},
  };
  for (const auto& [text, why] : table) {
    CAPTURE(text);
    const auto where = parse_endpoint(text);
    REQUIRE_FALSE(where.has_value());
    CHECK(where.error() == why);
  }
}

TEST_CASE("a URL's password is not repeated") {
  for (const char* text : {"db://app:honk@db-a:5432/shop", "app:honk@db-a:5432"}) {
    const auto where = parse_endpoint(text);
    REQUIRE_FALSE(where.has_value());
    CHECK(where.error() == "looks like a URL; write it as host:port, and users below 'users'");
  }
}

TEST_CASE("URLs of services, good and bad") {
  const std::pair<std::string, service_url> good[] = {
      {"http://etcd-1:2379", {.host = "etcd-1", .port = 2379, .tls = false}},
      {"https://10.0.0.1:443", {.host = "10.0.0.1", .port = 443, .tls = true}},
      {"https://[::1]:2379", {.host = "::1", .port = 2379, .tls = true}},
  };
  for (const auto& [text, where] : good) {
    CAPTURE(text);
    CHECK(parse_url(text) == where);
    CHECK(parse_url(text + "/") == where);
    CHECK(to_string(where) == text);
  }
  CHECK(parse_url("https://[::1]:2379")->is_loopback());
  const std::pair<std::string, std::string> bad[] = {
      {"etcd-1:2379", "'etcd-1:2379' is no URL; write it as http://host:port or https://host:port"},
      {"", "'' is no URL; write it as http://host:port or https://host:port"},
      {"ftp://a:1", "'ftp://a:1' is no URL; write it as http://host:port or https://host:port"},
      {"http://app:honk@a:1", "names a user; keys of their own are for that"},
      {"http://a", "'a' has no port; write it as host:port"},
      {"http://", "'' has no port; write it as host:port"},
      {"http://a:1/v3",
       "has a path behind the port; write it as http://host:port or https://host:port"},
      {"https://a:1?b",
       "has a path behind the port; write it as http://host:port or https://host:port"},
      {"http://unix:1", "has no host; write it as http://host:port or https://host:port"},
      {"http://a:99999", "port '99999' is not a number from 1 to 65535"},
      {"http://https://a:1",
       "has a path behind the port; write it as http://host:port or https://host:port"},
  };
  for (const auto& [text, why] : bad) {
    CAPTURE(text);
    const auto where = parse_url(text);
    REQUIRE_FALSE(where);
    CHECK(where.error() == why);
  }
}

TEST_CASE("durations") {
  const std::pair<const char*, duration> table[] = {
      {"20ms", 20ms}, {"3s", 3s}, {"5m", 5min}, {"1h", 1h}, {"0s", 0ms}, {"1500ms", 1500ms}};
  for (const auto& [text, time] : table) {
    CAPTURE(text);
    const auto parsed = parse_duration(text);
    REQUIRE(parsed.has_value());
    CHECK(parsed->count() == time.count());
  }
  for (const char* text : {"", "s", "5", "-5s", "1.5s", "5 s", "5sec", "5M", "99999999999999999h",
                           "99999999999999999999999s"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text).has_value());
  }
  CHECK(parse_duration("5").error() ==
        "'5' has no unit; write a whole number and a unit (ms, s, m, h), as in 200ms or 5s");
  CHECK(parse_duration("99999999999999999999999s").error() ==
        "'99999999999999999999999s' is too large");
  CHECK(to_string(duration(0)) == "0ms");
  CHECK(to_string(duration(90s)) == "90s");
  CHECK(to_string(duration(120s)) == "2m");
  CHECK(to_string(duration(1500ms)) == "1500ms");
}

TEST_CASE("sizes") {
  const std::pair<const char*, std::uint64_t> table[] = {{"16KB", 16'000},
                                                         {"64MiB", 64ULL << 20},
                                                         {"1GB", 1'000'000'000},
                                                         {"1GiB", 1ULL << 30},
                                                         {"2MB", 2'000'000},
                                                         {"3KiB", 3072},
                                                         {"7B", 7},
                                                         {"0B", 0}};
  for (const auto& [text, bytes] : table) {
    CAPTURE(text);
    const auto size = parse_size(text);
    REQUIRE(size.has_value());
    CHECK(size->bytes == bytes);
    CHECK(to_string(*size) == text);
  }
  for (const char* text :
       {"", "16", "16kb", "16K", "1.5GB", "-1B", "16 KB", "18446744073709551615GiB"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text).has_value());
  }
}

TEST_CASE("threads") {
  CHECK(parse_threads("auto")->count == 0);
  CHECK(parse_threads("auto")->resolve() >= 1);
  CHECK(parse_threads("3")->resolve() == 3);
  for (const char* text : {"0", "-1", "1025", "", "two"}) CHECK_FALSE(parse_threads(text));
}

TEST_CASE("a secret prints as stars and compares by its text") {
  std::ostringstream out;
  out << secret("honk") << to_string(secret("honk")) << secret();
  CHECK(out.str() == "*********");
  CHECK(secret("honk") == secret("honk"));
  CHECK_FALSE(secret("honk") == secret("hiss"));
  CHECK(secret("honk").reveal() == "honk");
}

TEST_CASE("what a person wrote is shown without control characters and not at length") {
  CHECK(shown("a\x1b[31m\n") == "'a?[31m?'");
  CHECK(shown(std::string(61, 'a')) == "'" + std::string(60, 'a') + "...'");
}
