// Turns what observers saw and hands brought back into the situation that cluster/decide reads.
// It judges nothing, it says the same in another order; what status and metrics ask for it tells.
#pragma once

#include <optional>
#include <vector>

#include "cluster/decide.hpp"
#include "cluster/hand.hpp"
#include "cluster/hooks.hpp"
#include "cluster/watch.hpp"

namespace skein::cluster {

// Of a member's settings, what only who keeps the lead asks for.
struct member_part {
  int priority = 1;
  std::optional<std::size_t> upstream = {};
  hook_commands hooks = {};
  bool operator==(const member_part&) const = default;
};

struct findings {
  moment now = {};
  watch::knowledge known = {};
  std::vector<hand_word> words = {};  // as members
};

// What is not seen.
struct remembered {
  std::optional<std::size_t> chosen = {};
  std::optional<move> moving = {};
  std::optional<std::size_t> fenced = {};  // to make room, and nobody has been told to lead since
  bool by_us = false;
  moment led_since = {};
  bool recalled = false;
  std::optional<unsigned> acks = {};  // of who leads, in this epoch, as far as it has been asked
};

// Whether it was fenced by what is decided now, or has been freed since.
void note_fence(remembered& into, const decision& made, const situation& now);

// The same one among other members: where its address is.
std::optional<std::size_t> same_member(const std::vector<member_settings>& before,
                                       std::optional<std::size_t> member,
                                       const std::vector<member_settings>& next);

std::chrono::milliseconds beat_interval(const failover_policy& policy);

// All but what each member lacks.
situation gather(const findings& from, const std::vector<member_settings>& members,
                 const std::vector<member_part>& parts, const failover_policy& policy,
                 const remembered& before);

}  // namespace skein::cluster
