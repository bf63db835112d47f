// The line by which a PostgreSQL follower finds whom it follows (`primary_conninfo`): read, and
// written anew with all that somebody has put there besides.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "backends/members.hpp"

namespace skein::postgres {

// Who leads the receiver nowhere: the folder of a unix socket that is not there.
inline constexpr std::string_view nowhere = "/skein/has/stopped/receiving";

struct followed {
  bool nowhere = false;
  std::optional<member_address> source = {};
  std::string name = {};  // by which it is known there
};
// Nothing where the text cannot be read.
std::optional<followed> read_conninfo(const std::string& text);

// What signs in: without the password, and that by itself, for who must not show it in a command
// line; with these settings besides.
struct split_conninfo {
  std::string text = {};
  std::string password = {};
};
split_conninfo split_password(const std::string& text,
                              const std::map<std::string, std::string>& more = {});
std::string write_conninfo(const std::map<std::string, std::string>& settings);
// Whether it says as whom.
bool names_user(const std::string& text);

// The same with another place, and another user where one is given. A text that cannot be read is
// made anew. `address.host` may be `nowhere`. A name: by that it is known to whom it follows.
std::string point_conninfo(const std::string& text, const member_address& at,
                           const credentials& replicator, const std::string& name = {});

}  // namespace skein::postgres
