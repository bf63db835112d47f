// What SCRAM derives from a password. 4096 rounds of HMAC cost two milliseconds of a core, more
// than everything else in a login, so derived keys are remembered for as long as the process runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "backends/postgres/digest.hpp"
#include "backends/wiped.hpp"
#include "net/secret.hpp"

namespace skein::postgres {

struct scram_keys {
  sha256_digest client_key = {};  // a client proves that it has it
  sha256_digest stored_key = {};  // its hash: what a server compares with
  sha256_digest server_key = {};  // a server proves that it has it
};

scram_keys derive_scram_keys(std::string_view password, std::string_view salt,
                             std::uint32_t iterations);

// Found by salt, of which a name has one, then by password: to hash both for a name of the entry
// would be a large part of a login. Bounded, safe to share between threads; the lock is held for
// the look-up, not for the deriving.
class scram_key_cache {
 public:
  explicit scram_key_cache(std::size_t entries_max) : entries_max_(entries_max) {}
  scram_keys keys_of(std::string_view password, std::string_view salt, std::uint32_t iterations);
  std::size_t size() const;

 private:
  struct entry {
    wiped password = {};
    std::uint32_t iterations = 0;
    scram_keys keys = {};
  };
  const scram_keys* find(std::string_view password, std::string_view salt,
                         std::uint32_t iterations) const;  // with the lock held
  std::size_t entries_max_;
  mutable std::mutex guard_;
  std::multimap<std::string, entry, std::less<>> entries_;
};

// Printable, without a comma; fresh at each call. Tests pass the nonces of the RFC.
using nonce_source = std::function<std::string()>;
std::string random_nonce();

// What all logins of a process share. Salts are made from the user's name and a secret, so that a
// user that does not exist has one too, the same at each attempt; it lives as long as the process.
struct scram_shared {
  scram_key_cache known{10000};
  scram_key_cache unknown{1000};  // of its own, so that guessing names cannot push out real keys
  std::string salt_secret = net::random_secret(32);
  std::uint32_t iterations = 4096;
  nonce_source nonce = random_nonce;

  std::string salt_of(std::string_view user) const;

 private:
  mutable std::mutex guard_ = {};
  mutable std::map<std::string, std::string, std::less<>> salts_ = {};  // those made before
};

}  // namespace skein::postgres
