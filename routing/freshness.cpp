#include "routing/freshness.hpp"

#include <algorithm>

namespace skein::routing {

namespace {

// A follower's history is that of its leader only where both name the same one. After a promotion
// it may be named late by a follower that has long followed: until then that follower shows
// nothing for sure, which costs time and never a wrong answer.
bool shows(const member_view& follower, const position& need) {
  return skein::covers(follower.last.applied, need);
}

bool shows(const member_view& follower, const extent* written) {
  const auto& shown = follower.last.applied.exact;
  return written && shown && shown->covers(*written);
}

// While nobody leads, what was last seen of who led is still true: it asks for all that was written
// before that look, and there is nothing newer that it could tell.
bool shows_leader_at(const cluster_view& now, const sightings& seen, const member_view& follower,
                     moment when) {
  const auto leader = now.leader ? now.leader : now.last_leader;
  if (!leader) return false;
  const position* need = seen.first_after(*leader, when);
  return need && shows(follower, *need);
}

// What was seen on a member is shown by all who show what that member, or its leader, showed at any
// time after: whichever is known, and asks for less.
bool shows_what_was_read(const cluster_view& now, const sightings& seen, std::size_t follower,
                         const debt& owed) {
  const std::size_t on = owed.on - std::size_t{1};
  // A server that was started anew shows less at first than it did before. This also tells apart
  // members whose indices have moved.
  if (on < now.members.size() && now.members[on].last.started_at_us == owed.incarnation) {
    if (on == follower) return true;
    const position* need = now.leader == on ? nullptr : seen.first_after(on, owed.read);
    if (need && shows(now.members[follower], *need)) return true;
  }
  return shows_leader_at(now, seen, now.members[follower], owed.read);
}

}  // namespace

void sightings::note(const cluster_view& now) {
  if (!are_of(now.members)) {
    members_.assign(now.members.size(), {});
    for (std::size_t i = 0; i < members_.size(); ++i) members_[i].name = now.members[i].name;
  }
  if (epoch_ != now.epoch) {
    for (auto& member : members_) member.used = 0;
  }
  epoch_ = now.epoch;
  for (std::size_t i = 0; i < members_.size(); ++i) members_[i].note(now.members[i]);
}

bool sightings::are_of(const std::vector<member_view>& members) const {
  return std::ranges::equal(members_, members, {}, &member_sightings::name, &member_view::name);
}

// What a view tells of a member that cannot be reached is the last look that succeeded.
void sightings::member_sightings::note(const member_view& member) {
  if (member.asked == moment{}) return;
  const observation& look = member.last;
  if (look.role != role || look.started_at_us != incarnation) used = 0;
  role = look.role;
  incarnation = look.started_at_us;
  if (used > 0 && member.asked <= kept_at(used - 1).asked) return;
  if (role == member_role::unknown) return;
  ring[next] = {member.asked, role == member_role::leader ? look.written : look.applied};
  next = (next + 1) % kept;
  used = std::min(used + 1, kept);
}

const position* sightings::first_after(std::size_t member, moment when) const {
  if (member >= members_.size()) return nullptr;
  const auto& sights = members_[member];
  if (sights.used == 0 || sights.kept_at(sights.used - 1).asked < when) return nullptr;
  std::size_t low = 0;
  for (std::size_t high = sights.used - 1; low < high;) {
    const std::size_t middle = (low + high) / 2;
    if (sights.kept_at(middle).asked < when) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return &sights.kept_at(low).at;
}

bool covers(const cluster_view& now, const sightings& seen, std::size_t follower, const debt& owed,
            moment shared) {
  const moment wrote = std::max(owed.wrote, shared);
  const member_view& member = now.members[follower];
  if (wrote != moment{} && !(shared <= owed.wrote && shows(member, owed.exact)) &&
      !shows_leader_at(now, seen, member, wrote))
    return false;
  if (owed.on == 0 || owed.read == moment{}) return true;
  return shows_what_was_read(now, seen, follower, owed);
}

bool shows_all_before(const cluster_view& now, const sightings& seen, std::size_t follower,
                      moment when) {
  return shows_leader_at(now, seen, now.members[follower], when);
}

}  // namespace skein::routing
