// The grammar of MySQL's packets: a length of three bytes, a number in its exchange, a body;
// numbers are little-endian, and a body of the longest length goes on in the next packet.
// Everything here is bounded by the bytes at hand: a peer can make a read fail, never make it
// stray. Both logins and the conversation stand on it.
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

namespace skein::mysql {

inline constexpr std::size_t header_bytes = 4;  // length and number
inline constexpr std::uint32_t body_max =
    0xffffff;  // one of that length is not the last of its message
// Of a message of a login: a certificate or a token may be in it, no more.
inline constexpr std::uint32_t login_length_max = 64U * 1024;

// The first byte of what a client asks.
enum class command : std::uint8_t {
  quit = 0x01,
  init_db = 0x02,
  query = 0x03,
  field_list = 0x04,
  create_db = 0x05,
  drop_db = 0x06,
  refresh = 0x07,
  shutdown = 0x08,
  statistics = 0x09,
  process_info = 0x0a,
  process_kill = 0x0c,
  debug = 0x0d,
  ping = 0x0e,
  change_user = 0x11,
  binlog_dump = 0x12,
  table_dump = 0x13,
  register_replica = 0x15,
  stmt_prepare = 0x16,
  stmt_execute = 0x17,
  stmt_send_long_data = 0x18,
  stmt_close = 0x19,
  stmt_reset = 0x1a,
  set_option = 0x1b,
  stmt_fetch = 0x1c,
  binlog_dump_gtid = 0x1e,
  reset_connection = 0x1f,
  clone = 0x20,
  stmt_bulk_execute = 0xfa,  // MariaDB
};

// The first byte of what a server answers, where it is not the first of a row or of a count.
namespace reply {
inline constexpr std::uint8_t ok = 0x00, local_infile = 0xfb, eof = 0xfe, error = 0xff;
inline constexpr std::uint8_t auth_more = 0x01, auth_switch = 0xfe;  // in a login
}  // namespace reply

// What an answer tells of its connection.
namespace status {
inline constexpr std::uint16_t in_transaction = 0x0001, autocommit = 0x0002, more_results = 0x0008,
                               cursor_exists = 0x0040, last_row_sent = 0x0080,
                               database_dropped = 0x0100, no_backslash_escapes = 0x0200,
                               in_read_only_transaction = 0x2000, session_state_changed = 0x4000;
}  // namespace status

inline std::uint32_t load_u24(const std::byte* at) {
  return std::to_integer<std::uint32_t>(at[0]) | std::to_integer<std::uint32_t>(at[1]) << 8 |
         std::to_integer<std::uint32_t>(at[2]) << 16;
}
inline std::uint32_t body_size(const std::byte* header) {
  return load_u24(header);
}
inline std::uint8_t number_of(const std::byte* header) {
  return std::to_integer<std::uint8_t>(header[3]);
}

using skein::as_bytes;
using skein::as_text;

// Appends packets to a buffer; the length is filled in by `end`, and a body that is too long for
// one is parted then.
class message_writer {
 public:
  explicit message_writer(std::string& out) : out_(out) {}
  message_writer& begin(std::uint8_t number);
  message_writer& u8(std::uint8_t value);
  message_writer& u16(std::uint16_t value);
  message_writer& u24(std::uint32_t value);
  message_writer& u32(std::uint32_t value);
  message_writer& u64(std::uint64_t value);
  message_writer& counted(std::uint64_t value);          // in as few bytes as it takes
  message_writer& counted_text(std::string_view value);  // behind its length
  // Zero-terminated. What follows a zero inside `value` is left out: on the wire it would become
  // the next field.
  message_writer& text(std::string_view value);
  message_writer& raw(std::string_view value);
  void end();
  std::uint8_t next_number() const { return number_; }  // after `end`

 private:
  std::string& out_;
  std::size_t begun_at_ = 0;
  std::uint8_t number_ = 0;
};

class field_reader : public body_reader {
 public:
  using body_reader::body_reader;
  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u24();
  std::uint32_t u32();
  std::uint64_t u64();
  std::uint64_t counted();
  std::string_view counted_text();
  bool starts_with(std::uint8_t value) const {
    return !rest_.empty() && std::to_integer<std::uint8_t>(rest_[0]) == value;
  }

 private:
  std::uint64_t number(std::size_t bytes);
};

struct message {
  std::uint8_t number = 0;
  byte_view body = {};
};

// The first whole message of `input`, taken off its front; nullopt while it is incomplete. For the
// logins, whose messages are small: more than `limit` bytes of length, and one that would go on in
// the next packet, is an error at once. `expected` is the number that it has to have. `sender` is
// blamed in the error.
result<std::optional<message>> take_message(byte_view& input, std::uint8_t expected,
                                            std::uint32_t limit, fault sender);

}  // namespace skein::mysql
