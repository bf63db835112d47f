#include "backends/postgres/client_login.hpp"

#include <doctest/doctest.h>

#include "backends/postgres/session_state.hpp"
#include "tests/unit/backends/postgres/bytes.hpp"

using namespace skein;
using namespace skein::postgres;

namespace {

struct attempt {
  scram_shared shared;
  client_login_settings how = {};
  std::optional<postgres::client_login> login = {};
  std::string left = {};  // what the login did not take

  explicit attempt(tls_mode tls = tls_mode::disable, bool unix_socket = false) {
    shared.iterations = 1;
    how.tls = tls;
    how.unix_socket = unix_socket;
    login.emplace(how, shared);
  }
  login_want say(std::string_view written) { return wire::feed(*login, written, left); }
  std::string heard() { return login->take_output(); }
};

const std::string first_message =
    wire::message('p', wire::text("SCRAM-SHA-256\0") + wire::u32(9) + "n,,n=,r=a");

}  // namespace

TEST_CASE("what each TLS mode answers to a request for it") {
  struct row {
    tls_mode mode;
    bool unix_socket;
    const char* answer;
    login_want want;
  };
  for (const auto& one : {row{tls_mode::disable, false, "N", login_want::input},
                          {tls_mode::allow, false, "S", login_want::tls},
                          {tls_mode::require, false, "S", login_want::tls},
                          {tls_mode::verify_full, false, "S", login_want::tls},
                          {tls_mode::require, true, "N", login_want::input}}) {
    attempt client(one.mode, one.unix_socket);
    CHECK(client.say(wire::tls_request) == one.want);
    CHECK(client.heard() == one.answer);
  }
}

TEST_CASE("who may go on without a certificate, or without TLS at all") {
  struct row {
    tls_mode mode;
    bool encrypted;
    const char* peer_name;
    bool unix_socket;
    const char* refusal;  // empty: admitted to the password
  };
  for (const auto& one : {row{tls_mode::disable, false, "", false, ""},
                          {tls_mode::allow, false, "", false, ""},
                          {tls_mode::allow, true, "", false, ""},
                          {tls_mode::require, false, "", false, "sslmode=require"},
                          {tls_mode::require, false, "", true, ""},
                          {tls_mode::require, true, "", false, ""},
                          {tls_mode::verify_ca, true, "", false, "client certificate is required"},
                          {tls_mode::verify_ca, true, "bob", false, ""},
                          {tls_mode::verify_full, false, "", false, "sslmode=require"},
                          {tls_mode::verify_full, true, "bob", false, "common name"},
                          {tls_mode::verify_full, true, "ann", false, ""}}) {
    attempt client(one.mode, one.unix_socket);
    if (one.encrypted) {
      REQUIRE(client.say(wire::tls_request) == login_want::tls);
      REQUIRE(client.login->encrypted({true, "", one.peer_name}) == login_want::input);
      client.heard();
    }
    const auto want = client.say(wire::session_start("ann"));
    const std::string refusal = one.refusal;
    CHECK(want == (refusal.empty() ? login_want::secret : login_want::failed));
    if (refusal.empty()) continue;
    const auto heard = client.heard();
    CHECK(wire::error_field(heard, 'C') == "28000");
    CHECK(wire::error_field(heard, 'M').find(refusal) != std::string::npos);
  }
}

TEST_CASE("plain bytes stuffed behind a request for TLS are refused") {
  for (const auto& stuffed : {wire::session_start("ann"), std::string("\x16"), std::string("x")}) {
    attempt client(tls_mode::allow);
    CHECK(client.say(wire::tls_request + stuffed) == login_want::failed);
    const auto heard = client.heard();
    CHECK(wire::error_field(heard, 'C') == "08P01");
    CHECK(heard.find('S') == 5);  // no 'S' of consent before the error: its first field
  }
}

TEST_CASE("encryption is asked for once") {
  attempt plain;
  CHECK(plain.say(wire::gss_request + wire::tls_request) == login_want::input);
  CHECK(plain.heard() == "NN");
  CHECK(plain.say(wire::tls_request) == login_want::failed);
  CHECK(wire::error_field(plain.heard(), 'C') == "08P01");

  attempt twice;
  twice.say(wire::gss_request);
  CHECK(twice.say(wire::gss_request) == login_want::failed);

  for (const auto& again : {wire::tls_request, wire::gss_request}) {
    attempt inside(tls_mode::allow);
    inside.say(wire::tls_request);
    inside.login->encrypted({true, "", ""});
    CHECK(inside.say(again) == login_want::failed);
    CHECK(inside.say(wire::session_start("ann")) == login_want::failed);  // it stays so
  }
}

TEST_CASE("a cancel is taken plain in every mode") {
  const auto request = wire::packet(80877102, wire::u32(77) + "abcd");
  for (const auto mode : {tls_mode::disable, tls_mode::allow, tls_mode::verify_full}) {
    attempt client(mode);
    CHECK(client.say(request) == login_want::cancel);
    CHECK(client.login->cancelled() == cancel_key{77, "abcd"});
    CHECK(client.heard().empty());
    CHECK(client.login->refuse({}).empty());
  }
}

TEST_CASE("start-up may come a byte at a time") {
  attempt client;
  const auto all = wire::gss_request + wire::tls_request + wire::session_start("ann", 0x30002);
  std::string waiting;
  for (std::size_t i = 0; i < all.size(); ++i) {
    waiting.push_back(all[i]);
    const auto want = client.say(waiting);
    CHECK(want == (i + 1 == all.size() ? login_want::secret : login_want::input));
    waiting = client.left;
  }
  CHECK(waiting.empty());
  CHECK(client.login->request().user == "ann");
}

TEST_CASE("bytes behind the start-up packet are left for later") {
  attempt client;
  CHECK(client.say(wire::session_start("ann") + first_message) == login_want::secret);
  CHECK(client.left == first_message);
  CHECK(client.login->credential(credentials{"ann", "pencil"}) == login_want::input);
  CHECK(client.heard() == wire::message('R', wire::u32(10) + wire::text("SCRAM-SHA-256\0\0")));
  CHECK(client.say(client.left) == login_want::input);
  CHECK(client.heard().substr(0, 9).ends_with(wire::u32(11)));
}

TEST_CASE("channel binding is offered with TLS and a certificate's hash") {
  attempt client(tls_mode::allow);
  client.how.endpoint_hash = "hash";
  client.login.emplace(client.how, client.shared);
  client.say(wire::tls_request);
  client.login->encrypted({true, "", ""});
  client.heard();
  client.say(wire::session_start("ann"));
  client.login->credential(std::nullopt);
  CHECK(client.heard() ==
        wire::message('R', wire::u32(10) + wire::text("SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0")));
}

TEST_CASE("garbage in place of SCRAM is a protocol error") {
  for (const auto& garbage :
       {wire::message('Q', "select 1"), wire::message('p'), wire::message('p', "SCRAM-SHA-256"),
        wire::message('p', wire::text("SCRAM-SHA-256\0") + wire::u32(0x7fffffff) + "n,,"),
        wire::message('p', wire::text("SCRAM-SHA-256\0") + wire::u32(3) + "n,,n=,r=a"),
        wire::message('p', wire::text("SCRAM-SHA-256\0") + wire::u32(0xffffffff)),
        wire::message('p', wire::text("PLAIN\0") + wire::u32(0)), "p" + wire::u32(3),
        "p" + wire::u32(2049), "p" + wire::u32(0x80000000), std::string("\0\0\0\0\0", 5)}) {
    attempt client;
    client.say(wire::session_start("ann"));
    client.login->credential(credentials{"ann", "pencil"});
    client.heard();
    CHECK(client.say(garbage) == login_want::failed);
    CHECK(wire::error_field(client.heard(), 'C') == "08P01");
    CHECK(client.login->failure().whose == fault::client);
  }
}

TEST_CASE("the length of a cancel secret follows the protocol agreed on") {
  for (const auto& [version, size] :
       {std::pair{0x30000U, 4U}, {0x30001U, 4U}, {0x30002U, 32U}, {0x30009U, 32U}}) {
    attempt client;
    client.say(wire::session_start("ann", version));
    CHECK(client.login->secret_bytes() == size);
  }
}

TEST_CASE("the welcome is what a client needs before its first query") {
  attempt client;
  client.say(wire::session_start("ann"));
  const auto told = postgres::status_messages({{"server_version", "15.3"}, {"TimeZone", "UTC"}});
  CHECK(client.login->welcome(told, {9, "abcd"}) ==
        wire::message('R', wire::u32(0)) + wire::message('S', wire::text("TimeZone\0UTC\0")) +
            wire::message('S', wire::text("server_version\0") + wire::text("15.3\0")) +
            wire::message('K', wire::u32(9) + "abcd") + wire::ready('I'));
}

TEST_CASE("a refusal comes at any moment that a client can read one") {
  const error stopping{error_kind::shutdown, fault::us, {}, "Skein is stopping", {}};
  attempt early;
  CHECK(wire::error_field(early.login->refuse(stopping), 'C') == "57P01");
  CHECK(early.say(wire::session_start("ann")) == login_want::failed);
  CHECK(early.login->failure().kind == error_kind::shutdown);

  attempt pending;
  pending.say(wire::gss_request);
  CHECK(pending.login->refuse(stopping).starts_with("NE"));

  attempt handshake(tls_mode::allow);
  handshake.say(wire::tls_request);
  handshake.heard();
  CHECK(handshake.login->refuse(stopping).empty());
}

TEST_CASE("calls out of order are our own mistakes, not crashes") {
  attempt client;
  CHECK(client.login->credential(std::nullopt) == login_want::failed);
  CHECK(client.login->failure().kind == error_kind::internal);
  attempt other;
  CHECK(other.login->encrypted({}) == login_want::failed);
}
