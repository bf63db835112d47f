#include "backends/mysql/server_login.hpp"

#include <doctest/doctest.h>

#include "backends/mysql/replies.hpp"
#include "backends/mysql/rsa.hpp"
#include "tests/unit/backends/mysql/bytes.hpp"

using namespace skein;
using namespace skein::mysql;

namespace {

const std::string nonce = "abcdefghijklmnopqrst";
const std::string other_nonce = "ABCDEFGHIJKLMNOPQRST";
const std::string ok = wire::text("\0\0\0\2\0\0\0");

struct attempt {
  server_login_settings how = {};
  std::optional<mysql::server_login> login = {};
  std::string left = {};
  initial_greeting server = {.version = "5.5.5-10.11.6-MariaDB-log",
                             .connection_id = 42,
                             .nonce = nonce,
                             .capabilities = offered_to_clients(flavour::mysql, false),
                             .plugin = "caching_sha2_password"};

  explicit attempt(tls_mode tls = tls_mode::disable, std::string password = "secret") {
    how.tls = tls;
    how.who = {.user = "joe", .password = std::move(password)};
    how.request = {"ann", "shop", {}};
    start();
  }
  void start() { login.emplace(how); }
  login_want hear(std::string_view written) { return wire::feed(*login, written, left); }
  std::string said() { return login->take_output(); }
  handshake_response answer() {
    const auto told = read_response(wire::bytes(wire::body_of(said())));
    REQUIRE(told);
    return *told;
  }
  // Up to our answer, which is thrown away.
  void begin() {
    CHECK(hear({}) == login_want::input);
    CHECK(hear(written(0, server)) == login_want::input);
    said();
  }
  std::string failure_text() const { return login->failure().text_for_client; }
  bool fails_with(std::string_view text) const {
    return failure_text().find(text) != std::string::npos;
  }
};

std::string proof(auth_plugin by, std::string_view with = nonce) {
  return std::string(proof_of(by, key_of(by, "secret").view(), with).view());
}

}  // namespace

TEST_CASE("a server is asked for the compression that is set, if it has it") {
  using enum compression;
  constexpr auto flags = capability::compress | capability::zstd;
  for (const auto& [wanted, has, asked] : {std::tuple{none, flags, capability_set{0}},
                                           {zlib, flags, capability::compress},
                                           {zstd, flags, capability::zstd},
                                           {zstd, capability::compress, capability_set{0}},
                                           {zlib, capability_set{0}, capability_set{0}}}) {
    attempt server;
    server.how.compresses = wanted;
    server.server.capabilities &= ~flags;
    server.server.capabilities |= has;
    server.start();
    CHECK(server.hear({}) == login_want::input);
    CHECK(server.hear(written(0, server.server)) == login_want::input);
    const auto said = server.answer();
    CHECK((said.capabilities & flags) == asked);
    CHECK(said.zstd_level == 3);
    CHECK(server.hear(wire::packet(2, "\1\3") + wire::packet(3, ok)) == login_want::admitted);
    CHECK((server.login->take_coder() != nullptr) == (asked != 0));
  }
}

TEST_CASE("a login by the fast proof, the server's bytes cut at every one") {
  attempt one;
  const auto greeting = written(0, one.server);
  const auto end = wire::packet(2, "\1\3") + wire::packet(3, ok);
  for (std::size_t cut = 0; cut <= greeting.size(); ++cut) {
    attempt server;
    CHECK(server.hear({}) == login_want::input);
    CHECK(server.hear(std::string_view(greeting).substr(0, cut)) == login_want::input);
    CHECK(server.hear(server.left + greeting.substr(cut)) == login_want::input);
    const auto answer = server.answer();
    CHECK(answer.user == "joe");
    CHECK(answer.database == "shop");
    CHECK(answer.plugin == "caching_sha2_password");
    CHECK(answer.proof == proof(auth_plugin::caching_sha2));
    const auto at = std::min(cut, end.size());
    const auto early = server.hear(std::string_view(end).substr(0, at));
    CHECK(early == (at == end.size() ? login_want::admitted : login_want::input));
    CHECK(server.hear(server.left + end.substr(at) + "rest") == login_want::admitted);
    CHECK(server.left.ends_with("rest"));
  }
}

TEST_CASE("what the server told") {
  attempt server;
  server.begin();
  CHECK(server.hear(wire::packet(2, ok)) == login_want::admitted);
  const auto& told = server.login->greeting();
  CHECK(told.key == cancel_key{42, ""});
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"version", "10.11.6-MariaDB-log"},
      {"connection_id", "42"},
      {"capabilities",
       std::to_string(asked_of_server(server.server.capabilities, shaping_without_client(), true))},
      {"collation", "45"},
      {"database", "shop"},
      {"flavour", "mariadb"}};
  CHECK(told.parameters == expected);
}

TEST_CASE("what the client has is asked for, as far as the server has it") {
  attempt server;
  write_traits({capability::found_rows | capability::deprecate_eof, 33, {{"_os", "Linux"}}},
               server.how.request);
  server.server.capabilities &= ~capability::deprecate_eof;
  server.start();
  server.hear(written(0, server.server));
  const auto answer = server.answer();
  CHECK((answer.capabilities & capability::found_rows) != 0);
  CHECK((answer.capabilities & (capability::deprecate_eof | capability::session_track)) == 0);
  CHECK(answer.collation == 33);
  CHECK(answer.attributes.front().second == "Linux");
}

TEST_CASE("each method that a server may switch to") {
  attempt server;
  for (const auto by : {auth_plugin::native, auth_plugin::caching_sha2}) {
    server.start();
    server.begin();
    const auto asked = written(2, auth_switch{std::string(to_string(by)), other_nonce});
    CHECK(server.hear(asked) == login_want::input);
    CHECK(server.said() == wire::packet(3, proof(by, other_nonce)));
    CHECK(server.hear(wire::packet(4, ok)) == login_want::admitted);
  }
  // One after the other, as MariaDB does; but not without end.
  server.start();
  server.begin();
  auto want = login_want::input;
  for (std::uint8_t number = 2; number < 40 && want == login_want::input; number += 2) {
    want = server.hear(written(number, auth_switch{"mysql_native_password", nonce}));
  }
  CHECK(want == login_want::failed);
}

TEST_CASE("the whole password goes in clear where nobody listens, and else under a key") {
  static rsa_key_pair pair;
  attempt local;
  local.how.unix_socket = true;
  local.start();
  local.begin();
  CHECK(local.hear(wire::packet(2, "\1\4")) == login_want::input);
  CHECK(local.said() == wire::packet(3, wire::text("secret\0")));
  CHECK(local.hear(wire::packet(4, ok)) == login_want::admitted);

  attempt open;
  open.begin();
  CHECK(open.hear(wire::packet(2, "\1\4")) == login_want::input);
  CHECK(open.said() == wire::packet(3, "\2"));
  CHECK(open.hear(wire::packet(4, "\1" + pair.public_pem())) == login_want::input);
  const auto said = open.said();
  CHECK(wire::number_of(said) == 5);
  const auto masked = pair.decrypt(wire::body_of(said));
  REQUIRE(masked);
  CHECK(unmasked_password(masked->view(), nonce)->view() == "secret");
  CHECK(open.hear(wire::packet(6, ok)) == login_want::admitted);

  open.start();
  open.begin();
  open.hear(wire::packet(2, "\1\4"));
  CHECK(open.hear(wire::packet(4, "\1no key")) == login_want::failed);
  CHECK(open.fails_with("no RSA key"));
  open.start();
  open.begin();
  open.hear(wire::packet(2, "\1\4"));
  CHECK(open.hear(wire::packet(4, ok)) == login_want::failed);
}

TEST_CASE("mysql_clear_password where nobody listens, and nowhere else") {
  const auto asked = written(2, auth_switch{"mysql_clear_password", ""});
  attempt open;
  open.begin();
  CHECK(open.hear(asked) == login_want::failed);
  CHECK(open.fails_with("in clear text over an unencrypted"));
  CHECK(open.said().empty());
  open.how.unix_socket = true;
  open.start();
  open.begin();
  CHECK(open.hear(asked) == login_want::input);
  CHECK(open.said() == wire::packet(3, wire::text("secret\0")));
}

TEST_CASE("what each TLS mode makes of a server with and without it") {
  for (const auto& [mode, local, has, want] :
       {std::tuple{tls_mode::disable, false, true, login_want::input},
        {tls_mode::allow, false, false, login_want::input},
        {tls_mode::allow, false, true, login_want::tls},
        {tls_mode::allow, true, true, login_want::input},
        {tls_mode::require, false, true, login_want::tls},
        {tls_mode::require, false, false, login_want::failed},
        {tls_mode::verify_full, false, false, login_want::failed}}) {
    attempt server(mode);
    server.how.unix_socket = local;
    server.start();
    if (has) server.server.capabilities |= capability::ssl;
    CHECK(server.hear({}) == login_want::input);
    CHECK(server.hear(written(0, server.server)) == want);
    if (want == login_want::failed) CHECK(server.fails_with("does not take TLS"));
    if (want != login_want::tls) continue;
    CHECK(is_tls_request(wire::bytes(wire::body_of(server.said()))));
    CHECK(server.hear({}) == login_want::tls);
    CHECK(server.login->encrypted({true, "", ""}) == login_want::input);
    const auto said = server.said();
    CHECK(wire::number_of(said) == 2);
    CHECK((read_response(wire::bytes(wire::body_of(said)))->capabilities & capability::ssl) != 0);
    CHECK(server.hear(wire::packet(3, "\1\4")) == login_want::input);
    CHECK(server.said() == wire::packet(4, wire::text("secret\0")));
  }
  attempt stuffed(tls_mode::allow);
  stuffed.server.capabilities |= capability::ssl;
  CHECK(stuffed.hear(written(0, stuffed.server) + "x") == login_want::failed);
  CHECK(stuffed.fails_with("unencrypted bytes"));
}

TEST_CASE("a hash that a client has proved signs in by its own method alone") {
  attempt server;
  server.how.who = {.user = "joe",
                    .verifier = native_verifier("secret"),
                    .proven = key_of(auth_plugin::native, "secret")};
  server.start();
  server.hear(written(0, server.server));
  const auto answer = server.answer();
  CHECK(answer.plugin == "mysql_native_password");
  CHECK(answer.proof == proof(auth_plugin::native));
  CHECK(server.hear(written(2, auth_switch{"caching_sha2_password", nonce})) == login_want::failed);
  CHECK(server.fails_with("only the hash of mysql_native_password is known"));
  CHECK(server.login->failure().whose == fault::us);

  server.how.who.proven = {};
  server.start();
  server.begin();
  CHECK(server.hear(written(2, auth_switch{"mysql_native_password", nonce})) == login_want::failed);
  CHECK(server.fails_with("only what servers store"));
}

TEST_CASE("a password that was proved against what is stored answers everything") {
  attempt server;
  server.how.who = {.user = "joe",
                    .verifier = "$A$005$01234567890123456789" + std::string(43, '.'),
                    .proven = wiped("secret")};
  server.start();
  server.hear(written(0, server.server));
  CHECK(server.answer().proof == proof(auth_plugin::caching_sha2));
  CHECK(server.hear(written(2, auth_switch{"mysql_native_password", nonce})) == login_want::input);
  CHECK(server.said() == wire::packet(3, proof(auth_plugin::native)));
}

TEST_CASE("without a password a server may still let us in") {
  attempt server(tls_mode::disable, "");
  server.hear(written(0, server.server));
  CHECK(server.answer().proof.empty());
  CHECK(server.hear(written(2, auth_switch{"mysql_native_password", nonce})) == login_want::input);
  CHECK(server.said() == wire::packet(3, ""));
  CHECK(server.hear(wire::packet(4, "\xff\x15\x04#28000Access denied")) == login_want::failed);
  CHECK(server.failure_text() == "Access denied");
  server.start();
  server.begin();
  CHECK(server.hear(wire::packet(2, "\1\4")) == login_want::failed);
  CHECK(server.fails_with("no password is configured"));
}

TEST_CASE("an error in place of the greeting") {
  const auto blocked = wire::packet(0, "\xff\x69\x04Host 'h' is blocked");
  attempt server;
  CHECK(server.hear(blocked) == login_want::failed);
  CHECK(server.failure_text() == "Host 'h' is blocked");
  CHECK(server.login->failure().kind == error_kind::limit);
  attempt strict(tls_mode::require);
  CHECK(strict.hear(blocked) == login_want::failed);
  CHECK(strict.failure_text().find("Host") == std::string::npos);
  CHECK(strict.login->failure().detail_for_log == "server: 1129 ");
}

TEST_CASE("bytes that are no login") {
  for (const auto& written :
       {wire::packet(0, ""), wire::packet(1, "\x0a"), wire::packet(0, "\x09old"),
        wire::packet(0, "\x0a"), wire::text("\xff\xff\xff\0")}) {
    attempt server;
    CHECK(server.hear(written) == login_want::failed);
    CHECK(server.login->failure().whose == fault::server);
    CHECK_FALSE(server.failure_text().empty());
  }
  for (const auto& body :
       {wire::text(""), wire::text("\2"), wire::text("\1"), wire::text("\1\5"),
        wire::text("\1-----BEGIN"), wire::text("\0"), wire::text("\xfe"), wire::text("\xff"),
        wire::text("\xfe"
                   "client_ed25519\0"),
        wire::text("\xfemysql_native_password\0short\0")}) {
    attempt server;
    server.begin();
    CHECK(server.hear(wire::packet(2, body)) == login_want::failed);
    CHECK_FALSE(server.failure_text().empty());
    CHECK(server.said().empty());
  }
  attempt unasked;
  CHECK(unasked.login->encrypted({}) == login_want::failed);
}
