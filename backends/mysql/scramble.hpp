// How passwords are proved on this wire. Both usual methods are one scheme over two hashes: a key
// is the hash of the password, servers store the hash of the key, and a proof is the key under a
// mask that the stored hash and the server's nonce make. So who knows the stored hash reads the key
// out of a proof, and can sign in with it elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/wiped.hpp"

namespace skein::mysql {

enum class auth_plugin : std::uint8_t { native, caching_sha2, ed25519, clear, other };
auth_plugin plugin_named(std::string_view name);
std::string_view to_string(auth_plugin which);

inline constexpr std::size_t nonce_bytes = 20;
// Without zeros, which end it on the wire, and without what parts a stored password.
std::string random_nonce();

// Of `native` and `caching_sha2` alone.
std::size_t proof_size(auth_plugin by);
wiped key_of(auth_plugin by, std::string_view password);
wiped digest_of_key(auth_plugin by, std::string_view key);  // what a server stores
wiped proof_of(auth_plugin by, std::string_view key, std::string_view nonce);
// The key that the proof was made of, where it fits what is stored.
std::optional<wiped> key_in(auth_plugin by, std::string_view proof, std::string_view stored,
                            std::string_view nonce);

// caching_sha2_password where the server has to see the password itself.
namespace full_proof {
inline constexpr char fast_success = 0x03, wanted = 0x04;  // a server's, behind AuthMoreData's byte
inline constexpr char key_request = 0x02;                  // a client's
}  // namespace full_proof
inline constexpr std::string_view terminator("\0", 1);
// With its terminator, under the nonce, as it goes into RSA; and back: nothing where it has no
// terminator.
wiped masked_password(std::string_view password, std::string_view nonce);
std::optional<wiped> unmasked_password(std::string_view masked, std::string_view nonce);

}  // namespace skein::mysql
