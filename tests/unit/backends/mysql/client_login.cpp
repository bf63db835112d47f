#include "backends/mysql/client_login.hpp"

#include <doctest/doctest.h>

#include "tests/unit/backends/mysql/signing_in.hpp"

using namespace skein;
using namespace skein::mysql;
using namespace skein::mysql::signing_in;

TEST_CASE("the greeting offers what can be done, TLS where it can") {
  for (const auto& [mode, local, tls] : {std::tuple{tls_mode::disable, false, false},
                                         {tls_mode::allow, false, true},
                                         {tls_mode::require, false, true},
                                         {tls_mode::require, true, false}}) {
    attempt client(mode, local);
    const auto told = client.meet();
    CHECK(((told.capabilities & capability::ssl) != 0) == tls);
    CHECK(told.plugin == "caching_sha2_password");
    CHECK(told.version.starts_with("8.0."));
    CHECK(told.nonce.size() == nonce_bytes);
    CHECK(told.connection_id == 0x80000007);
  }
}

TEST_CASE("what the client agreed on travels with its request") {
  attempt client;
  client.meet();
  client.answer.capabilities |= capability::found_rows | capability::compress |
                                capability::connect_attrs | capability::query_attributes;
  client.answer.attributes = {{"program_name", "shop"}};
  CHECK(client.respond("pencil") == login_want::secret);
  const auto traits = read_traits(client.login->request());
  CHECK(traits.collation == 255);
  CHECK(traits.shaped ==
        (capability::found_rows | capability::deprecate_eof | capability::session_track |
         capability::multi_statements | capability::multi_results));
  CHECK(traits.attributes.front().second == "shop");
}

TEST_CASE("a client chooses how it is compressed, which is nobody else's matter") {
  const auto coded = [](capability_set flags, std::uint8_t level, std::string& refused) {
    attempt client;
    client.meet();
    client.answer.capabilities |= flags | capability::connect_attrs;
    client.answer.zstd_level = level;
    refused.clear();
    if (client.respond("pencil") != login_want::secret) {
      refused = wire::error_in(client.heard());
      return std::string();
    }
    CHECK(read_traits(client.login->request()).shaped ==
          shaping(usual_flags | capability::multi_results));
    REQUIRE(client.login->credential(with_password("pencil")) == login_want::admitted);
    CHECK(client.login->welcome("", {}).ends_with(wire::text("\0\0\0\2\0\0\0")));
    const auto by = client.login->take_coder();
    if (!by) return std::string();
    std::string out;
    by->encode(wire::bytes(wire::packet(1, std::string(1000, 'x'))), out);
    return out;
  };
  std::string refused;
  CHECK(coded(0, 3, refused).empty());
  CHECK(refused.empty());
  CHECK(coded(capability::compress, 3, refused).substr(7, 1) == "\x78");  // as zlib begins
  const std::string magic = "\x28\xb5\x2f\xfd";
  for (const int level : {1, 3, 22})
    CHECK(coded(capability::zstd, static_cast<std::uint8_t>(level), refused).substr(7, 4) == magic);
  // Servers take the elder where both are named, and libraries know that.
  CHECK(coded(capability::zstd | capability::compress, 3, refused).substr(7, 1) == "\x78");
  for (const int level : {0, 23, 255}) {
    CHECK(coded(capability::zstd, static_cast<std::uint8_t>(level), refused).empty());
    CHECK(refused == "1043 08S01 zstd has no level " + std::to_string(level) + ": 1 to 22");
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
                          {tls_mode::require, false, "", false, "ssl-mode=REQUIRED"},
                          {tls_mode::require, false, "", true, ""},
                          {tls_mode::require, true, "", false, ""},
                          {tls_mode::verify_ca, true, "", false, "client certificate is required"},
                          {tls_mode::verify_ca, true, "bob", false, ""},
                          {tls_mode::verify_full, true, "bob", false, "common name"},
                          {tls_mode::verify_full, true, "ann", false, ""}}) {
    attempt client(one.mode, one.unix_socket);
    client.meet();
    if (one.encrypted) REQUIRE(client.encrypt(one.peer_name) == login_want::input);
    const auto want = client.respond("pencil", one.encrypted ? 2 : 1);
    const std::string refusal = one.refusal;
    CHECK(want == (refusal.empty() ? login_want::secret : login_want::failed));
    if (refusal.empty()) continue;
    const auto heard = client.heard();
    CHECK(wire::error_in(heard).starts_with("1045 28000 "));
    CHECK(wire::error_in(heard).find(refusal) != std::string::npos);
    CHECK(wire::number_of(heard) == (one.encrypted ? 3 : 2));
  }
}

TEST_CASE("what stands behind a request for TLS is left to the handshake") {
  attempt client(tls_mode::allow);
  client.meet();
  CHECK(client.say(written_tls_request(1, client.asking_for_tls()) + "\x16\x03\x01") ==
        login_want::tls);
  CHECK(client.left == "\x16\x03\x01");
  CHECK(client.heard().empty());

  attempt unasked;
  unasked.meet();
  CHECK(unasked.say(written_tls_request(1, unasked.asking_for_tls())) == login_want::failed);
  CHECK(wire::error_in(unasked.heard()).starts_with("1043 08S01 "));

  attempt twice(tls_mode::allow);
  twice.meet();
  twice.encrypt();
  CHECK(twice.say(written_tls_request(2, twice.asking_for_tls())) == login_want::failed);
}

TEST_CASE("the rules decide who comes in, and how") {
  for (const auto& [method, encrypted, peer_name, known, end] :
       {std::tuple{proof_method::scram, false, "", true, login_want::failed},
        {proof_method::trust, false, "", true, login_want::admitted},
        {proof_method::trust, false, "", false, login_want::failed},
        {proof_method::certificate, true, "ann", true, login_want::admitted},
        {proof_method::md5, false, "", true, login_want::failed}}) {
    attempt client(tls_mode::allow);
    const login_rule rules[] = {{.user = "bob", .method = proof_method::reject},
                                {.user = "ann", .method = method}};
    client.how.rules = rules;
    client.login.emplace(client.how, client.shared);
    client.meet();
    if (encrypted) client.encrypt(peer_name);
    CHECK(client.respond("wrong", encrypted ? 2 : 1) == login_want::secret);
    CHECK(client.login->credential(known ? std::optional(with_password("pencil")) : std::nullopt) ==
          end);
  }
  for (const std::string user : {"bob", "eve", "ann"}) {
    attempt client;
    const login_rule rules[] = {{.user = "bob", .method = proof_method::reject},
                                {.user = "ann", .method = proof_method::certificate}};
    client.how.rules = rules;
    client.login.emplace(client.how, client.shared);
    client.meet();
    client.answer.user = user;
    CHECK(client.respond("pencil") == login_want::failed);
    CHECK(wire::error_in(client.heard())
              .starts_with(user == "ann" ? "1045 28000 a client certificate is required"
                                         : "1045 28000 the rules of this listener"));
  }
}

TEST_CASE("bytes that are no login") {
  for (const auto& written : {wire::packet(0, "x"), wire::packet(1, ""), wire::packet(1, "x"),
                              wire::packet(1, std::string(40, '\xff')),
                              wire::text("\xff\xff\xff\1"), wire::packet(2, "GET / HTTP/1.1")}) {
    attempt client;
    client.meet();
    CHECK(client.say(written) == login_want::failed);
    const auto heard = client.heard();
    CHECK(wire::error_in(heard).starts_with("1043 08S01 "));
    CHECK(wire::number_of(heard) == 2);
    CHECK(client.say({}) == login_want::failed);  // it stays so
  }
  attempt nameless;
  nameless.meet();
  nameless.answer.user.clear();
  CHECK(nameless.respond("pencil") == login_want::failed);
  attempt endless;
  endless.meet();
  endless.answer.user = std::string(1000, 'x');
  CHECK(endless.respond("pencil") == login_want::failed);
}

TEST_CASE("a refusal at each moment has the number that the client waits for") {
  const error full{error_kind::limit, fault::us, {}, "full", {}};
  attempt client;
  CHECK(client.login->refuse(full) == wire::packet(0,
                                                   "\xff\x10\x04"
                                                   "full"));

  client.login.emplace(client.how, client.shared);
  client.meet();
  const auto waiting = client.login->refuse(full);
  CHECK(wire::number_of(waiting) == 1);
  CHECK(wire::error_in(waiting) == "1040 08004 full");
  CHECK(client.login->failure().text_for_client == "full");

  client.login.emplace(client.how, client.shared);
  client.meet();
  client.respond("pencil");
  CHECK(client.login->credential(with_password("pencil")) == login_want::admitted);
  const auto late = client.login->refuse(full);
  CHECK(late.starts_with(wire::packet(2, "\1\3")));
  CHECK(wire::number_of(late.substr(6)) == 3);

  attempt deaf(tls_mode::allow);
  deaf.meet();
  deaf.say(written_tls_request(1, deaf.asking_for_tls()));
  CHECK(deaf.login->refuse(full).empty());
}
