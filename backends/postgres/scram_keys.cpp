#include "backends/postgres/scram_keys.hpp"

#include "backends/postgres/saslprep.hpp"
#include "net/secret.hpp"

namespace skein::postgres {

namespace {

constexpr std::size_t salt_bytes = 16;
constexpr std::size_t salts_max = 10'000;

}  // namespace

scram_keys derive_scram_keys(std::string_view password, std::string_view salt,
                             std::uint32_t iterations) {
  const auto salted = pbkdf2_sha256(saslprep(password), salt, iterations);
  scram_keys keys;
  keys.client_key = hmac_sha256(as_text(salted), "Client Key");
  keys.stored_key = sha256(as_text(keys.client_key));
  keys.server_key = hmac_sha256(as_text(salted), "Server Key");
  return keys;
}

const scram_keys* scram_key_cache::find(std::string_view password, std::string_view salt,
                                        std::uint32_t iterations) const {
  const auto [first, last] = entries_.equal_range(salt);
  for (auto one = first; one != last; ++one) {
    const entry& known = one->second;
    if (known.iterations == iterations &&
        net::equal_in_constant_time(known.password.view(), password))
      return &known.keys;
  }
  return nullptr;
}

scram_keys scram_key_cache::keys_of(std::string_view password, std::string_view salt,
                                    std::uint32_t iterations) {
  {
    const std::lock_guard lock(guard_);
    if (const auto* known = find(password, salt, iterations)) return *known;
  }
  const auto keys = derive_scram_keys(password, salt, iterations);
  const std::lock_guard lock(guard_);
  if (find(password, salt, iterations)) return keys;  // another core has been as quick
  // Salts are random: the first is as good as any.
  if (entries_.size() >= entries_max_ && !entries_.empty()) entries_.erase(entries_.begin());
  entries_.emplace(salt, entry{wiped(password), iterations, keys});
  return keys;
}

std::size_t scram_key_cache::size() const {
  const std::lock_guard lock(guard_);
  return entries_.size();
}

std::string scram_shared::salt_of(std::string_view user) const {
  const std::lock_guard lock(guard_);
  if (const auto made = salts_.find(user); made != salts_.end()) return made->second;
  if (salts_.size() >= salts_max) salts_.clear();
  std::string salt(as_text(sha256(salt_secret + std::string(user))).substr(0, salt_bytes));
  return salts_.emplace(user, std::move(salt)).first->second;
}

std::string random_nonce() {
  return base64(net::random_secret(18));
}

}  // namespace skein::postgres
