#include "backends/postgres/digest.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <memory>
#include <stdexcept>

namespace skein::postgres {

namespace {

const unsigned char* bytes_of(std::string_view text) {
  static constexpr unsigned char nothing = 0;  // some functions take no null pointer
  return text.empty() ? &nothing : reinterpret_cast<const unsigned char*>(text.data());
}

constexpr std::uint8_t no_digit = 0xff;
// What each character stands for.
constexpr auto base64_digits = [] {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::uint8_t, 256> made{};
  made.fill(no_digit);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    made[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return made;
}();

// SHA-256 and random numbers fail only on a machine whose OpenSSL is broken or out of memory.
void must(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("OpenSSL cannot compute ") + what);
}

template <auto release>
struct releaser {
  void operator()(auto* what) const { release(what); }
};

// Looked up by name once: OpenSSL would do it for every digest, for longer than that takes.
const EVP_MD* sha256_method() {
  static const std::unique_ptr<EVP_MD, releaser<EVP_MD_free>> found(
      EVP_MD_fetch(nullptr, "SHA256", nullptr));
  must(found != nullptr, "SHA-256");
  return found.get();
}

// Kept by each thread for its next one.
EVP_MD_CTX* sha256_context() {
  thread_local const std::unique_ptr<EVP_MD_CTX, releaser<EVP_MD_CTX_free>> kept(EVP_MD_CTX_new());
  must(kept != nullptr, "SHA-256");
  return kept.get();
}

EVP_MAC_CTX* make_hmac_context() {
  const std::unique_ptr<EVP_MAC, releaser<EVP_MAC_free>> method(
      EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  EVP_MAC_CTX* made = EVP_MAC_CTX_new(method.get());
  char digest[] = "SHA256";
  const OSSL_PARAM how[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                            OSSL_PARAM_construct_end()};
  must(made != nullptr && EVP_MAC_CTX_set_params(made, how) == 1, "HMAC");
  return made;
}

EVP_MAC_CTX* hmac_context() {
  thread_local const std::unique_ptr<EVP_MAC_CTX, releaser<EVP_MAC_CTX_free>> kept(
      make_hmac_context());
  return kept.get();
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
  EVP_MD_CTX* const by = sha256_context();
  must(EVP_DigestInit_ex(by, sha256_method(), nullptr) == 1 &&
           EVP_DigestUpdate(by, bytes_of(text), text.size()) == 1 &&
           EVP_DigestFinal_ex(by, digest.data(), nullptr) == 1,
       "SHA-256");
  return digest;
}

sha256_digest hmac_sha256(std::string_view key, std::string_view text) {
  sha256_digest digest;
  std::size_t size = 0;
  EVP_MAC_CTX* const by = hmac_context();
  must(EVP_MAC_init(by, bytes_of(key), key.size(), nullptr) == 1 &&
           EVP_MAC_update(by, bytes_of(text), text.size()) == 1 &&
           EVP_MAC_final(by, digest.data(), &size, digest.size()) == 1,
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
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  text.remove_suffix(padding);
  std::string out(text.size() * 3 / 4, '\0');
  auto next = out.begin();
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char each : text) {
    const std::uint8_t digit = base64_digits[static_cast<unsigned char>(each)];
    if (digit == no_digit) return std::nullopt;
    held = (held << 6) | digit;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    *next++ = static_cast<char>((held >> bits) & 0xff);
  }
  return out;
}

}  // namespace skein::postgres
