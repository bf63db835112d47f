// What servers store in a password's stead, as mysql.user shows it: of mysql_native_password a star
// and 40 hexadecimal letters, of caching_sha2_password `$A$005$` (thousands of rounds), a salt of
// 20 bytes and the hash that SHA-crypt makes of both. The first can check a proof; the second only
// the password itself. Of client_ed25519 it is a public key, 43 letters that could be a password:
// here `$ed25519$` stands before it.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "backends/login.hpp"
#include "backends/mysql/scramble.hpp"

namespace skein::mysql {

struct stored_password {
  auth_plugin by = auth_plugin::native;
  // native: SHA1(SHA1(password)); caching_sha2: 43 letters; ed25519: the public key
  std::string digest = {};
  std::string salt = {};
  std::uint32_t rounds = 0;
};
std::optional<stored_password> read_stored_password(std::string_view verifier);
inline constexpr std::string_view ed25519_prefix = "$ed25519$";
// Of a password: for tests and for whoever wants to store one.
std::string native_verifier(std::string_view password);
std::string ed25519_verifier(std::string_view password);

// A longer one is nobody's, and would cost the square of its length to look at.
inline constexpr std::size_t password_bytes_max = 256;
// Takes a core milliseconds, by intent.
bool fits(const stored_password& stored, std::string_view password);
// The letters of SHA-crypt's hash over SHA-256.
std::string sha256_crypt(std::string_view password, std::string_view salt, std::uint32_t rounds);

// What the settings or a server have of a user: a password, or one of the above, the second also as
// `0x` and hexadecimal letters, for its salt is no text. The error is the rest of a sentence that
// begins with it.
std::expected<credentials, std::string> credentials_of(std::string user, std::string stored);

}  // namespace skein::mysql
