#include "net/secret.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace skein::net {

namespace {

struct reserve {
  std::array<unsigned char, 1024> bytes = {};
  std::size_t left = 0;
  ~reserve() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

bool fill(unsigned char* into, std::size_t count) {
  return RAND_bytes(into, static_cast<int>(count)) == 1;
}

}  // namespace

// OpenSSL's generator asks the same price for a few bytes as for many: each thread keeps some ahead
// and forgets what it gives out.
std::optional<std::string> random_bytes(std::size_t count) {
  thread_local reserve ahead;
  std::string bytes(count, '\0');
  auto* const into = reinterpret_cast<unsigned char*>(bytes.data());
  if (count > ahead.bytes.size()) {
    if (!fill(into, count)) return std::nullopt;
    return bytes;
  }
  if (ahead.left < count) {
    ahead.left = 0;
    if (!fill(ahead.bytes.data(), ahead.bytes.size())) return std::nullopt;
    ahead.left = ahead.bytes.size();
  }
  ahead.left -= count;
  unsigned char* const taken = ahead.bytes.data() + ahead.left;
  std::copy_n(taken, count, into);
  OPENSSL_cleanse(taken, count);
  return bytes;
}

std::string random_secret(std::size_t count) {
  auto made = random_bytes(count);
  if (!made) throw std::runtime_error("OpenSSL cannot compute random bytes");
  return std::move(*made);
}

bool equal_in_constant_time(std::string_view one, std::string_view other) {
  // `other` is what a stranger sent: the loop runs over its length, and reads of `one` stay inside.
  volatile unsigned char difference = one.size() == other.size() ? 0 : 1;
  for (std::size_t at = 0; at < other.size(); ++at) {
    const char expected = one.empty() ? '\0' : one[at % one.size()];
    difference = static_cast<unsigned char>(difference | (expected ^ other[at]));
  }
  return difference == 0;
}

}  // namespace skein::net
