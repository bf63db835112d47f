// The settings of a session as a value: what a client's session has set, what a server connection
// has set now, and the statement that turns one into the other. One core's thread only.
//
// Servers tell each change by themselves (session tracking): name -> value as SHOW VARIABLES has
// it. User variables stand beside them, as "@`name`" -> the SQL that gives the value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/mysql/capabilities.hpp"
#include "backends/mysql/flavour.hpp"
#include "backends/mysql/sql_mode.hpp"
#include "backends/shared_settings.hpp"

namespace skein::mysql {

struct session_contents;

// A name that is absent has the value that a fresh connection of this login has.
class session_state final : public shared_settings<session_state, session_contents> {
 public:
  session_state() = default;  // nothing set
  explicit session_state(settings_map settings);
  std::optional<sql_mode> mode() const;               // if it is set
  std::optional<std::string_view> isolation() const;  // likewise
  // The part by which the server reads a statement's text when it is prepared.
  session_state reading() const;
};

struct session_contents {
  settings_map all = {};
  session_state reading = {};
  bool reads_by_all = false;  // `reading` would be this object itself
  std::optional<sql_mode> mode = {};
};

// What becomes of a change that the server reports.
enum class carried : std::uint8_t {
  always,    // it can be set elsewhere
  never,     // it belongs to that connection
  not_state  // it tells something, or steers the telling
};
carried how_carried(std::string_view name);

// Of a login whose collation the server does not know: it has taken its own instead. MySQL's
// clients sign in with one that MariaDB has not.
inline constexpr std::uint8_t unknown_collation = 0;
std::uint8_t collation_of(std::uint8_t login, flavour there);

// What a login sets besides its user and database: by its collation, and by two of its flags.
struct login_settings {
  std::uint8_t collation = unknown_collation;
  capability_set agreed = 0;
};

// One SET that makes a server's settings the wanted ones; empty: they are. What the login set goes
// back to that.
std::string replay(const session_state& on_server, const session_state& wanted,
                   const login_settings& login);
// That of the login, for a server that does not know it any more. Of the flags: "a=1,b=2" or empty.
std::string collation_settings(std::uint8_t collation);
std::string flag_settings(capability_set agreed);

// What a server shows of a user variable, by `variable_columns`, as the SQL that gives it the same
// value; empty: it is not understood.
std::string variable_columns(std::string_view name);
inline constexpr std::size_t variable_column_count = 4;
struct shown_variable {
  std::uint8_t type = 0;  // of the first column
  std::optional<std::string_view> value = {};
  std::string_view in_hex = {};
  std::string_view charset = {};
  std::string_view collation = {};
};
std::string expression_of(const shown_variable& what);

// How a user variable of that name is called in a session_state, and in statements of ours.
std::string quoted_variable(std::string_view name);

}  // namespace skein::mysql
