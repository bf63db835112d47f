// What a keeper does about who led before it was there: asks members, until somebody leads, and
// vouches for nobody before that it leads is written down, for the next Skein.
#include "cluster/keeper.hpp"
#include "cluster/recollection.hpp"

namespace skein::cluster {

using std::chrono::steady_clock;

// Why nobody leads yet. Each time all is asked anew: who knows may come later.
std::string keeper::recall(const situation& now) {
  if (!acts()) return {};
  if (now.led) {
    const auto& stands = now.members[now.led->member].last_lead;
    if (stands && stands->epoch > now.led->epoch) watch_.recall(now.led->member, stands->epoch, {});
    return {};
  }
  const recollection found = recollect(now, settings_.policy, started_);
  if (!found.over) return found.why;
  before_.recalled = found.leader.has_value();
  watch_.recall(found.leader, found.epoch, found.outdated);
  return found.why;
}

// Of who leads. A server that may not write it down, or cannot, leads all the same: then a person
// is told.
bool keeper::is_recorded(const situation& now) const {
  const failover_policy& how = settings_.policy;
  // Who decides writes it down.
  if (how.automatic != failover_policy::way::yes || !in_office_) return true;
  const member_facts& leader = now.members[now.led->member];
  if (leader.last_lead == lead_record{now.led->epoch, leader.name}) return true;
  const lead_writing record = hands_[now.led->member]->word().record;
  if (record.epoch == now.led->epoch || record.refused) return true;
  return record.failing && steady_clock::now() - *record.failing >= how.detect_after;
}

}  // namespace skein::cluster
