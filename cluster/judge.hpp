// Who leads, as far as can be seen: a pure function from what the observers last saw to a view,
// each judgement with the sentence that explains it. cluster/watch feeds it and publishes what it
// says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backends/members.hpp"
#include "cluster/contact.hpp"
#include "routing/view.hpp"

namespace skein::cluster {

struct member_settings {
  std::string name = {};
  member_address address = {};
  std::string zone = {};
  double weight = 1;  // above 0

  bool operator==(const member_settings&) const = default;
};

// The newest news of one member.
struct member_news {
  bool looked = false;                   // at least one look has ended
  std::optional<observation> seen = {};  // the last look, if it succeeded
  std::string trouble = {};              // why it did not
  observation before = {};               // the last look that succeeded ...
  routing::moment asked = {};            // ... and a time just before it was sent
  contact met = contact::unseen;         // by the last look ...
  routing::moment met_since = {};        // ... and when the first like it in a row was sent
  routing::moment grew = {};             // what it has written or received was seen to have grown
  bool vouched = false;                  // what it acknowledges lasts
  std::string mark = {};                 // where its history as leader began, if that is known
  routing::moment leads_since = {};      // the first look that saw it lead, as it was started
  bool drained = false;                  // a person wants it to do no work
  bool deposed = false;                  // led until another took over, and has not followed since
};

// Nothing new is sent to it as to who leads.
struct held_lead {
  std::size_t member = 0;
  std::string why = {};
};

// Several Skeins agree on who leads: nobody else does, whatever its server says.
struct agreed_lead {
  std::uint64_t epoch = 0;                   // 0: they have not agreed on anybody yet
  std::optional<std::size_t> member = {};    // empty: nobody leads
  std::optional<std::size_t> before = {};    // who did, where nobody does ...
  std::optional<std::size_t> next = {};      // ... and who is to, if somebody is
  std::chrono::nanoseconds writes_until{0};  // since the machine's start: until then it is known
  std::string mark = {};
  std::string held = {};  // a sentence: why nothing new is begun there
  std::string why = {};   // a sentence: why nobody leads, or why that is no longer known

  bool operator==(const agreed_lead&) const = default;
};

struct caution {
  // Nobody leads for the first time before all have been looked at, nor in the place of another who
  // may lead on.
  bool careful = false;
  bool vouched = false;  // ... nor one of which nobody has said that what it acknowledges lasts
  bool recalled = true;  // ... nor before they have been asked who led before this Skein came
  std::optional<held_lead> held = {};
  std::optional<agreed_lead> agreed = {};
  std::optional<routing::shortfall> falls_short = {};  // who leads
  std::chrono::nanoseconds since_boot{0};              // now, by the clock of what has been agreed
};

// `previous` lends the epoch and the last leader; null at the start.
routing::cluster_view judge(const std::string& cluster, const std::vector<member_settings>& members,
                            const std::vector<member_news>& news,
                            const routing::cluster_view* previous, const caution& how = {});

// Other members are looked at from now on: what `judge` wants to know of the time before, told of
// those. A member is the same one where its address is.
struct moved_members {
  routing::cluster_view before = {};
  std::vector<member_news> news = {};
};
moved_members move_members(const routing::cluster_view& before,
                           const std::vector<member_news>& news,
                           const std::vector<member_settings>& next);

}  // namespace skein::cluster
