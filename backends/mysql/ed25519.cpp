#include "backends/mysql/ed25519.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <stdexcept>

namespace skein::mysql::ed25519 {

namespace {

using bytes32 = std::array<unsigned char, 32>;
using bytes64 = std::array<unsigned char, 64>;

// Fails only where libsodium has no random numbers, of which nothing here asks for any.
void begin() {
  static const bool ready = sodium_init() >= 0;
  if (!ready) throw std::runtime_error("libsodium cannot be used");
}

const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string_view text_of(const auto& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bytes64 sha512(std::initializer_list<std::string_view> parts) {
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  for (const std::string_view each : parts)
    crypto_hash_sha512_update(&state, raw(each), each.size());
  bytes64 made;
  crypto_hash_sha512_final(&state, made.data());
  sodium_memzero(&state, sizeof state);
  return made;
}

bytes32 reduced(const bytes64& number) {
  bytes32 made;
  crypto_core_ed25519_scalar_reduce(made.data(), number.data());
  return made;
}

// A number that is not zero, which no hash is.
bytes32 base_times(const bytes32& number) {
  bytes32 made;
  if (crypto_scalarmult_ed25519_base_noclamp(made.data(), number.data()) != 0)
    throw std::runtime_error("libsodium cannot multiply");
  return made;
}

// RFC 8032, 5.1.5, from its second step on.
struct secret_key {
  explicit secret_key(std::string_view password) : hash(sha512({password})) {
    begin();
    bytes64 wide = {};
    std::copy_n(hash.begin(), 32, wide.begin());
    wide[0] &= 0xf8;
    wide[31] &= 0x7f;
    wide[31] |= 0x40;
    number = reduced(wide);
    sodium_memzero(wide.data(), wide.size());
  }
  secret_key(const secret_key&) = delete;
  ~secret_key() {
    sodium_memzero(hash.data(), hash.size());
    sodium_memzero(number.data(), number.size());
  }
  std::string_view prefix() const { return text_of(hash).substr(32); }

  bytes64 hash;
  bytes32 number = {};
};

}  // namespace

std::string public_key(std::string_view password) {
  return std::string(text_of(base_times(secret_key(password).number)));
}

// RFC 8032, 5.1.6.
std::string signature(std::string_view password, std::string_view nonce) {
  const secret_key secret(password);
  const bytes32 own = base_times(secret.number);
  bytes32 once = reduced(sha512({secret.prefix(), nonce}));
  const bytes32 point = base_times(once);
  const bytes32 asked = reduced(sha512({text_of(point), text_of(own), nonce}));
  bytes32 product;
  bytes32 answer;
  crypto_core_ed25519_scalar_mul(product.data(), asked.data(), secret.number.data());
  crypto_core_ed25519_scalar_add(answer.data(), product.data(), once.data());
  sodium_memzero(once.data(), once.size());
  sodium_memzero(product.data(), product.size());
  return std::string(text_of(point)).append(text_of(answer));
}

bool holds(std::string_view signature, std::string_view nonce, std::string_view public_key) {
  begin();
  return signature.size() == signature_bytes && public_key.size() == key_bytes &&
         crypto_sign_verify_detached(raw(signature), raw(nonce), nonce.size(), raw(public_key)) ==
             0;
}

}  // namespace skein::mysql::ed25519
