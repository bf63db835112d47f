// What went wrong, told twice: to the client, who may see no internals, and to the log.
// The kind is the metric's label and decides whether a thing may be tried again; every layer above
// the backends speaks of errors in this form, each backend turns it into its own wire's message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace skein {

enum class fault : std::uint8_t { client, server, us };

enum class error_kind : std::uint8_t {
  protocol,     // bytes that the wire does not allow
  login,        // wrong password, unknown user, method not allowed
  unsupported,  // understood and refused
  limit,        // a configured bound was reached
  timeout,      // a deadline passed
  unavailable,  // no member can serve this now
  lost,         // a connection ended in mid-exchange
  in_doubt,     // a commit whose outcome is unknown: never retried, always investigated
  rolled_back,  // a transaction of which nothing was kept, by no fault of its own: to be run again
  shutdown,     // Skein is stopping
  internal,     // our own mistake
};
inline constexpr std::size_t error_kind_count = 11;

std::string_view to_string(error_kind kind);
std::string_view to_string(fault whose);

struct error {
  error_kind kind = error_kind::internal;
  fault whose = fault::us;
  std::string sqlstate = {};         // empty: the backend chooses one by kind
  std::string text_for_client = {};  // what happened, and what to do
  std::string detail_for_log = {};   // where, with internals
};

template <typename T>
using result = std::expected<T, error>;

inline std::unexpected<error> failure(error_kind kind, fault whose, std::string text_for_client,
                                      std::string detail_for_log = {}) {
  return std::unexpected(
      error{kind, whose, {}, std::move(text_for_client), std::move(detail_for_log)});
}

}  // namespace skein
