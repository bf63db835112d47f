// What may be said at the console, parsed. Pure, and the same for every wire: the backends ask it
// what a statement means and what columns its answer will have, the proxy carries the command out.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "console/table.hpp"

namespace skein::console {

// Who connects to a database of this name talks to the console.
inline constexpr std::string_view database = "skein";

enum class verb : std::uint8_t {
  show_clusters,
  show_members,
  show_pools,
  show_sessions,
  show_servers,
  show_statements,
  show_prepared,
  show_pins,
  show_settings,
  show_version,
  show_help,
  explain_route,
  show_isolation,  // for drivers that ask; there is but one
  pause,
  resume,
  kill,
  reload,
  drain,
  nothing,  // what drivers say by themselves: BEGIN, SET ...; accepted, without effect
};

struct command {
  verb what = verb::nothing;
  std::string name = {};      // of a cluster; empty: all of them
  std::uint64_t session = 0;  // which one to end
  // EXPLAIN ROUTE: of what, where and in whose name; the latter two may be empty.
  std::string statement = {};
  std::string in_database = {};
  std::string user = {};
  std::string tag = {};  // what was done, as drivers are told: "SHOW", "PAUSE"
};

// The statements of a text, split at ';' outside of quotes and comments; none is empty.
std::vector<std::string_view> statements_of(std::string_view text);
// The error is a sentence that says what may be said instead.
std::expected<command, std::string> parse(std::string_view statement);
// Of the answer to it; none where it answers with no rows.
std::span<const column> columns_of(verb what);
// The answer to HELP.
table help();

}  // namespace skein::console
