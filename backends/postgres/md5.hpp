// The older method: the hash that servers with `password_encryption = md5` store, and the answer to
// their challenge. It is as good as the password: who has the hash can sign in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/login.hpp"

namespace skein::postgres {

// "md5" and 32 hexadecimal letters, as pg_authid has it.
bool is_md5_hash(std::string_view text);

// From the password, or from the hash where that is the verifier. nullopt where the machine's
// policy forbids MD5.
std::optional<std::string> md5_answer(const credentials& who, std::string_view salt);

}  // namespace skein::postgres
