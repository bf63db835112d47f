// The two logins of a proxied session, as pure exchanges: a client signs in to us, we sign in to a
// server. Each takes bytes and answers what it wants next; the carrier (proxy/) does the I/O, so
// that both run on byte arrays in tests. One folder below implements both for its wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/error.hpp"
#include "backends/wiped.hpp"
#include "backends/wire_coder.hpp"

namespace skein {

using byte_view = std::span<const std::byte>;

enum class tls_mode : std::uint8_t { disable, allow, require, verify_ca, verify_full };

// What is known of the encryption of a connection that a login runs over.
struct tls_facts {
  bool encrypted = false;
  std::string endpoint_hash = {};  // of the server's certificate: RFC 5929 tls-server-end-point
  std::string peer_name = {};      // of a verified peer certificate's subject (common name)
};

struct credentials {
  std::string user = {};
  std::string password = {};
  bool trusted = false;  // let in without a proof
  // What servers store in the password's stead, where the password itself is not known ...
  std::string verifier = {};
  // ... and what a client's proof against it has revealed, with which servers are signed in to. It
  // lives as long as a session that proved it, and what is being opened in that session's name.
  wiped proven = {};
};

// What a client asked for, once it is known.
struct login_request {
  std::string user = {};
  std::string database = {};
  // Start-up settings in the order given (time zone, encoding ...), without user and database.
  std::vector<std::pair<std::string, std::string>> parameters = {};
};

// Names a session so that its running statement can be cancelled from another connection.
struct cancel_key {
  std::uint32_t id = 0;
  std::string secret = {};
  bool operator==(const cancel_key&) const = default;
};

// What a server told while we signed in.
struct server_greeting {
  std::vector<std::pair<std::string, std::string>> parameters = {};
  cancel_key key = {};
};

enum class login_want : std::uint8_t {
  input,     // more bytes from the peer
  tls,       // a TLS handshake now, then `encrypted`
  secret,    // (client) the credentials of request().user, then `credential`
  admitted,  // (client) a server for request(), then `welcome`; (server) greeting() is complete
  cancel,    // (client) request to cancel what `cancelled()` names; then close
  failed,    // failure() says why; close once the output is sent
};

// Towards a client. After each call: send take_output(), then do what was wanted.
class client_login {
 public:
  virtual ~client_login() = default;
  // Eats what it uses from the front of `input`; empty input is how the exchange starts.
  virtual login_want advance(byte_view& input) = 0;
  virtual login_want encrypted(const tls_facts& facts) = 0;
  // nullopt: no such user. Takes as many steps as for a known one, and fails like a wrong password.
  virtual login_want credential(std::optional<credentials> known) = 0;
  // What an admitted client has proved, where it was verified by a verifier; once.
  virtual wiped take_proven() = 0;
  // The bytes that end a login; `told` is conversation::greeting, `own` the key that this client
  // may cancel with.
  virtual std::string welcome(std::string_view told, const cancel_key& own) = 0;
  // How all is coded behind the welcome, in both directions; null: it is not. Once.
  virtual std::unique_ptr<wire_coder> take_coder() { return nullptr; }
  // How long a cancel secret this client can hold.
  virtual std::size_t secret_bytes() const = 0;
  // Refuses at any moment: a server could not be had, a limit was reached, Skein stops.
  virtual std::string refuse(const error& why) = 0;
  // Of one who has signed in before, on the same connection, and has failed to do it again: whether
  // it stays who it was.
  virtual bool stays_as_it_was() const { return false; }

  virtual std::string take_output() = 0;
  virtual const login_request& request() const = 0;
  virtual const cancel_key& cancelled() const = 0;
  virtual const error& failure() const = 0;
};

// Towards a server.
class server_login {
 public:
  virtual ~server_login() = default;
  virtual login_want advance(byte_view& input) = 0;
  virtual login_want encrypted(const tls_facts& facts) = 0;
  virtual std::string take_output() = 0;
  virtual const server_greeting& greeting() const = 0;
  // How all is coded once we are admitted; null: it is not. Once.
  virtual std::unique_ptr<wire_coder> take_coder() { return nullptr; }
  // In the server's own words where it spoke.
  virtual const error& failure() const = 0;
};

}  // namespace skein
