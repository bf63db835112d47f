#include "backends/mysql/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <vector>

namespace skein::mysql {

namespace {

// Digests and random numbers fail only on a machine whose OpenSSL is broken or out of memory.
void must(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("OpenSSL cannot compute ") + what);
}

struct method_release {
  void operator()(EVP_MD* what) const { EVP_MD_free(what); }
};
using method = std::unique_ptr<EVP_MD, method_release>;

// Looked up by name once: OpenSSL would do it for every digest, for longer than that takes.
const EVP_MD* sha1_method() {
  static const method found(EVP_MD_fetch(nullptr, "SHA1", nullptr));
  return found.get();
}

const EVP_MD* sha256_method() {
  static const method found(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  return found.get();
}

wiped digest(const EVP_MD* by, std::string_view text, const char* name) {
  std::array<char, EVP_MAX_MD_SIZE> made;
  unsigned int size = 0;
  must(by != nullptr &&
           EVP_Digest(text.empty() ? "" : text.data(), text.size(),
                      reinterpret_cast<unsigned char*>(made.data()), &size, by, nullptr) == 1,
       name);
  wiped kept({made.data(), size});
  OPENSSL_cleanse(made.data(), made.size());
  return kept;
}

// Of bytes that stand in a buffer for a moment.
wiped taken(std::vector<char>& from) {
  wiped kept({from.data(), from.size()});
  OPENSSL_cleanse(from.data(), from.size());
  return kept;
}

}  // namespace

wiped sha1(std::string_view text) {
  return digest(sha1_method(), text, "SHA-1");
}

wiped sha256(std::string_view text) {
  return digest(sha256_method(), text, "SHA-256");
}

wiped xored(std::string_view one, std::string_view other) {
  std::vector<char> made(one.begin(), one.end());
  for (std::size_t at = 0; at < made.size() && !other.empty(); ++at)
    made[at] = static_cast<char>(made[at] ^ other[at % other.size()]);
  return taken(made);
}

wiped joined(std::string_view one, std::string_view other) {
  std::vector<char> made;
  made.reserve(one.size() + other.size());
  made.insert(made.end(), one.begin(), one.end());
  made.insert(made.end(), other.begin(), other.end());
  return taken(made);
}

}  // namespace skein::mysql
