#include "backends/postgres/server_login.hpp"

#include <doctest/doctest.h>

#include "backends/postgres/cancel_login.hpp"
#include "tests/unit/backends/postgres/bytes.hpp"

using namespace skein;
using namespace skein::postgres;

namespace {

struct attempt {
  scram_shared shared;
  server_login_settings how = {};
  std::optional<postgres::server_login> login = {};
  std::string left = {};

  explicit attempt(tls_mode tls = tls_mode::disable, std::string password = "secret") {
    how.tls = tls;
    how.who = {"joe", std::move(password)};
    how.request = {"ann", "shop", {{"TimeZone", "UTC"}}};
    login.emplace(how, shared);
  }
  login_want hear(std::string_view written) { return wire::feed(*login, written, left); }
  std::string said() { return login->take_output(); }
};

std::string auth(std::uint32_t request, std::string_view data = {}) {
  return wire::message('R', wire::u32(request) + std::string(data));
}

const std::string startup =
    wire::packet(3 << 16, wire::text("user\0joe\0database\0shop\0TimeZone\0UTC\0\0"));
const std::string greeting = auth(0) + wire::message('S', wire::text("server_version\0a\0")) +
                             wire::message('N', wire::text("SNOTICE\0\0")) +
                             wire::message('S', wire::text("server_version\0b\0")) +
                             wire::message('K', wire::u32(42) + "wxyz") + wire::ready('I');

}  // namespace

TEST_CASE("a server that trusts us, its greeting cut at every byte") {
  for (std::size_t cut = 0; cut <= greeting.size(); ++cut) {
    attempt server;
    CHECK(server.hear({}) == login_want::input);
    CHECK(server.said() == startup);
    const auto early = server.hear(std::string_view(greeting).substr(0, cut));
    CHECK(early == (cut == greeting.size() ? login_want::admitted : login_want::input));
    CHECK(server.hear(server.left + greeting.substr(cut) + "rest") == login_want::admitted);
    CHECK(server.left == (cut == greeting.size() ? greeting.substr(greeting.size()) : "") + "rest");
    const std::vector<std::pair<std::string, std::string>> told = {{"server_version", "b"}};
    CHECK(server.login->greeting().parameters == told);
    CHECK(server.login->greeting().key == cancel_key{42, "wxyz"});
  }
}

TEST_CASE("what each TLS mode makes of the server's one byte") {
  struct row {
    tls_mode mode;
    const char* answer;
    login_want want;
    const char* part_of_text;
  };
  for (const auto& one : {row{tls_mode::allow, "", login_want::input, ""},
                          {tls_mode::allow, "S", login_want::tls, ""},
                          {tls_mode::allow, "N", login_want::input, ""},
                          {tls_mode::require, "S", login_want::tls, ""},
                          {tls_mode::require, "N", login_want::failed, "does not take TLS"},
                          {tls_mode::verify_full, "N", login_want::failed, "does not take TLS"},
                          {tls_mode::allow, "SR", login_want::failed, "unencrypted bytes"},
                          {tls_mode::allow, "NR", login_want::failed, "unencrypted bytes"},
                          {tls_mode::allow, "E", login_want::failed, "neither yes nor no"},
                          {tls_mode::require, "Efake", login_want::failed, "neither yes nor no"}}) {
    attempt server(one.mode);
    CHECK(server.hear({}) == login_want::input);
    CHECK(server.said() == wire::tls_request);
    CHECK(server.hear(one.answer) == one.want);
    CHECK(server.login->failure().text_for_client.find(one.part_of_text) != std::string::npos);
    CHECK(server.login->failure().text_for_client.find("fake") == std::string::npos);
    if (one.want == login_want::tls) {
      CHECK(server.said().empty());
      CHECK(server.login->encrypted({true, "", ""}) == login_want::input);
    }
    CHECK(server.said() == (one.want == login_want::failed || *one.answer == '\0' ? "" : startup));
  }
}

TEST_CASE("a unix socket asks for no TLS") {
  attempt server(tls_mode::require);
  server.how.unix_socket = true;
  server.login.emplace(server.how, server.shared);
  server.hear({});
  CHECK(server.said() == startup);
}

TEST_CASE("a password in clear text leaves only over TLS or a unix socket") {
  attempt plain;
  plain.hear({});
  plain.said();
  CHECK(plain.hear(auth(3)) == login_want::failed);
  CHECK(plain.said().empty());
  CHECK(plain.login->failure().text_for_client.find("clear text") != std::string::npos);

  attempt encrypted(tls_mode::require);
  encrypted.hear("");
  encrypted.hear("S");
  encrypted.login->encrypted({true, "", ""});
  encrypted.said();
  CHECK(encrypted.hear(auth(3)) == login_want::input);
  CHECK(encrypted.said() == wire::message('p', wire::text("secret\0")));
  CHECK(encrypted.hear(greeting) == login_want::admitted);
}

TEST_CASE("md5 for old servers") {
  attempt server;
  server.hear({});
  server.said();
  CHECK(server.hear(auth(5, "\1\2\3\4")) == login_want::input);
  CHECK(server.said() == wire::message('p', wire::text("md5850be429f1fe77df3f603ac424abb440\0")));
  CHECK(server.hear(greeting) == login_want::admitted);
}

TEST_CASE("a password that we do not have is said to be missing") {
  for (const auto& request : {auth(5, "\1\2\3\4"), auth(10, wire::text("SCRAM-SHA-256\0\0"))}) {
    attempt server(tls_mode::disable, "");
    server.hear({});
    CHECK(server.hear(request) == login_want::failed);
    CHECK(server.login->failure().text_for_client.find("none is configured") != std::string::npos);
    CHECK(server.login->failure().whose == fault::us);
  }
}

TEST_CASE("requests that are refused, and servers that break the protocol") {
  struct row {
    std::string said;
    error_kind kind;
  };
  const auto scram = auth(10, wire::text("SCRAM-SHA-256\0\0"));
  for (const auto& one :
       {row{auth(7), error_kind::unsupported},
        {auth(9), error_kind::unsupported},
        {auth(2), error_kind::unsupported},
        {auth(6, "ab"), error_kind::unsupported},
        {auth(5, "abc"), error_kind::protocol},
        {auth(10, wire::text("PLAIN\0\0")), error_kind::unsupported},
        {auth(10, wire::text("\0")), error_kind::unsupported},
        {auth(10, "SCRAM-SHA-256"), error_kind::protocol},
        {auth(10, wire::text("SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0")), error_kind::protocol},
        {auth(11, "r=a"), error_kind::protocol},
        {auth(12, "v=a"), error_kind::protocol},
        {scram + auth(0), error_kind::protocol},  // without the server's proof
        {scram + scram, error_kind::protocol},
        {scram + auth(3), error_kind::protocol},
        {scram + auth(5, "abcd"), error_kind::protocol},
        {scram + auth(12, "v=AAAA"), error_kind::protocol},
        {wire::message('R', "abc"), error_kind::protocol},
        {wire::ready('I'), error_kind::protocol},
        {wire::message('K', "12345678"), error_kind::protocol},
        {wire::message('v', wire::u32(2 << 16) + wire::u32(0)), error_kind::protocol},
        {wire::message('v', "ab"), error_kind::protocol},
        {auth(0) + auth(0), error_kind::protocol},
        {auth(0) + wire::message('K', "1234"), error_kind::protocol},
        {auth(0) + wire::message('K', std::string(261, 'k')), error_kind::protocol},
        {auth(0) + wire::message('S', wire::text("name\0value")), error_kind::protocol},
        {auth(0) + wire::message('T'), error_kind::protocol},
        {"R" + wire::u32(3), error_kind::protocol},
        {"R" + wire::u32(0x80000000), error_kind::protocol},
        {std::string("HTTP/1.1 400 Bad Request"), error_kind::protocol}}) {
    attempt server;
    server.hear({});
    CAPTURE(one.said);
    CHECK(server.hear(one.said) == login_want::failed);
    CHECK(server.login->failure().kind == one.kind);
    CHECK(server.hear(greeting) == login_want::failed);
  }
}

TEST_CASE("keys of every length, and a server that negotiates") {
  for (const std::size_t size : {4, 5, 32, 256}) {
    attempt server;
    server.hear({});
    const auto lower = wire::message('v', wire::u32(3 << 16) + wire::u32(0));
    const auto key = wire::message('K', wire::u32(1) + std::string(size, 'k'));
    CHECK(server.hear(lower + auth(0) + key + wire::ready('I')) == login_want::admitted);
    CHECK(server.login->greeting().key.secret.size() == size);
  }
}

TEST_CASE("settings without end are refused") {
  attempt server;
  server.hear({});
  std::string all = auth(0);
  for (int i = 0; i < 1001; ++i)
    all += wire::message('S', std::to_string(i) + wire::text("\0value\0"));
  CHECK(server.hear(all) == login_want::failed);
}

TEST_CASE("the server's refusal keeps its words, before and after authentication") {
  const auto refusal =
      wire::message('E', wire::text("SFATAL\0C3D000\0Mdatabase \"shop\" does not exist\0\0"));
  for (const auto& before : {std::string(), auth(0)}) {
    attempt server;
    server.hear({});
    CHECK(server.hear(before + refusal) == login_want::failed);
    CHECK(server.login->failure().sqlstate == "3D000");
    CHECK(server.login->failure().text_for_client == "database \"shop\" does not exist");
  }
}

TEST_CASE("a cancel is sent, behind TLS where that is wanted") {
  const auto request = wire::packet(80877102, wire::u32(77) + "abcd");
  server_login_settings how;
  byte_view nothing;
  how.tls = tls_mode::disable;
  cancel_login plain(how, {77, "abcd"});
  CHECK(plain.advance(nothing) == login_want::admitted);
  CHECK(plain.take_output() == request);

  how.tls = tls_mode::require;
  cancel_login encrypted(how, {77, "abcd"});
  CHECK(encrypted.advance(nothing) == login_want::input);
  CHECK(encrypted.take_output() == wire::tls_request);
  auto yes = wire::bytes("S");
  CHECK(encrypted.advance(yes) == login_want::tls);
  CHECK(encrypted.take_output().empty());
  CHECK(encrypted.encrypted({true, "", ""}) == login_want::admitted);
  CHECK(encrypted.take_output() == request);

  cancel_login refused(how, {77, "abcd"});
  refused.advance(nothing);
  auto no = wire::bytes("N");
  CHECK(refused.advance(no) == login_want::failed);
}
