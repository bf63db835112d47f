// Where one statement goes, and why: a pure function of what it is, who asks, and the view. The
// sentence that people read is made here and nowhere else.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/facts.hpp"
#include "routing/balance.hpp"
#include "routing/freshness.hpp"
#include "routing/view.hpp"

namespace skein::routing {

enum class reads_from : std::uint8_t {
  leader,
  followers,  // the leader where no follower may
  any,        // the leader among them
  nearest,    // those of Skein's own zone, the leader among them; else any
};

// How a cluster's statements are routed, where no rule or hint says otherwise.
struct policy {
  reads_from reads = reads_from::followers;
  balance_way balance = balance_way::least_busy;
  freshness fresh = freshness::session;
  std::chrono::milliseconds wait{20};           // for a follower that is fresh enough
  std::chrono::milliseconds bound{1000};        // freshness::bounded: so old at most
  std::chrono::milliseconds slow_start{30000};  // until a member that came back has its full share
  std::string zone = {};                        // where this Skein runs; empty: nowhere
  bool sticky = false;                          // a session keeps to the zone of its first read
  bool operator==(const policy&) const = default;
};

// What a rule or a hint says of where to; in place of the policy.
struct destination {
  enum class kind : std::uint8_t { unsaid, leader, followers, member, zone };
  kind to = kind::unsaid;
  std::string name = {};  // of the member or the zone
  bool operator==(const destination&) const = default;
};

struct request {
  const statement_facts* facts = nullptr;  // of what decides; null: nothing is known, the leader's
  std::string_view unsure = {};            // why it is the leader's whatever its facts, a clause
  const destination* ruled = nullptr;      // by a rule ...
  std::string_view rule = {};              // ... of this name; empty: by a hint
  freshness fresh = freshness::session;
  debt owed = {};
  moment shared = {};  // see `covers`
  moment arrived = {};
  moment now = {};
  std::uint32_t shunned = 0;  // by bits: members that have just failed this statement
  std::uint64_t lot = 0;
  std::string_view home = {};  // the zone of the session's first read, if it sticks to one
};

enum class reason : std::uint8_t {
  of_statement,  // facts.why
  unsure,        // request.unsure
  setting,       // reads: leader, or freshness: leader
  balanced,      // to a follower, or to any of them
  same_member,   // the follower that this session reads from: another might show less
  not_fresh,     // to the leader, or refused without one: no follower shows yet what is owed
  none_fit,      // to the leader: no follower may serve
  ruled,
  hinted,
  no_leader,
};
inline constexpr std::size_t reasons = 10;
std::string_view to_string(reason why);  // a word, for metrics

struct plan {
  enum class act : std::uint8_t { send, wait, refuse };
  act what = act::send;
  std::size_t member = 0;
  reason why = reason::of_statement;
  moment until = {};  // wait: ask again at each view, at the latest then
};

// Members beyond these are never read from, but for the leader.
inline constexpr std::size_t balanced_members_max = 32;

plan decide(const request& asked, const policy& ours, const cluster_view& now,
            const sightings& seen, balancer& balance);

// What a plan stands on that sends a session where it has read last, for the others do not show
// that yet. As long as this carries what is asked, of the same view by the same policy, `decide`
// would come to the same plan again: of what the session reads there meanwhile the others show no
// more.
struct footing {
  bool firm = false;
  debt owed = {};
  moment shared = {};
};
footing footing_of(const plan& made, const request& asked);
bool carries(const footing& under, const request& asked);

// What is kept of a plan that was carried out; the view that it was made by is not.
struct past_plan {
  const statement_facts* facts = nullptr;
  std::string_view unsure = {};
  std::string_view rule = {};
  freshness fresh = freshness::session;
  bool shared = false;  // others have written what it was owed
  std::string_view member = {};
  bool led = false;  // that member
  reason why = reason::of_statement;
  bool refused = false;  // by the rule
};

// What a person reads of it: "to leader \"a\": it locks rows (FOR UPDATE)". A refusal's is a whole
// sentence, which the client hears.
std::string sentence(const plan& made, const request& asked, const policy& ours,
                     const cluster_view& now);
std::string sentence(const past_plan& done, const policy& ours);

}  // namespace skein::routing
