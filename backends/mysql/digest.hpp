// The primitives of OpenSSL under MySQL's passwords, over plain values. What they return may be as
// good as a password, and is overwritten when it is let go of.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "backends/wiped.hpp"

namespace skein::mysql {

inline constexpr std::size_t sha1_bytes = 20;
inline constexpr std::size_t sha256_bytes = 32;

wiped sha1(std::string_view text);
wiped sha256(std::string_view text);
// As long as the first; the second is repeated as often as that takes.
wiped xored(std::string_view one, std::string_view other);
wiped joined(std::string_view one, std::string_view other);

}  // namespace skein::mysql
