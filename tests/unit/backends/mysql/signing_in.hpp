// A client that signs in to us, as tests play it.
#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

#include "backends/mysql/client_login.hpp"
#include "tests/unit/backends/mysql/bytes.hpp"

namespace skein::mysql::signing_in {

inline constexpr capability_set usual_flags =
    capability::protocol_41 | capability::secure_connection | capability::plugin_auth |
    capability::plugin_auth_lenenc | capability::long_password | capability::deprecate_eof |
    capability::session_track | capability::multi_statements;

struct attempt {
  login_shared shared;
  client_login_settings how = {};
  std::optional<mysql::client_login> login = {};
  std::string left = {};  // what the login did not take
  std::string nonce = {};
  handshake_response answer = {.capabilities = usual_flags,
                               .collation = 255,
                               .user = "ann",
                               .plugin = "caching_sha2_password"};

  explicit attempt(tls_mode tls = tls_mode::disable, bool unix_socket = false) {
    how.tls = tls;
    how.unix_socket = unix_socket;
    how.from = *read_address("192.0.2.7");
    how.session_id = 0x80000007;
    login.emplace(how, shared);
  }
  login_want say(std::string_view written) { return wire::feed(*login, written, left); }
  std::string heard() { return login->take_output(); }
  // The greeting.
  initial_greeting meet() {
    CHECK(say({}) == login_want::input);
    const auto told = read_greeting(wire::bytes(wire::body_of(heard())));
    REQUIRE(told);
    nonce = told->nonce;
    return *told;
  }
  std::string proof(std::string_view password) const {
    const auto by = plugin_named(answer.plugin);
    return std::string(proof_of(by, key_of(by, password).view(), nonce).view());
  }
  login_want respond(std::string_view password, std::uint8_t number = 1) {
    if (!password.empty()) answer.proof = proof(password);
    return say(written(number, answer));
  }
  login_want encrypt(const std::string& peer_name = {}) {
    REQUIRE(say(written_tls_request(1, asking_for_tls())) == login_want::tls);
    return login->encrypted({true, "", peer_name});
  }
  handshake_response asking_for_tls() const {
    auto what = answer;
    what.capabilities |= capability::ssl;
    return what;
  }
};

inline credentials with_password(std::string password) {
  return {.user = "ann", .password = std::move(password)};
}
inline credentials with_verifier(std::string verifier) {
  return {.user = "ann", .verifier = std::move(verifier)};
}

inline std::string sha2_verifier(std::string_view password) {
  const std::string salt = "01234567890123456789";
  return "$A$005$" + salt + sha256_crypt(password, salt, 5000);
}

inline const std::string denied =
    "1045 28000 Access denied for user 'ann'@'192.0.2.7' (using password: ";

}  // namespace skein::mysql::signing_in
