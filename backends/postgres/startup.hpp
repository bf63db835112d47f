// The packets without a type that open a connection: requests for TLS or GSS encryption, a cancel,
// or the start-up proper. Pure parsing and building; client_login decides what they mean.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/error.hpp"
#include "backends/login.hpp"

namespace skein::postgres {

inline constexpr std::uint32_t protocol_3_0 = 3U << 16;
inline constexpr std::uint32_t protocol_3_2 = (3U << 16) | 2;  // long cancel keys
inline constexpr std::size_t short_secret_bytes = 4;
inline constexpr std::size_t long_secret_bytes = 32;
inline constexpr std::size_t secret_bytes_max = 256;  // of protocol 3.2

enum class startup_kind : std::uint8_t { tls_request, gss_request, cancel, session };

struct startup_packet {
  startup_kind kind = startup_kind::session;
  std::uint32_t version = 0;  // session: as the client asked
  login_request request = {};
  std::vector<std::string> unknown_options = {};  // session: `_pq_.` names
  cancel_key key = {};                            // cancel
};

// The packet at the front of `input`, taken off it; nullopt while it is incomplete. A session's
// request is checked: protocol 3, a user, no replication, nothing behind its terminator.
result<std::optional<startup_packet>> take_startup(byte_view& input);

std::string tls_request();
std::string cancel_request(const cancel_key& key);
std::string startup_message(const login_request& request, std::uint32_t version = protocol_3_0);

// The version spoken with a client that asked for `asked`.
std::uint32_t agreed_version(std::uint32_t asked);
// NegotiateProtocolVersion; empty when the client asked for nothing that we lack.
std::string negotiation(const startup_packet& asked);

}  // namespace skein::postgres
