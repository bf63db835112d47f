#include "backends/login_checks.hpp"

#include <utility>

namespace skein {

namespace {

std::string quoted(std::string_view name, const login_words& words) {
  return words.quote + std::string(name) + words.quote;
}

std::string wants_certificate(const login_words& words) {
  return "a client certificate is required here: " + std::string(words.shows_certificate);
}

}  // namespace

error protocol_mistake(std::string text) {
  return {error_kind::protocol, fault::client, {}, std::move(text), {}};
}

error refused_login(std::string text) {
  return {error_kind::login, fault::client, "28000", std::move(text), {}};
}

std::optional<error> encryption_mistake(const client_login_settings& how, const tls_facts& facts,
                                        std::string_view user, const login_words& words) {
  if (how.unix_socket || how.tls < tls_mode::require) return std::nullopt;
  if (!facts.encrypted)
    return refused_login("only encrypted connections are taken here: " +
                         std::string(words.requires_tls));
  if (how.tls >= tls_mode::verify_ca && facts.peer_name.empty())
    return refused_login(wants_certificate(words));
  if (how.tls == tls_mode::verify_full && facts.peer_name != user)
    return refused_login("the client certificate is not of user " + quoted(user, words) +
                         ": connect with a certificate whose common name is the user's name");
  return std::nullopt;
}

std::expected<std::optional<proof_method>, error> wanted_proof(const client_login_settings& how,
                                                               const tls_facts& facts,
                                                               std::string_view user,
                                                               std::string_view database,
                                                               const login_words& words) {
  if (how.rules.empty()) return std::nullopt;
  const auto* rule = first_fit(how.rules, {how.from, user, database, facts.encrypted});
  if (!rule || rule->method == proof_method::reject)
    return std::unexpected(refused_login("the rules of this listener do not let user " +
                                         quoted(user, words) + " in to database " +
                                         quoted(database, words) + " from where you are, " +
                                         (facts.encrypted ? "with TLS" : "without TLS")));
  if (rule->method == proof_method::certificate && !names_user(*rule, facts.peer_name, user))
    return std::unexpected(refused_login(
        facts.peer_name.empty() ? wants_certificate(words)
                                : "the client certificate is not of user " + quoted(user, words)));
  return rule->method;
}

bool is_believed(std::optional<proof_method> wanted, const std::optional<credentials>& known) {
  if (!known) return false;
  if (!wanted) return known->trusted;
  return *wanted == proof_method::trust || *wanted == proof_method::certificate;
}

}  // namespace skein
