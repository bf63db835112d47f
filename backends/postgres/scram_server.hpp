// SCRAM-SHA-256 and -PLUS as the server (RFC 5802, 7677): a client proves that it knows a password.
// Pure: texts in, texts out. client_login carries them in SASL messages.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/error.hpp"
#include "backends/login.hpp"
#include "backends/postgres/scram_keys.hpp"
#include "backends/postgres/scram_secret.hpp"
#include "backends/wiped.hpp"

namespace skein::postgres {

inline constexpr std::string_view scram_sha_256 = "SCRAM-SHA-256";
inline constexpr std::string_view scram_sha_256_plus = "SCRAM-SHA-256-PLUS";

class scram_server {
 public:
  // `password`: nullopt for an unknown user; `salt`: shared.salt_of(user).
  // `endpoint_hash`: of our own certificate when the connection is encrypted with it, else empty:
  // then -PLUS is not offered.
  // `derives_keys`: of what users are known by takes deriving; then an unknown one's does, too.
  scram_server(scram_shared& shared, std::string user, std::optional<std::string> password,
               std::string salt, std::string endpoint_hash, bool derives_keys = true);
  // Of this user the secret is known, and not the password.
  scram_server(scram_shared& shared, std::string user, scram_secret secret,
               std::string endpoint_hash);

  bool offers_binding() const { return !endpoint_hash_.empty(); }
  // client-first -> server-first.
  result<std::string> begin(std::string_view mechanism, std::string_view client_first);
  // client-final -> server-final; an error of kind login when the proof does not hold. An unknown
  // user's attempt takes the same steps and always fails here.
  result<std::string> finish(std::string_view client_final);
  // Of a client whose proof held against a secret: what it proved to have. Once.
  wiped take_client_key() { return std::move(client_key_); }

 private:
  result<std::string_view> take_gs2_header(std::string_view client_first, bool plus);
  scram_keys keys() const;

  scram_shared& shared_;
  std::string user_;
  std::optional<std::string> password_ = {};
  std::optional<scram_secret> secret_ = {};
  wiped client_key_ = {};
  std::string endpoint_hash_;
  bool derives_keys_ = true;
  std::string binding_;  // what client-final must repeat, before base64
  std::string salt_;
  std::string nonce_;
  std::string client_first_bare_;
  std::string server_first_;
};

}  // namespace skein::postgres
