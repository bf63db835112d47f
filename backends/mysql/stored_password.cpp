#include "backends/mysql/stored_password.hpp"

#include <openssl/crypto.h>
#include <sodium.h>

#include <array>

#include "backends/mysql/digest.hpp"
#include "backends/mysql/ed25519.hpp"
#include "net/secret.hpp"

namespace skein::mysql {

namespace {

constexpr std::string_view sha2_prefix = "$A$";
constexpr std::string_view hexed_sha2_prefix = "0x244124";
constexpr std::size_t rounds_letters = 3;
constexpr std::uint32_t rounds_unit = 1000;
constexpr std::size_t salt_bytes = 20;
constexpr std::size_t crypt_letters = 43;
constexpr std::string_view crypt_alphabet =
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

int hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const int high = hex_digit(text[at]);
    const int low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high << 4 | low));
  }
  return out;
}

std::optional<stored_password> read_native(std::string_view verifier) {
  if (verifier.size() != 1 + 2 * sha1_bytes || verifier.front() != '*') return std::nullopt;
  auto digest = from_hex(verifier.substr(1));
  if (!digest) return std::nullopt;
  return stored_password{.by = auth_plugin::native, .digest = std::move(*digest)};
}

std::optional<stored_password> read_sha2(std::string_view verifier) {
  if (!verifier.starts_with(sha2_prefix)) return std::nullopt;
  verifier.remove_prefix(sha2_prefix.size());
  if (verifier.size() != rounds_letters + 1 + salt_bytes + crypt_letters) return std::nullopt;
  std::uint32_t units = 0;
  for (const char letter : verifier.substr(0, rounds_letters)) {
    const int digit = hex_digit(letter);
    if (digit < 0) return std::nullopt;
    units = units << 4 | static_cast<std::uint32_t>(digit);
  }
  if (units == 0 || verifier[rounds_letters] != '$') return std::nullopt;
  verifier.remove_prefix(rounds_letters + 1);
  return stored_password{auth_plugin::caching_sha2, std::string(verifier.substr(salt_bytes)),
                         std::string(verifier.substr(0, salt_bytes)), units * rounds_unit};
}

constexpr int base64_kind = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;

std::optional<stored_password> read_ed25519(std::string_view verifier) {
  if (!verifier.starts_with(ed25519_prefix)) return std::nullopt;
  verifier.remove_prefix(ed25519_prefix.size());
  std::string key(ed25519::key_bytes, '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  const bool read =
      sodium_base642bin(reinterpret_cast<unsigned char*>(key.data()), key.size(), verifier.data(),
                        verifier.size(), nullptr, &size, &end, base64_kind) == 0 &&
      end == verifier.data() + verifier.size() && size == key.size();
  if (!read) return std::nullopt;
  return stored_password{.by = auth_plugin::ed25519, .digest = std::move(key)};
}

// Bytes that are hashed again and again, in room that is kept for them.
class buffer {
 public:
  buffer& add(std::string_view what) {
    bytes_.append(what);
    return *this;
  }
  wiped hashed() {
    auto made = sha256(bytes_);
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
    bytes_.clear();
    return made;
  }

 private:
  std::string bytes_ = {};
};

// The digest, over and over, to that length.
wiped stretched(std::string_view digest, std::size_t size) {
  return xored(std::string(size, '\0'), digest);
}

wiped first_hash(std::string_view password, std::string_view salt) {
  buffer next;
  const auto other = next.add(password).add(salt).add(password).hashed();
  next.add(password).add(salt).add(stretched(other.view(), password.size()).view());
  for (std::size_t left = password.size(); left > 0; left >>= 1)
    next.add((left & 1) != 0 ? other.view() : password);
  return next.hashed();
}

// SHA-crypt's own order of the digest's bytes, by three.
std::string crypt_text(std::string_view digest) {
  static constexpr std::array<std::array<int, 3>, 10> order = {{{0, 10, 20},
                                                                {21, 1, 11},
                                                                {12, 22, 2},
                                                                {3, 13, 23},
                                                                {24, 4, 14},
                                                                {15, 25, 5},
                                                                {6, 16, 26},
                                                                {27, 7, 17},
                                                                {18, 28, 8},
                                                                {9, 19, 29}}};
  const auto byte = [&](int at) {
    return std::uint32_t{static_cast<unsigned char>(digest[static_cast<std::size_t>(at)])};
  };
  std::string out;
  const auto put = [&](std::uint32_t bits, int letters) {
    for (; letters > 0; --letters, bits >>= 6) out.push_back(crypt_alphabet[bits & 0x3f]);
  };
  for (const auto& [high, middle, low] : order)
    put(byte(high) << 16 | byte(middle) << 8 | byte(low), 4);
  put(byte(31) << 8 | byte(30), 3);
  return out;
}

}  // namespace

std::optional<stored_password> read_stored_password(std::string_view verifier) {
  if (auto native = read_native(verifier)) return native;
  if (auto key = read_ed25519(verifier)) return key;
  return read_sha2(verifier);
}

std::string ed25519_verifier(std::string_view password) {
  const auto key = ed25519::public_key(password);
  std::array<char, sodium_base64_ENCODED_LEN(ed25519::key_bytes, base64_kind)> text;
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(key.data()),
                    key.size(), base64_kind);
  return std::string(ed25519_prefix) + text.data();
}

std::string native_verifier(std::string_view password) {
  static constexpr std::string_view letters = "0123456789ABCDEF";
  const auto digest = digest_of_key(auth_plugin::native, sha1(password).view());
  std::string out = "*";
  for (const char each : digest.view()) {
    out.push_back(letters[static_cast<unsigned char>(each) >> 4]);
    out.push_back(letters[static_cast<unsigned char>(each) & 0xf]);
  }
  return out;
}

std::string sha256_crypt(std::string_view password, std::string_view salt, std::uint32_t rounds) {
  auto digest = first_hash(password, salt);
  buffer next;
  for (std::size_t count = 0; count < password.size(); ++count) next.add(password);
  const auto password_bytes = stretched(next.hashed().view(), password.size());
  const std::size_t salts = 16 + static_cast<unsigned char>(digest.view().front());
  for (std::size_t count = 0; count < salts; ++count) next.add(salt);
  const auto salt_text = stretched(next.hashed().view(), salt.size());
  for (std::uint32_t round = 0; round < rounds; ++round) {
    const bool odd = (round & 1) != 0;
    next.add(odd ? password_bytes.view() : digest.view());
    if (round % 3 != 0) next.add(salt_text.view());
    if (round % 7 != 0) next.add(password_bytes.view());
    next.add(odd ? digest.view() : password_bytes.view());
    digest = next.hashed();
  }
  return crypt_text(digest.view());
}

bool fits(const stored_password& stored, std::string_view password) {
  if (password.empty() || password.size() > password_bytes_max) return false;
  if (stored.by == auth_plugin::native)
    return net::equal_in_constant_time(
        digest_of_key(stored.by, key_of(stored.by, password).view()).view(), stored.digest);
  if (stored.by == auth_plugin::ed25519)
    return net::equal_in_constant_time(ed25519::public_key(password), stored.digest);
  return net::equal_in_constant_time(sha256_crypt(password, stored.salt, stored.rounds),
                                     stored.digest);
}

std::expected<credentials, std::string> credentials_of(std::string user, std::string stored) {
  credentials known{.user = std::move(user)};
  std::string plain = stored;
  if (stored.starts_with(hexed_sha2_prefix))
    plain = from_hex(std::string_view(stored).substr(2)).value_or(stored);
  if (read_stored_password(plain)) {
    known.verifier = std::move(plain);
  } else if (stored.starts_with(ed25519_prefix)) {
    return std::unexpected(
        "begins like a stored key of client_ed25519 and is none: behind $ed25519$ stand 43 "
        "letters, as authentication_string in mysql.user shows them");
  } else if (stored.starts_with(sha2_prefix) || stored.starts_with(hexed_sha2_prefix)) {
    return std::unexpected(
        "begins like a stored caching_sha2_password and is none: it has the form $A$005$ (or "
        "more rounds), a salt of 20 bytes and 43 letters, as authentication_string in mysql.user "
        "shows it; written as "
        "0x and hexadecimal letters it is safe from editors");
  } else {
    known.password = std::move(stored);
  }
  return known;
}

}  // namespace skein::mysql
