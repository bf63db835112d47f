#include "net/secret.hpp"

#include <openssl/rand.h>

namespace skein::net {

std::optional<std::string> random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  auto* const into = reinterpret_cast<unsigned char*>(bytes.data());
  if (RAND_bytes(into, static_cast<int>(count)) != 1) return std::nullopt;
  return bytes;
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
