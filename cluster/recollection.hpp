// Who led last, and in which epoch, by what members have of it from the time before this Skein was
// started: each time somebody leads, that is written down there, and followers receive it. Pure;
// cluster/keeper asks it until somebody leads.
#pragma once

#include <string>
#include <vector>

#include "cluster/decide.hpp"

namespace skein::cluster {

struct recollection {
  bool over = false;                       // nobody is waited for any more
  std::optional<std::size_t> leader = {};  // empty: nobody knows, or it is no member any more
  std::uint64_t epoch = 0;
  std::vector<std::size_t> outdated = {};  // they lead by their own word, and have lost the lead
  std::string why = {};                    // one sentence
};

// `since`: they have been asked from then on.
recollection recollect(const situation& now, const failover_policy& policy, moment since);

// To a decision's sentence, for people: that who led is known by what is written down alone, or
// that it cannot be written down who leads.
void add_what_is_recalled(const situation& now, decision& made);

}  // namespace skein::cluster
