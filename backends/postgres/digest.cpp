#include "backends/postgres/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <stdexcept>

namespace skein::postgres {

namespace {

const unsigned char* bytes_of(std::string_view text) {
  static constexpr unsigned char nothing = 0;  // some functions take no null pointer
  return text.empty() ? &nothing : reinterpret_cast<const unsigned char*>(text.data());
}

// SHA-256 and random numbers fail only on a machine whose OpenSSL is broken or out of memory.
void must(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("OpenSSL cannot compute ") + what);
}

}  // namespace

std::string_view as_text(const sha256_digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

void wipe(sha256_digest& key) {
  OPENSSL_cleanse(key.data(), key.size());
}

sha256_digest sha256(std::string_view text) {
  sha256_digest digest;
  unsigned int size = 0;
  must(EVP_Digest(bytes_of(text), text.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1,
       "SHA-256");
  return digest;
}

sha256_digest hmac_sha256(std::string_view key, std::string_view text) {
  sha256_digest digest;
  unsigned int size = 0;
  must(HMAC(EVP_sha256(), bytes_of(key), static_cast<int>(key.size()), bytes_of(text), text.size(),
            digest.data(), &size) != nullptr,
       "HMAC");
  return digest;
}

sha256_digest pbkdf2_sha256(std::string_view password, std::string_view salt,
                            std::uint32_t iterations) {
  sha256_digest digest;
  must(PKCS5_PBKDF2_HMAC(reinterpret_cast<const char*>(bytes_of(password)),
                         static_cast<int>(password.size()), bytes_of(salt),
                         static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha256(),
                         static_cast<int>(digest.size()), digest.data()) == 1,
       "PBKDF2");
  return digest;
}

std::optional<std::string> md5_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  if (EVP_Digest(bytes_of(text), text.size(), digest.data(), &size, EVP_md5(), nullptr) != 1)
    return std::nullopt;
  static constexpr std::string_view letters = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex.push_back(letters[digest.at(i) >> 4]);
    hex.push_back(letters[digest.at(i) & 0xf]);
  }
  return hex;
}

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP ends it with a zero
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(bytes),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  std::uint32_t group = 0;
  std::size_t padding = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = alphabet.find(text[i]);
    if (text[i] == '=' && i + 2 >= text.size()) {
      ++padding;
      group <<= 6;
    } else if (digit == std::string_view::npos || padding != 0) {
      return std::nullopt;
    } else {
      group = (group << 6) | static_cast<std::uint32_t>(digit);
    }
    if (i % 4 == 3) {
      for (int shift = 16; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>((group >> shift) & 0xff));
      group = 0;
    }
  }
  out.resize(out.size() - padding);
  return out;
}

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  must(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) == 1,
       "random bytes");
  return out;
}

bool equal_secrets(std::string_view one, std::string_view other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace skein::postgres
