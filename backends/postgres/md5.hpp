// The password answer of servers that still run with `password_encryption = md5`. Towards clients
// Skein offers SCRAM alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/login.hpp"

namespace skein::postgres {

// nullopt where the machine's policy forbids MD5.
std::optional<std::string> md5_answer(const credentials& who, std::string_view salt);

}  // namespace skein::postgres
