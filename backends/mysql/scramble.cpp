#include "backends/mysql/scramble.hpp"

#include "backends/mysql/digest.hpp"
#include "net/secret.hpp"

namespace skein::mysql {

namespace {

wiped hash(auth_plugin by, std::string_view text) {
  return by == auth_plugin::native ? sha1(text) : sha256(text);
}

// The one difference between the two methods besides the hash is the order.
wiped mask_of(auth_plugin by, std::string_view stored, std::string_view nonce) {
  return by == auth_plugin::native ? sha1(joined(nonce, stored).view())
                                   : sha256(joined(stored, nonce).view());
}

}  // namespace

auth_plugin plugin_named(std::string_view name) {
  for (const auto each :
       {auth_plugin::native, auth_plugin::caching_sha2, auth_plugin::ed25519, auth_plugin::clear}) {
    if (name == to_string(each)) return each;
  }
  return auth_plugin::other;
}

std::string_view to_string(auth_plugin which) {
  switch (which) {
    case auth_plugin::native:
      return "mysql_native_password";
    case auth_plugin::caching_sha2:
      return "caching_sha2_password";
    case auth_plugin::ed25519:
      return "client_ed25519";
    case auth_plugin::clear:
      return "mysql_clear_password";
    case auth_plugin::other:
      break;
  }
  return "";
}

std::string random_nonce() {
  auto made = net::random_secret(nonce_bytes);
  for (char& each : made) {
    each = static_cast<char>(each & 0x7f);
    if (each == '\0' || each == '$') ++each;
  }
  return made;
}

std::size_t proof_size(auth_plugin by) {
  return by == auth_plugin::native ? sha1_bytes : sha256_bytes;
}

wiped key_of(auth_plugin by, std::string_view password) {
  return hash(by, password);
}

wiped digest_of_key(auth_plugin by, std::string_view key) {
  return hash(by, key);
}

wiped proof_of(auth_plugin by, std::string_view key, std::string_view nonce) {
  return xored(key, mask_of(by, digest_of_key(by, key).view(), nonce).view());
}

std::optional<wiped> key_in(auth_plugin by, std::string_view proof, std::string_view stored,
                            std::string_view nonce) {
  if (proof.size() != proof_size(by)) return std::nullopt;
  auto key = xored(proof, mask_of(by, stored, nonce).view());
  if (!net::equal_in_constant_time(digest_of_key(by, key.view()).view(), stored))
    return std::nullopt;
  return key;
}

wiped masked_password(std::string_view password, std::string_view nonce) {
  return xored(joined(password, terminator).view(), nonce);
}

std::optional<wiped> unmasked_password(std::string_view masked, std::string_view nonce) {
  const auto plain = xored(masked, nonce);
  const auto text = plain.view();
  if (text.empty() || text.find('\0') != text.size() - 1) return std::nullopt;
  return wiped(text.substr(0, text.size() - 1));
}

}  // namespace skein::mysql
