#include "backends/postgres/scram_keys.hpp"

#include "backends/postgres/saslprep.hpp"

namespace skein::postgres {

scram_keys derive_scram_keys(std::string_view password, std::string_view salt,
                             std::uint32_t iterations) {
  const auto salted = pbkdf2_sha256(saslprep(password), salt, iterations);
  scram_keys keys;
  keys.client_key = hmac_sha256(as_text(salted), "Client Key");
  keys.stored_key = sha256(as_text(keys.client_key));
  keys.server_key = hmac_sha256(as_text(salted), "Server Key");
  return keys;
}

scram_keys scram_key_cache::keys_of(std::string_view password, std::string_view salt,
                                    std::uint32_t iterations) {
  // The salt's length stands first, so that no two triples write the same text.
  std::string written = std::to_string(salt.size()) + ',' + std::to_string(iterations) + ',';
  written.append(salt).append(password);
  const auto name = sha256(written);
  {
    const std::lock_guard lock(guard_);
    if (const auto found = entries_.find(name); found != entries_.end()) return found->second;
  }
  const auto keys = derive_scram_keys(password, salt, iterations);
  const std::lock_guard lock(guard_);
  // Names are hashes: the first is as good as a random one.
  if (entries_.size() >= entries_max_ && !entries_.empty()) entries_.erase(entries_.begin());
  entries_.emplace(name, keys);
  return keys;
}

std::size_t scram_key_cache::size() const {
  const std::lock_guard lock(guard_);
  return entries_.size();
}

std::string scram_shared::salt_of(std::string_view user) const {
  return std::string(as_text(sha256(salt_secret + std::string(user))).substr(0, 16));
}

std::string random_nonce() {
  return base64(random_bytes(18));
}

}  // namespace skein::postgres
