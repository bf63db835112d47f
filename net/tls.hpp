// TLS by OpenSSL over a non-blocking transport: a context (certificates and rules, shared and
// immutable) and a session (one connection's state). No I/O of its own: net/stream gives it bytes.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "net/asio.hpp"
#include "net/direction.hpp"

namespace skein::net {

enum class tls_role : std::uint8_t { client, server };

// What an attempt over TLS can fail with, besides the transport's own failures.
enum class tls_fault : std::uint8_t {
  refused = 1,  // the handshake failed: failure() has the words
  broken,       // what came later was not TLS, or somebody changed it on the way
  truncated,    // the connection ended without close_notify: perhaps cut off by a third party
};
error_code make_error_code(tls_fault fault);

struct tls_files {
  std::string ca = {};           // verify the peer against these; empty: the peer is not verified
  std::string certificate = {};  // our own, PEM, chain included
  std::string key = {};
  bool verify_host = false;  // client: the certificate must name the host
  bool demand_peer = false;  // server: a client without a certificate is refused

  bool operator==(const tls_files&) const = default;
};

class tls_context {
 public:
  // The error is one sentence that names the file and says what is wrong with it.
  static std::expected<tls_context, std::string> load(tls_role role, const tls_files& files);

  SSL_CTX* native() const { return context_.get(); }
  bool verify_host() const { return verify_host_; }
  // RFC 5929 tls-server-end-point of our own certificate; empty without one.
  const std::string& endpoint_hash() const { return endpoint_hash_; }

 private:
  std::shared_ptr<SSL_CTX> context_ = {};
  std::string endpoint_hash_ = {};
  bool verify_host_ = false;
};

// RFC 5929 section 4.1; empty where a signature's algorithm names no hash (Ed25519).
std::string endpoint_hash_of(const X509* certificate);

// TLS 1.2 or newer. Reads and writes move cipher text through the transport given to each call,
// which is a pair of non-blocking attempts.
class tls_session {
 public:
  tls_session(const tls_context& context, tls_role role, const std::string& host);
  ~tls_session();

  // Of the peer's handshake, where somebody has read it already: it comes before all else.
  void put_ahead(std::string_view cipher_text);

  struct transport {
    virtual attempt read_now(std::span<std::byte> into) = 0;
    virtual attempt write_now(std::span<const std::byte> from) = 0;

   protected:
    ~transport() = default;
  };

  attempt handshake(transport& below);  // bytes == 1: done; blocked: wait for blocked_on()
  attempt read_now(std::span<std::byte> into, transport& below);
  attempt write_now(std::span<const std::byte> from, transport& below);
  void say_goodbye(transport& below);  // close_notify, if that needs no waiting
  // What the transport must become ready for after a blocked attempt: a read may want to write.
  // After a blocked handshake both directions have the same answer.
  direction blocked_on(direction wanted) const;

  std::string version() const;             // "TLSv1.3"
  std::string cipher() const;              // "TLS_AES_256_GCM_SHA384"
  std::string peer_name() const;           // common name of a verified peer; empty without one
  std::string peer_endpoint_hash() const;  // tls-server-end-point of the peer's certificate
  const std::string& failure() const;      // the library's and the verifier's words on what failed

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace skein::net

template <>
struct boost::system::is_error_code_enum<skein::net::tls_fault> : std::true_type {};
