// The primitives of OpenSSL under SCRAM and md5, over plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skein::postgres {

using sha256_digest = std::array<unsigned char, 32>;

std::string_view as_text(const sha256_digest& digest);
void wipe(sha256_digest& key);

sha256_digest sha256(std::string_view text);
sha256_digest hmac_sha256(std::string_view key, std::string_view text);
sha256_digest pbkdf2_sha256(std::string_view password, std::string_view salt,
                            std::uint32_t iterations);
// 32 hexadecimal letters; nullopt where the machine's policy forbids MD5.
std::optional<std::string> md5_hex(std::string_view text);

std::string base64(std::string_view bytes);
// Strict: padding wanted, nothing else allowed between.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace skein::postgres
