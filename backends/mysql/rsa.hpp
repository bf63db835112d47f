// The key pair under which a client sends its password where neither TLS nor a unix socket hides
// it: RSA with OAEP, the public key in PEM. Both logins of caching_sha2_password call it.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "backends/wiped.hpp"

namespace skein::mysql {

// Made when it is first asked for, which takes a core a tenth of a second: most never need it.
class rsa_key_pair {
 public:
  const std::string& public_pem();
  std::optional<wiped> decrypt(std::string_view secret);

 private:
  struct release {
    void operator()(EVP_PKEY* what) const { EVP_PKEY_free(what); }
  };
  void make();
  std::once_flag made_;
  std::unique_ptr<EVP_PKEY, release> pair_ = {};
  std::string pem_ = {};
};

// nullopt: what came is no RSA key of a length that can be trusted, or too short for the text.
std::optional<std::string> rsa_encrypt(std::string_view public_pem, std::string_view text);

}  // namespace skein::mysql
