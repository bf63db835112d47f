// Where does it go? A pure function of the view: one member, or a refusal whose sentence the client
// hears. Skein sends all of a session to the leader for now; what a statement is does not matter.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

#include "backends/error.hpp"
#include "routing/view.hpp"

namespace skein::routing {

// The index of the member that a session is sent to.
result<std::size_t> choose(const cluster_view& now);

// What a client hears while nobody leads.
std::string no_leader(const cluster_view& now);

// Whether what was begun on the leader of `epoch` may go on there. A leader that only cannot be
// seen keeps its sessions: their own connections will tell.
bool may_go_on(const cluster_view& now, std::uint64_t epoch);

}  // namespace skein::routing
