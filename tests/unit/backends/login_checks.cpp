// Whom a listener lets in at all, and in whose words it says no.
#include "backends/login_checks.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace skein;

namespace {

constexpr login_words words = {
    .requires_tls = "ask for TLS", .shows_certificate = "show a certificate", .quote = '\''};

tls_facts encrypted(std::string peer = {}) {
  return {.encrypted = true, .endpoint_hash = {}, .peer_name = std::move(peer)};
}

std::string said(const std::optional<error>& mistake) {
  if (!mistake) return "";
  CHECK(mistake->kind == error_kind::login);
  CHECK(mistake->sqlstate == "28000");
  return mistake->text_for_client;
}

}  // namespace

TEST_CASE("how encrypted a client has to be, and who its certificate may name") {
  const std::string none = "only encrypted connections are taken here: ask for TLS";
  const std::string shown = "a client certificate is required here: show a certificate";
  const std::string other =
      "the client certificate is not of user 'ann': connect with a "
      "certificate whose common name is the user's name";
  struct row {
    tls_mode mode;
    tls_facts facts;
    std::string says;
  };
  for (const auto& [mode, facts, says] :
       {row{tls_mode::disable, {}, ""}, row{tls_mode::allow, {}, ""},
        row{tls_mode::require, {}, none}, row{tls_mode::require, encrypted(), ""},
        row{tls_mode::verify_ca, encrypted(), shown},
        row{tls_mode::verify_ca, encrypted("bob"), ""}, row{tls_mode::verify_full, {}, none},
        row{tls_mode::verify_full, encrypted("bob"), other},
        row{tls_mode::verify_full, encrypted("ann"), ""}}) {
    CAPTURE(static_cast<int>(mode));
    client_login_settings how;
    how.tls = mode;
    CHECK(said(encryption_mistake(how, facts, "ann", words)) == says);
    how.unix_socket = true;
    CHECK(said(encryption_mistake(how, facts, "ann", words)).empty());
  }
}

TEST_CASE("the first rule that fits says how a client proves who it is") {
  std::vector<login_rule> rules(3);
  rules[0].user = "eve";
  rules[0].method = proof_method::reject;
  rules[1].user = "ann";
  rules[1].tls = rule_tls::required;
  rules[1].method = proof_method::certificate;
  rules[2].database = "app";
  rules[2].method = proof_method::trust;
  client_login_settings how;
  CHECK(wanted_proof(how, {}, "ann", "app", words).value() == std::nullopt);
  how.rules = rules;
  const auto asked = [&](const tls_facts& facts, std::string_view user, std::string_view database) {
    return wanted_proof(how, facts, user, database, words);
  };
  CHECK(asked({}, "ann", "app").value() == proof_method::trust);
  CHECK(asked(encrypted("ann"), "ann", "app").value() == proof_method::certificate);
  CHECK(said(asked(encrypted(), "ann", "app").error()) ==
        "a client certificate is required here: show a certificate");
  CHECK(said(asked(encrypted("bob"), "ann", "app").error()) ==
        "the client certificate is not of user 'ann'");
  CHECK(said(asked({}, "eve", "app").error()) ==
        "the rules of this listener do not let user 'eve' in to database 'app' from where you are, "
        "without TLS");
  CHECK(said(asked(encrypted(), "bob", "other").error()) ==
        "the rules of this listener do not let user 'bob' in to database 'other' from where you "
        "are, with TLS");
}

TEST_CASE("who is believed without a proof must be known all the same") {
  const credentials plain{.user = "ann"};
  const credentials trusted{.user = "ann", .password = {}, .trusted = true};
  CHECK_FALSE(is_believed(std::nullopt, std::nullopt));
  CHECK_FALSE(is_believed(proof_method::trust, std::nullopt));
  CHECK_FALSE(is_believed(std::nullopt, plain));
  CHECK(is_believed(std::nullopt, trusted));
  CHECK(is_believed(proof_method::trust, plain));
  CHECK(is_believed(proof_method::certificate, plain));
  CHECK_FALSE(is_believed(proof_method::scram, trusted));
}
