// client_ed25519, MariaDB's own method: a signature over the server's nonce by a key that is made
// of the password; servers store what checks it, and can sign nothing with that. It is Ed25519 but
// for one thing: where that has a seed of 32 bytes the password stands, whatever its length.
// OpenSSL has no keys of such a making, so libsodium's arithmetic of the curve does it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "backends/wiped.hpp"

namespace skein::mysql::ed25519 {

inline constexpr std::size_t nonce_bytes = 32;
inline constexpr std::size_t key_bytes = 32;
inline constexpr std::size_t signature_bytes = 64;

std::string public_key(std::string_view password);
std::string signature(std::string_view password, std::string_view nonce);
bool holds(std::string_view signature, std::string_view nonce, std::string_view public_key);

}  // namespace skein::mysql::ed25519
