// What a statement's own comment asks of routing: "leader", "follower" or "followers", "member=a",
// "zone=z", "fresh=session", "key=...", divided by blanks or commas. A dialect finds the comment;
// this reads its words.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routing/freshness.hpp"
#include "routing/plan.hpp"

namespace skein::routing {

struct hint {
  destination to = {};
  std::optional<freshness> fresh = {};
  std::string key = {};  // who shares what is owed; empty: not said
  // Words that mean nothing, or gainsay an earlier one: not followed, and told to whoever asks why.
  std::vector<std::string> ignored = {};
  bool operator==(const hint&) const = default;
};

hint read_hint(std::string_view words);

}  // namespace skein::routing
