// What is to be done about the lead of a cluster: one step, and the sentence that explains it.
// Pure: cluster/keeper has the step taken, the members are looked at again, and this is asked
// again. So each step may be repeated, and may be the first that a Skein takes which has just
// started.
#pragma once

#include "cluster/situation.hpp"

namespace skein::cluster {

enum class step : std::uint8_t {
  rest,            // nothing is to be done
  wait,            // something is wrong; the sentence says what is waited for
  propose,         // a person must say so: `who.front()` would be promoted
  stop_receiving,  // `who`: keeping what they have received
  promote,         // `who.front()`
  follow,          // `who`: `of`
  fence,           // `who`: they take no more writes
  hold,            // new transactions wait, and those that are open at `who` are counted
  assure,          // `who`: what is acknowledged is on `acks` followers
  resume,          // the move is over without success: `who` leads on
  rejoin,          // `who`: the hooks of each, which make it follow `of`
};

struct decision {
  step what = step::rest;
  std::vector<std::size_t> who = {};
  std::size_t of = 0;
  unsigned acks = 0;
  std::string why = {};  // one sentence
  bool remarks = false;  // at its end; a person should read them, whatever the step is
};

decision decide(const situation& now, const failover_policy& policy);

}  // namespace skein::cluster
