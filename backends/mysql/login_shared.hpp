// What all logins of a process share: the key pair for passwords that come over plain connections,
// and which of the stored passwords have been proved before.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "backends/mysql/digest.hpp"
#include "backends/mysql/rsa.hpp"
#include "backends/mysql/scramble.hpp"
#include "net/secret.hpp"

namespace skein::mysql {

// Passwords that have fitted what is stored of a user. A stored caching_sha2_password cannot check
// the fast proof, and servers want the password itself when they meet a user for the first time, so
// neither end can do with less. Found by the stored form, whose salt is random: once the password
// has been changed there, nothing is found. Bounded, safe to share between threads.
class proven_passwords {
 public:
  explicit proven_passwords(std::size_t entries_max) : entries_max_(entries_max) {}
  std::optional<wiped> find(const std::string& verifier) const;
  void keep(const std::string& verifier, wiped password);

 private:
  std::size_t entries_max_;
  mutable std::mutex guard_;
  std::map<std::string, wiped> entries_;
};

struct login_shared {
  proven_passwords proven{10'000};
  rsa_key_pair pair = {};
  // Of users who do not exist everything is made from this, the same at each attempt.
  std::string secret = net::random_secret(32);
  // How users who are known by what servers store have been asked last: one who does not exist is
  // asked likewise.
  std::atomic<auth_plugin> usual = auth_plugin::caching_sha2;
  std::atomic<std::uint32_t> usual_rounds = 5000;
};

}  // namespace skein::mysql
