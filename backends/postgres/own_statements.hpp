// The statements that we run ourselves on a server connection, under names of their own, so that
// the client's unnamed statement stays what it is. Each is prepared once a connection, where it is
// first needed. Looks and replays are made of them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/postgres/replies.hpp"

namespace skein::postgres {

enum class own_statement : std::uint8_t {
  // Isolation that needs no waiting and that a standby has, whatever the session's default: for a
  // transaction of ours alone, first in it.
  calm,
  set,  // a setting: name, value or null; both in the database's encoding
  // Of a look. Names come as an array, see append_names.
  look_names,     // rows of name, value
  look_settings,  // the same, of all that the session has set; names: what the server does not list
  look_held,      // one row of four booleans: temporary objects, advisory locks, cursors, listening
  look_prepared,  // rows of the names of statements made by PREPARE, which never are ours
  // Of a clean-up.
  reset_settings,
  reset_session_role,
  reset_role,
  close_cursors,
  unlisten,
  drop_temporary,
  forget_sequences,
  unlock,
  // Ahead of a commit: the number of its transaction, if it has one.
  transaction_id,
};
inline constexpr std::size_t own_statement_count = 15;

// What of them is prepared on one server connection.
class own_statements {
 public:
  // Bind and Execute, all values and results in binary, and ahead of them Parse where it is due.
  void append(std::string& out, std::vector<reply_kind>& replies, own_statement which,
              std::span<const std::optional<std::string_view>> values = {});
  // Something sent for us failed, or statements were deallocated: each is closed, which never
  // fails, before it is prepared again.
  void doubt();
  bool operator==(const own_statements&) const = default;

 private:
  enum class known : std::uint8_t { absent, prepared, in_doubt };
  std::array<known, own_statement_count> known_ = {};
};

// A bytea[] of these names, as a value for `append`.
std::string array_of(const std::vector<std::string>& names);

}  // namespace skein::postgres
