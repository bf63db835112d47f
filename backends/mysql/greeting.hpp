// The messages of a login, in both directions: the server's greeting (protocol 10), the client's
// answer and its request for TLS, and what goes to and fro while a password is proved. Pure
// parsing and building of bodies; the logins decide what they mean.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/mysql/capabilities.hpp"
#include "backends/mysql/message.hpp"

namespace skein::mysql {

inline constexpr std::uint8_t protocol_version = 10;
inline constexpr std::uint8_t zstd_level_usual = 3, zstd_level_max = 22;  // the least is 1
inline constexpr std::uint8_t default_collation = 45;  // utf8mb4_general_ci: every flavour knows it

struct initial_greeting {
  std::string version = {};
  std::uint32_t connection_id = 0;
  std::string nonce = {};
  capability_set capabilities = 0;
  std::uint8_t collation = default_collation;
  std::uint16_t status = status::autocommit;
  std::string plugin = {};
};
std::string written(std::uint8_t number, const initial_greeting& what);
result<initial_greeting> read_greeting(byte_view body);

// HandshakeResponse41.
struct handshake_response {
  capability_set capabilities = 0;
  std::uint32_t packet_max = 0;
  std::uint8_t collation = default_collation;
  std::string user = {};
  std::string proof = {};
  std::string database = {};
  std::string plugin = {};
  std::vector<std::pair<std::string, std::string>> attributes = {};
  std::uint8_t zstd_level = zstd_level_usual;
};
// Fields whose flag is not among the capabilities are left out. A proof of more than 255 bytes
// wants plugin_auth_lenenc.
std::string written(std::uint8_t number, const handshake_response& what);
result<handshake_response> read_response(byte_view body);

// COM_CHANGE_USER, by what was agreed on at the connection's beginning.
std::string written_change(const handshake_response& what);
result<handshake_response> read_change(byte_view body, capability_set agreed);

// SSLRequest: the first 32 bytes of the answer, which is then given anew under TLS.
std::string written_tls_request(std::uint8_t number, const handshake_response& what);
bool is_tls_request(byte_view body);

struct auth_switch {
  std::string plugin = {};
  std::string nonce = {};
};
std::string written(std::uint8_t number, const auth_switch& what);
result<auth_switch> read_auth_switch(byte_view body);

std::string written_auth_more(std::uint8_t number, std::string_view data);
// Of a body that begins with AuthMoreData's byte: what stands behind it.
std::string_view auth_more_data(byte_view body);
// A body as it is: a proof, a key, a password.
std::string written_raw(std::uint8_t number, std::string_view body);

}  // namespace skein::mysql
