#include "backends/mysql/client_login.hpp"

#include <doctest/doctest.h>

#include "backends/mysql/replies.hpp"
#include "tests/unit/backends/mysql/bytes.hpp"

using namespace skein;
using namespace skein::mysql;

namespace {

constexpr capability_set usual_flags = capability::protocol_41 | capability::secure_connection |
                                       capability::plugin_auth | capability::plugin_auth_lenenc |
                                       capability::long_password | capability::deprecate_eof |
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

credentials with_password(std::string password) {
  return {.user = "ann", .password = std::move(password)};
}
credentials with_verifier(std::string verifier) {
  return {.user = "ann", .verifier = std::move(verifier)};
}

std::string sha2_verifier(std::string_view password) {
  const std::string salt = "01234567890123456789";
  return "$A$005$" + salt + sha256_crypt(password, salt, 5000);
}

const std::string denied = "1045 28000 Access denied for user 'ann'@'192.0.2.7' (using password: ";

}  // namespace

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
    CHECK(told.connection_id == client.login->connection_id());
  }
}

TEST_CASE("a password is proved by the fast proof, the answer cut at every byte") {
  for (std::size_t cut = 0;; ++cut) {
    attempt client;
    client.meet();
    client.answer.proof = client.proof("pencil");
    client.answer.capabilities |= capability::connect_with_db;
    client.answer.database = "shop";
    const auto all = written(1, client.answer);
    if (cut > all.size()) break;
    const auto early = client.say(std::string_view(all).substr(0, cut));
    CHECK(early == (cut == all.size() ? login_want::secret : login_want::input));
    CHECK(client.say(client.left + all.substr(cut) + "rest") == login_want::secret);
    CHECK(client.left == "rest");
    CHECK(client.login->request().user == "ann");
    CHECK(client.login->request().database == "shop");
    CHECK(client.login->credential(with_password("pencil")) == login_want::admitted);
    CHECK(client.login->welcome("", {1, ""}) ==
          wire::packet(2, "\1\3") + wire::packet(3, wire::text("\0\0\0\2\0\0\0")));
    CHECK(client.login->take_proven().empty());
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

TEST_CASE("a wrong password, none and no such user end alike") {
  for (const bool derives : {true, false}) {
    for (const std::string plugin : {"caching_sha2_password", "mysql_native_password"}) {
      for (const bool exists : {true, false}) {
        attempt client;
        client.how.derives_keys = derives;
        client.login.emplace(client.how, client.shared);
        if (plugin == "mysql_native_password") client.shared.usual = auth_plugin::native;
        client.meet();
        client.answer.plugin = plugin;
        CHECK(client.respond("wrong") == login_want::secret);
        std::optional<credentials> known;
        if (exists && derives) known = with_password("pencil");
        if (exists && !derives)
          known = with_verifier(plugin == "mysql_native_password" ? native_verifier("pencil")
                                                                  : sha2_verifier("pencil"));
        auto want = client.login->credential(known);
        auto heard = client.heard();
        if (!derives && plugin == "caching_sha2_password") {
          CHECK(want == login_want::input);
          CHECK(heard == wire::packet(2, "\1\4"));
          CHECK(client.say(wire::packet(3, "\2")) == login_want::input);
          heard = client.heard();
          CHECK(wire::body_of(heard).starts_with("\1-----BEGIN PUBLIC KEY-----"));
          const auto pem = wire::body_of(heard).substr(1);
          const auto secret = rsa_encrypt(pem, masked_password("wrong", client.nonce).view());
          want = client.say(wire::packet(5, *secret));
          heard = client.heard();
          CHECK(wire::number_of(heard) == 6);
        } else {
          CHECK(wire::number_of(heard) == 2);
        }
        CHECK(want == login_want::failed);
        CHECK(wire::error_in(heard) == denied + "YES)");
      }
    }
  }
}

TEST_CASE("an empty password lets nobody in") {
  const std::optional<credentials> all[] = {with_password(""), with_password("pencil"),
                                            with_verifier(native_verifier("pencil")), std::nullopt};
  for (const auto& known : all) {
    attempt client;
    client.meet();
    client.answer.plugin = "mysql_native_password";
    CHECK(client.respond("") == login_want::secret);
    CHECK(client.login->credential(known) == login_want::failed);
    CHECK(wire::error_in(client.heard()) == denied + "NO)");
  }
}

TEST_CASE("what is stored asks for its own method, and the proof reveals a key") {
  attempt client;
  client.meet();
  CHECK(client.respond("pencil") == login_want::secret);
  CHECK(client.login->credential(with_verifier(native_verifier("pencil"))) == login_want::input);
  const auto heard = client.heard();
  CHECK(wire::number_of(heard) == 2);
  const auto asked = read_auth_switch(wire::bytes(wire::body_of(heard)));
  REQUIRE(asked);
  CHECK(asked->plugin == "mysql_native_password");
  CHECK(asked->nonce != client.nonce);
  const auto key = key_of(auth_plugin::native, "pencil");
  const auto proof = proof_of(auth_plugin::native, key.view(), asked->nonce);
  CHECK(client.say(wire::packet(3, proof.view())) == login_want::admitted);
  CHECK(client.login->take_proven().view() == key.view());
  CHECK(client.login->take_proven().empty());
  CHECK(client.login->welcome("", {}) == wire::packet(4, wire::text("\0\0\0\2\0\0\0")));
}

TEST_CASE("a stored caching_sha2_password wants the password once, and the fast proof after") {
  const auto known = with_verifier(sha2_verifier("pencil"));
  attempt first(tls_mode::allow);
  first.meet();
  first.encrypt();
  CHECK(first.respond("pencil", 2) == login_want::secret);
  CHECK(first.login->credential(known) == login_want::input);
  CHECK(first.heard() == wire::packet(3, "\1\4"));
  CHECK(first.say(wire::packet(4, wire::text("pencil\0"))) == login_want::admitted);
  CHECK(first.login->take_proven().view() == "pencil");
  CHECK(first.login->welcome("", {}) == wire::packet(5, wire::text("\0\0\0\2\0\0\0")));

  first.login.emplace(first.how, first.shared);
  first.meet();
  CHECK(first.respond("pencil", 1) == login_want::secret);
  CHECK(first.login->credential(known) == login_want::admitted);
  CHECK(first.heard() == wire::packet(2, "\1\3"));
  CHECK(first.login->take_proven().view() == "pencil");

  first.login.emplace(first.how, first.shared);
  first.meet();
  CHECK(first.respond("wrong", 1) == login_want::secret);
  CHECK(first.login->credential(known) == login_want::input);
  CHECK(first.say(wire::packet(3, wire::text("pencil\0"))) == login_want::failed);  // in clear
  CHECK(wire::error_in(first.heard().substr(6)) == denied + "YES)");
}

TEST_CASE("a client that knows one method alone") {
  attempt client;
  client.meet();
  client.answer.capabilities &= ~capability::plugin_auth;
  client.answer.plugin = "mysql_native_password";  // left out on the wire
  CHECK(client.respond("pencil") == login_want::secret);
  CHECK(client.login->credential(with_password("pencil")) == login_want::admitted);

  client.login.emplace(client.how, client.shared);
  client.meet();
  client.respond("pencil");
  CHECK(client.login->credential(with_verifier(sha2_verifier("pencil"))) == login_want::failed);
  CHECK(wire::error_in(client.heard()).starts_with("1235 42000 the client knows"));
}

TEST_CASE("a trusted user is let in by any method, and hears what its method waits for") {
  for (const auto& [plugin, password, first] :
       {std::tuple{"caching_sha2_password", "guess", "\1\3"},
        {"caching_sha2_password", "", ""},
        {"mysql_native_password", "guess", ""},
        {"mysql_clear_password", "", ""}}) {
    attempt client;
    client.meet();
    client.answer.plugin = plugin;
    CHECK(client.respond(password) == login_want::secret);
    CHECK(client.login->credential(credentials{.user = "ann", .trusted = true}) ==
          login_want::admitted);
    const std::string before = first;
    const auto expected = before.empty() ? std::string() : wire::packet(2, before);
    CHECK(client.login->welcome("", {}).starts_with(expected));
    CHECK(client.heard().empty());
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
