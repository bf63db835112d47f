// SCRAM-SHA-256 and -PLUS as the client: we prove to a server that we know a password, and it
// proves the same to us. Pure: texts in, texts out. server_login carries them in SASL messages.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/error.hpp"
#include "backends/postgres/scram_keys.hpp"
#include "backends/postgres/scram_secret.hpp"
#include "backends/wiped.hpp"

namespace skein::postgres {

// More rounds would hold a proxy core for too long: a second and more.
inline constexpr std::uint32_t iterations_max = 1000000;

// What a client says of channel binding; see RFC 5802, section 7.
enum class channel_binding : std::uint8_t {
  unable,       // 'n': no TLS, or no hash of the certificate
  not_offered,  // 'y': able, but the server did not offer it
  endpoint,     // 'p=tls-server-end-point'
};

// What a client has proved to us, used in its name at a server that stores the same secret.
struct scram_pass {
  scram_secret secret = {};
  wiped client_key = {};
};

class scram_client {
 public:
  scram_client(scram_shared& shared, std::string password, channel_binding binding,
               std::string endpoint_hash);
  scram_client(scram_shared& shared, scram_pass pass, channel_binding binding,
               std::string endpoint_hash);

  std::string_view mechanism() const;
  std::string begin();  // client-first
  // -> client-final. error_kind::login, fault::us: the server stores another secret than our pass
  // is for.
  result<std::string> answer(std::string_view server_first);
  result<void> finish(std::string_view server_final);  // is this the server we mean?

 private:
  result<void> find_keys(std::string_view salt, std::uint32_t iterations);

  scram_shared& shared_;
  std::string password_ = {};
  std::optional<scram_pass> pass_ = {};
  channel_binding binding_;
  std::string endpoint_hash_;
  std::string gs2_header_;
  std::string nonce_;
  std::string client_first_bare_;
  std::string auth_message_;
  scram_keys keys_ = {};
  bool proof_sent_ = false;
};

}  // namespace skein::postgres
