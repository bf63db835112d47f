// The grammar of PostgreSQL's messages: a type byte, a length that counts itself, a body. Start-up
// packets have no type. Everything here is bounded by the bytes at hand: a peer can make a read
// fail, never make it stray. Both logins and the conversation stand on it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "backends/error.hpp"
#include "backends/fields.hpp"
#include "backends/login.hpp"

namespace skein::postgres {

inline constexpr std::size_t header_bytes = 5;  // type and length
inline constexpr std::size_t length_bytes = 4;
// The server's own bound on a message (1 GiB, length included).
inline constexpr std::uint32_t length_max = 1U << 30;
// Its bound on messages that carry names and counts only.
inline constexpr std::uint32_t small_length_max = 10000;
inline constexpr std::uint32_t startup_length_max = 10000;

// Who sends a letter decides its meaning: 'C' closes in one direction and completes in the other.
namespace from_frontend {
inline constexpr char bind = 'B', close = 'C', describe = 'D', execute = 'E', flush = 'H',
                      parse = 'P', query = 'Q', sync = 'S', function_call = 'F', copy_data = 'd',
                      copy_done = 'c', copy_fail = 'f', password = 'p', terminate = 'X';
}  // namespace from_frontend
namespace from_backend {
inline constexpr char authentication = 'R', key_data = 'K', parameter_status = 'S', ready = 'Z',
                      error_response = 'E', notice = 'N', command_complete = 'C', copy_in = 'G',
                      copy_both = 'W', negotiate_version = 'v', parse_complete = '1',
                      bind_complete = '2', close_complete = '3', data_row = 'D',
                      row_description = 'T', parameter_description = 't', no_data = 'n',
                      empty_query = 'I', portal_suspended = 's', notification = 'A';
}  // namespace from_backend

// The authentication requests that share the letter 'R'.
enum class auth_request : std::uint32_t {
  ok = 0,
  cleartext = 3,
  md5 = 5,
  gss = 7,
  gss_continue = 8,
  sspi = 9,
  sasl = 10,
  sasl_continue = 11,
  sasl_final = 12,
};

inline std::uint32_t load_u32(const std::byte* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return std::endian::native == std::endian::little ? __builtin_bswap32(value) : value;
}

inline void store_u32(char* at, std::uint32_t value) {
  if (std::endian::native == std::endian::little) value = __builtin_bswap32(value);
  std::memcpy(at, &value, sizeof value);
}

using skein::as_bytes;
using skein::as_text;

// Appends messages to a buffer; the length is filled in by `end`.
class message_writer {
 public:
  explicit message_writer(std::string& out) : out_(out) {}
  message_writer& begin(char type);
  message_writer& begin_startup();  // without a type
  message_writer& byte(char value);
  message_writer& u16(std::uint16_t value);
  message_writer& u32(std::uint32_t value);
  // Zero-terminated. What follows a zero inside `value` is left out: on the wire it would become
  // the next field.
  message_writer& text(std::string_view value);
  message_writer& raw(std::string_view value);
  void end();

 private:
  std::string& out_;
  std::size_t length_at_ = 0;
};

class field_reader : public body_reader {
 public:
  using body_reader::body_reader;
  char byte();
  std::uint16_t u16();
  std::uint32_t u32();
};

struct message {
  char type = 0;
  byte_view body = {};
};

// The first whole message of `input`, taken off its front; nullopt while it is incomplete. For the
// logins, whose messages are small: more than `limit` bytes of length is an error at once.
// `sender` is blamed in the error.
result<std::optional<message>> take_message(byte_view& input, std::uint32_t limit, fault sender);

}  // namespace skein::postgres
