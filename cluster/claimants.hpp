// Who takes writes besides the one that leads, and whether that is to be believed. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "cluster/situation.hpp"

namespace skein::cluster {

// Whom nobody has fenced or left out.
std::vector<std::size_t> other_claimants(const situation& now);

// Whose claim to lead is not to be believed from now on: who was fenced by Skein for the one other
// that claims to, for then a move of which nobody knows any more came to its end; and who led
// before the one that leads.
std::vector<std::size_t> unbelieved(const situation& now, const failover_policy& policy);

// Who has come into the place of the one that leads, without Skein: where that one has ceased to,
// and all that followers have is there.
std::optional<std::size_t> successor(const situation& now, const failover_policy& policy);

}  // namespace skein::cluster
