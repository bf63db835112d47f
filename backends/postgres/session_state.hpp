// The settings of a session as a value: what a client's session has set, what a server connection
// has set now, and the difference that turns one into the other. One core's thread only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/login.hpp"
#include "backends/shared_settings.hpp"

namespace skein::postgres {

// Setting's name (folded) -> value as current_setting() shows it, in the bytes of the database's
// own encoding whatever the client's is. A name that is absent has the value that a fresh
// connection of this login has.
using skein::settings_map;

// As it stands in SET or in a start-up packet -> as the server files it: folded, a former name
// replaced by today's.
std::string setting_name(std::string_view written);
// False for what belongs to one transaction, cannot be set, or does not show what was set (seed).
bool can_be_carried(std::string_view name);
// As a client is told them at the end of its login.
std::string status_messages(const settings_map& all);

struct session_contents;

class session_state final : public shared_settings<session_state, session_contents> {
 public:
  session_state() = default;  // nothing set
  explicit session_state(settings_map settings);
  bool serializable() const;  // its transactions are, unless they say otherwise
  // The part by which the server reads a statement's text when it is prepared: `timestamptz
  // '2020-01-01'` keeps the time zone of its Parse. (What follows search_path is planned anew.)
  session_state reading() const;
};

struct session_contents {
  settings_map all = {};
  session_state reading = {};
  bool reads_by_all = false;  // `reading` would be this object itself
  bool serializable = false;
};

// One setting to change on a server; no value: back to that connection's own default.
struct setting_change {
  std::string name;
  std::optional<std::string> value;
  bool operator==(const setting_change&) const = default;
};

// In an order that works: a role is laid down first and taken up last (another role may not be
// allowed to set what comes between); a timeout that is in force goes next, one that is not comes
// behind everything, so that none ends the replay itself.
// `unknown`: names whose value on the server is not known, always set anew.
std::vector<setting_change> diff(const session_state& on_server, const session_state& wanted,
                                 const std::vector<std::string>& unknown = {});

// A client's start-up packet: what of it is settings that can be replayed (name=value pairs, and
// `-c name=value` or `--name=value` inside `options`), and what must be given to the server when
// the connection is opened (settings that nobody can change later, `options` that hold more than
// settings). As with the server, a pair outside of `options` wins.
struct startup_split {
  session_state settings = {};
  std::vector<std::pair<std::string, std::string>> for_server = {};  // part of the pool's key
};
startup_split split_startup(const login_request& request);
std::vector<std::pair<std::string, std::string>> startup_for_server(const login_request& request);

// A client asks for settings in a start-up packet that reset brings back, and whatever it set
// later; `look` tells what is set on the server now. What a session is after a look at everything:
// all that the look found, and the start-up's value of each name that it did not find.
session_state after_look(const settings_map& found, const session_state& at_startup);

}  // namespace skein::postgres
