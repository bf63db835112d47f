// What a stranger must neither guess nor find out byte by byte: random secrets, and comparing them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace skein::net {

std::optional<std::string> random_bytes(std::size_t count);  // nullopt: the system has none to give
// Likewise, where nothing can go on without them: throws.
std::string random_secret(std::size_t count);
// In a time that depends on the lengths alone.
bool equal_in_constant_time(std::string_view one, std::string_view other);

}  // namespace skein::net
