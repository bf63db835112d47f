#include "backends/mysql/session_state.hpp"

#include <algorithm>
#include <iterator>

#include "backends/mysql/bytes.hpp"

namespace skein::mysql {

namespace {

// By these a text is read, and what its result says of itself is written.
constexpr std::string_view read_by[] = {"character_set_client", "character_set_connection",
                                        "character_set_results", "collation_connection",
                                        "sql_mode"};

// MySQL takes these the other way round: their DEFAULT is off.
constexpr std::string_view with_odd_default[] = {"foreign_key_checks", "unique_checks"};

constexpr std::string_view of_collation[] = {"character_set_client", "character_set_connection",
                                             "character_set_results", "collation_connection"};

// Of one statement, of one moment, of what its transaction has been told, or of one server's log.
constexpr std::string_view not_carried[] = {
    "binlog_format",    "debug",       "debug_sync",     "gtid_next",           "gtid_seq_no",
    "identity",         "insert_id",   "last_insert_id", "pseudo_replica_mode", "pseudo_slave_mode",
    "pseudo_thread_id", "rand_seed1",  "rand_seed2",     "server_id",           "skip_replication",
    "sql_log_bin",      "sql_log_off", "timestamp"};

constexpr std::string_view tells[] = {"error_count", "in_transaction", "last_gtid", "statement_id",
                                      "warning_count"};

namespace column_type {
constexpr std::uint8_t real = 0x05, longlong = 0x08, decimal = 0xf6;
}

bool is_in(const auto& names, std::string_view name) {
  return std::ranges::find(names, name) != std::end(names);
}

bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && is(text.front(), digit) && is(text.back(), digit) &&
         std::ranges::all_of(text, [](char c) { return is(c, digit) || c == '.'; }) &&
         std::ranges::count(text, '.') <= 1;
}

std::string in_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const char each : bytes) {
    const auto byte = static_cast<unsigned char>(each);
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  return hex;
}

// Whatever sql_mode is in force: quotes and backslashes are none of a string's.
std::string quoted(std::string_view value, std::string_view introducer) {
  const bool plain = std::ranges::all_of(
      value, [](char c) { return c >= ' ' && c <= '~' && c != '\'' && c != '\\'; });
  if (!plain) return std::string(introducer) + "x'" + in_hex(value) + "'";
  return "'" + std::string(value) + "'";
}

std::string number_of(std::uint8_t collation) {
  return collation == unknown_collation ? "default" : std::to_string(collation);
}

// What that flag has made of its setting; empty: there is none for it.
std::string_view of_flag(std::string_view name, capability_set agreed) {
  if (name == "sql_mode" && (agreed & capability::ignore_space) != 0)
    return "concat(@@global.sql_mode,',IGNORE_SPACE')";
  if (name == "wait_timeout" && (agreed & capability::interactive) != 0)
    return "@@global.interactive_timeout";
  return {};
}

// Where a COMMIT begins the next transaction, or ends the connection, no server would be lent
// twice: that a session says for itself, whatever is set globally.
std::string expression_of(std::string_view name, const std::string* value,
                          const login_settings& login) {
  if (!value && name.starts_with('@')) return "null";
  if (const auto flagged = of_flag(name, login.agreed); !value && !flagged.empty())
    return std::string(flagged);
  if (!value && is_in(with_odd_default, name)) return "@@global." + std::string(name);
  if (!value && name == "completion_type") return "0";
  if (!value) return is_in(of_collation, name) ? number_of(login.collation) : "default";
  if (name.starts_with('@')) return *value;
  if (value->empty() && name == "character_set_results") return "null";
  return is_number(*value) ? *value : quoted(*value, "_utf8mb4 ");
}

}  // namespace

session_state::session_state(settings_map settings) {
  if (settings.empty()) return;
  thread_local settings_table<session_contents> shared;
  contents_ = shared.keep(std::move(settings), [](session_contents& made) {
    settings_map read = made.all;
    std::erase_if(read, [](const auto& one) { return !is_in(read_by, one.first); });
    made.reads_by_all = read.size() == made.all.size();
    if (!made.reads_by_all) made.reading = session_state(std::move(read));
    if (const auto mode = made.all.find("sql_mode"); mode != made.all.end())
      made.mode = sql_mode_of(mode->second);
  });
}

std::optional<sql_mode> session_state::mode() const {
  return contents_ ? contents_->mode : std::nullopt;
}

// MariaDB calls it by its former name.
std::optional<std::string_view> session_state::isolation() const {
  const std::string* set = find("transaction_isolation");
  if (!set) set = find("tx_isolation");
  return set ? std::optional<std::string_view>(*set) : std::nullopt;
}

session_state session_state::reading() const {
  if (!contents_ || contents_->reads_by_all) return *this;
  return contents_->reading;
}

carried how_carried(std::string_view name) {
  if (is_in(tells, name) || name.starts_with("session_track_")) return carried::not_state;
  return is_in(not_carried, name) ? carried::never : carried::always;
}

std::string replay(const session_state& on_server, const session_state& wanted,
                   const login_settings& login) {
  if (on_server == wanted) return {};
  std::string settings;
  std::string variables;
  const auto set = [&](const std::string& name, const std::string* value) {
    std::string& into = name.starts_with('@') ? variables : settings;
    if (!into.empty()) into += ',';
    (into += name) += '=';
    into += expression_of(name, value, login);
  };
  // A character set takes the collation of its connection with it.
  bool collation_lost = false;
  const auto other = [&](const std::string& name, const std::string* now, const std::string* then) {
    if (now && then ? *now == *then : now == then) return;
    collation_lost |= name == "character_set_connection" || name == "collation_connection";
    if (name != "collation_connection") set(name, then);
  };
  for (const auto& [name, value] : on_server.all())
    if (!wanted.find(name)) other(name, &value, nullptr);
  for (const auto& [name, value] : wanted.all()) other(name, on_server.find(name), &value);
  const std::string* const collated = wanted.find("collation_connection");
  if (collation_lost && (collated || !wanted.find("character_set_connection"))) {
    if (!settings.empty()) settings += ',';
    settings += "collation_connection=" + expression_of("collation_connection", collated, login);
  }
  if (settings.empty() && variables.empty()) return {};
  if (settings.empty()) return "set " + variables;
  return "set session " + settings + (variables.empty() ? "" : ",") + variables;
}

std::uint8_t collation_of(std::uint8_t login, flavour there) {
  constexpr std::uint8_t utf8mb4_0900_ai_ci = 255;
  const bool known = there == flavour::mysql || login != utf8mb4_0900_ai_ci;
  return known ? login : unknown_collation;
}

std::string collation_settings(std::uint8_t collation) {
  const std::string number = number_of(collation);
  return "character_set_client=" + number + ",character_set_results=" + number +
         ",collation_connection=" + number;
}

std::string flag_settings(capability_set agreed) {
  std::string all;
  for (const std::string_view name : {"sql_mode", "wait_timeout"}) {
    const auto value = of_flag(name, agreed);
    if (value.empty()) continue;
    if (!all.empty()) all += ',';
    ((all += name) += '=') += value;
  }
  return all;
}

std::string variable_columns(std::string_view name) {
  const std::string variable = quoted_variable(name);
  return variable + ",hex(" + variable + "),charset(" + variable + "),collation(" + variable + ")";
}

std::string expression_of(const shown_variable& what) {
  if (!what.value) return "null";
  switch (what.type) {
    case column_type::longlong:
    case column_type::decimal:
      return is_number(*what.value) ? std::string(*what.value) : std::string();
    case column_type::real: {
      const bool has_exponent = what.value->contains('e');
      return std::string(*what.value) + (has_exponent ? "" : "e0");
    }
    default:
      break;
  }
  const auto is_name = [](std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return is(c, word_part); });
  };
  if (!is_name(what.charset) || !is_name(what.collation)) return {};
  // One of them is a word that MariaDB reserves: binary.
  return "_" + std::string(what.charset) + " x'" + std::string(what.in_hex) + "' collate `" +
         std::string(what.collation) + '`';
}

std::string quoted_variable(std::string_view name) {
  std::string quoted = "@`";
  for (const char each : name) quoted.append(each == '`' ? 2 : 1, each);
  return quoted + '`';
}

}  // namespace skein::mysql
