// What ends an exchange: OK, EOF and ERR, read and written as the capabilities of their connection
// say. The logins stand on it, and so does all that reads or invents an answer later.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/mysql/capabilities.hpp"
#include "backends/mysql/message.hpp"

namespace skein::mysql {

// What a server tells of a session that has changed; of both flavours. One that is not known here
// is kept as it came.
enum class session_track : std::uint8_t {
  system_variable = 0,
  schema = 1,
  state_change = 2,  // value: "1" or "0"
  gtids = 3,
  transaction_characteristics = 4,  // value: the statements that would set them again
  transaction_state = 5,            // value: a letter each, such as "T_______"
};

struct session_change {
  session_track what = session_track::state_change;
  std::string name = {};  // of a system variable
  std::string value = {};
  bool operator==(const session_change&) const = default;
};

struct ok_packet {
  std::uint64_t affected_rows = 0;
  std::uint64_t last_insert_id = 0;
  std::uint16_t status = 0;
  std::uint16_t warnings = 0;
  std::string info = {};
  std::vector<session_change> changes = {};
  bool operator==(const ok_packet&) const = default;
};
// `first`: reply::ok, or reply::eof at the end of rows under deprecate_eof. Changes are written
// under session_track alone, and the status says so.
std::string written(std::uint8_t number, const ok_packet& what, capability_set agreed,
                    std::uint8_t first = reply::ok);
// From the body of a packet that begins as one. `sender` is blamed in the error.
result<ok_packet> read_ok(byte_view body, capability_set agreed, fault sender = fault::server);

// As it is without deprecate_eof.
struct eof_packet {
  std::uint16_t warnings = 0;
  std::uint16_t status = 0;
  bool operator==(const eof_packet&) const = default;
};
std::string written(std::uint8_t number, const eof_packet& what);
result<eof_packet> read_eof(byte_view body, fault sender = fault::server);

struct error_packet {
  std::uint16_t code = 0;
  std::string sqlstate = {};  // five letters; none before the greeting
  std::string text = {};
  bool operator==(const error_packet&) const = default;
};
std::string written(std::uint8_t number, const error_packet& what);
result<error_packet> read_error(byte_view body, fault sender = fault::server);

// MariaDB tells by this number in an ERR that a statement is still under way, if asked to.
inline constexpr std::uint16_t progress_code = 0xffff;

}  // namespace skein::mysql
