// The texts of SCRAM: `a=value` attributes between commas, in a fixed order.
#pragma once

#include <optional>
#include <string_view>

#include "backends/postgres/digest.hpp"

namespace skein::postgres {

// The value of the attribute at the front of `text`, which must be `name`; it and the comma behind
// it are taken off. nullopt: another attribute, or none.
std::optional<std::string_view> take_attribute(std::string_view& text, char name);

// What a nonce may consist of: printable ASCII without a comma, and at least one letter.
bool is_nonce(std::string_view text);

// The proof is the key xor its signature; applied again it gives the key back.
sha256_digest exclusive_or(const sha256_digest& one, std::string_view other);

}  // namespace skein::postgres
