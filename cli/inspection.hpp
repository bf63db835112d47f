// What `skein check --connect` makes of what the members of a cluster say: who does what there, and
// what would be in the way later. Pure; cli/check asks them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backends/members.hpp"
#include "backends/roles.hpp"

namespace skein::cli {

struct member_answer {
  std::string name = {};
  member_address address = {};
  result<observation> seen = {};
  std::optional<result<duties>> told = {};  // empty: orders are none of Skein's business there
  bool follows_while_it_runs = true;
  bool hooks = false;
};

struct finding {
  bool wrong = true;      // else it is advice
  std::string text = {};  // what, where, and what to do
};

struct inspection {
  std::vector<std::string> members = {};  // a line each: "a  10.0.0.1:5432  leads, version 15.8"
  std::vector<finding> findings = {};
  bool good() const;
};

// `moved`: Skein moves the lead by itself.
inspection inspect(const std::vector<member_answer>& all, bool moved);

}  // namespace skein::cli
