// The lead goes to another because a person has said so: applications are to see a pause, and no
// error. Pure, as cluster/decide is, which asks here.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "cluster/decide.hpp"

namespace skein::cluster {

// What a person asks for.
struct move_wish {
  std::string to = {};         // empty: the one that has most
  bool leave_outside = false;  // who leads now, where nothing brings it back
  std::optional<std::chrono::milliseconds> patience = {};
};

// Whom to, if it can be begun now; else a sentence that says why not, and what to do.
std::expected<std::size_t, std::string> may_move(const situation& now,
                                                 const failover_policy& policy,
                                                 const move_wish& wish);

// The step that comes next while the one who leads is there.
decision go_on_moving(const situation& now);

// How it has ended, when `made` is what is done now; empty: it goes on. It always ends: when its
// patience is over, nobody is on the way to lead, and none will come by waiting, a person may ask
// for something else.
struct move_end {
  bool done = false;
  std::string why = {};  // one sentence
};
std::optional<move_end> end_of_move(const situation& now, const failover_policy& policy,
                                    const decision& made);

}  // namespace skein::cluster
