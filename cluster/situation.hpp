// All that is known of a cluster when somebody asks what is to be done about its lead: values, with
// times passed in. cluster/decide reads it; who fills it in looks, and decides nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backends/members.hpp"
#include "backends/roles.hpp"
#include "cluster/contact.hpp"
#include "routing/view.hpp"

namespace skein::cluster {

using routing::moment;

// How one is brought back that has led, and does not follow by being told.
struct comeback {
  bool needed = false;
  bool restarts = false;     // who leads there follows another only once it is started anew
  bool hooks = false;        // a person has written down by which commands
  std::string running = {};  // which of them; empty: none is
  moment since = {};
  std::string failed = {};  // a clause, of the last attempt
  moment again = {};        // the next is made then
};

struct member_facts {
  std::string name = {};
  std::string zone = {};
  int priority = 1;                          // 0: is never promoted
  std::optional<std::size_t> upstream = {};  // settings: which it follows, rather than who leads

  contact met = contact::unseen;
  moment met_since = {};     // the first look in a row that was met like this was sent then
  std::string trouble = {};  // a clause, where it does not answer

  // What follows is of the last look that was answered.
  member_role role = member_role::unknown;
  position received = {};  // of a leader: what it has written
  position applied = {};
  bool receives = false;  // its receiver is to run, whether it is connected or not
  std::optional<std::size_t> follows = {};  // empty: nobody, or one that is not listed
  std::string source = {};                  // its address, in that case
  moment news = {};                         // `received` was last seen to have grown
  std::string cannot_apply = {};            // a clause
  bool drained = false;                     // a person wants it to do no work
  std::string foreign = {};                 // a clause: why it is of another cluster
  std::string outside = {};                 // a clause: why it cannot follow; it is not led back
  std::optional<bool> has_orphans = {};     // what who leads has not; empty: nobody knows
  bool stuck = false;                       // who leads does or would send it nothing from there
  bool fenced = false;                      // takes no writes, though it is no follower ...
  bool fenced_by_us = false;                // ... for certain by a Skein, not by a person ...
  moment fenced_since = {};                 // ... as far as is known
  bool examined = false;                    // what it has been told is known ...
  moment examined_since = {};               // ... for the first time
  unsigned acks = 0;                        // of a leader: on so many is what it acknowledges ...
  bool counted = true;                      // ... of our followers; of a follower: it is one
  std::string remark = {};                  // a clause, that a person should read
  std::string unheard = {};                 // a clause: why that is not known
  std::string fails = {};                   // a clause: why it did not do what it was told last
  std::optional<moment> fails_since = {};   // ... and what it was told like this before
  bool told_to_stop = false;                // receiving, by us, and not led on since
  std::optional<std::size_t> open = {};     // transactions, not long ago
  bool settled = false;                     // fenced, and looked at since
  bool deposed = false;                     // led before, and has not followed since
  // Of a leader: who did, by what is written down there, and a clause why that is not.
  std::optional<lead_record> last_lead = {};
  std::string unrecorded = {};
  comeback back = {};
};

// Who leads since when, as was decided or found last.
struct lead {
  std::size_t member = 0;
  std::uint64_t epoch = 0;
  bool by_us = false;  // Skein promoted it ...
  moment since = {};   // ... at that time
  // Nobody has seen it lead since Skein was started: it did by what is written down.
  bool recalled = false;
  bool unseen = false;  // this Skein has not had one answer of it
};

// The write that Skein itself has the leader do, now and then, so that life shows.
struct heartbeat {
  moment taken = {};                   // the last one that the leader took was sent then
  std::optional<moment> failing = {};  // the first that it did not take, of those since
  std::string trouble = {};            // why not
};

// By a person's word the lead goes to another.
struct move {
  std::size_t from = 0;
  std::size_t to = 0;
  moment since = {};
  std::chrono::milliseconds patience{10'000};  // for transactions that are open
  std::optional<moment> held = {};             // nobody begins a new one since
  std::optional<moment> given_up = {};
  std::string why = {};  // a sentence: why it was
};

struct situation {
  moment now = {};
  std::vector<member_facts> members = {};
  std::optional<lead> led = {};
  std::optional<std::size_t> chosen = {};  // to be the next: it has been told to lead
  std::optional<move> moving = {};
  bool fenced_here = false;  // who leads, by this process, that has told nobody to lead since
  heartbeat beat = {};
  // For how long the leader had had what a follower had not received, when it was last seen; by
  // member. Empty: not known.
  std::vector<std::optional<std::chrono::milliseconds>> lacks = {};
};

struct failover_policy {
  enum class way : std::uint8_t { no, yes, external };
  way automatic = way::no;
  std::chrono::milliseconds detect_after{3000};
  std::chrono::milliseconds refused_for{400};  // two looks in a row, at least
  std::chrono::milliseconds again_after{60'000};
  std::chrono::milliseconds max_loss{10'000};
  unsigned assured = 0;  // as many followers are to have received what is acknowledged ...
  bool degrade = false;  // ... or fewer, while there are fewer
  bool operator==(const failover_policy&) const = default;
  unsigned acks = 0;  // followers that have received what was acknowledged; 0: none need have
};

}  // namespace skein::cluster
