// What the logins of clients share on every wire: whether a listener lets such a client in at all,
// by its encryption and by the first rule that fits, and how it then has to prove who it is.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "backends/backend.hpp"

namespace skein {

// How the people of one wire name things.
struct login_words {
  std::string_view requires_tls;       // "connect with sslmode=require or stronger"
  std::string_view shows_certificate;  // "connect with sslcert and sslkey set"
  char quote = '"';                    // around names
};

error protocol_mistake(std::string text);
error refused_login(std::string text);

std::optional<error> encryption_mistake(const client_login_settings& how, const tls_facts& facts,
                                        std::string_view user, const login_words& words);
// What the first rule that fits wants, or why the client cannot come in at all; nothing where there
// are no rules.
std::expected<std::optional<proof_method>, error> wanted_proof(const client_login_settings& how,
                                                               const tls_facts& facts,
                                                               std::string_view user,
                                                               std::string_view database,
                                                               const login_words& words);
// Without a proof of its own.
bool is_believed(std::optional<proof_method> wanted, const std::optional<credentials>& known);

}  // namespace skein
