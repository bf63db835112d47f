// What several Skeins have agreed on, put in terms of this one's members; and what this one has to
// say next. Pure: cluster/agreement says it.
#pragma once

#include "cluster/judge.hpp"
#include "coordination/standing.hpp"

namespace skein::cluster {

// What who decides wants the others to know.
struct intention {
  std::optional<std::size_t> member = {};  // empty: nothing
  bool leads = false;                      // it takes writes; else it is to be promoted
  bool held = false;                       // nothing new is to be begun there, for the lead moves
  std::string why = {};
  std::string mark = {};  // where its history as leader began

  bool operator==(const intention&) const = default;
};

agreed_lead agreed_from(const coordination::outlook& now,
                        const std::vector<member_settings>& members);

enum class speech : std::uint8_t { nothing, announce, settle, hold, release };
// `seen`: the highest epoch that the watch has shown.
speech next_speech(const coordination::outlook& now, const intention& what,
                   const std::vector<member_settings>& members, std::uint64_t seen);

// A sentence: who decides, so ask there.
std::string elsewhere(const coordination::outlook& now);
// A sentence: how they stand together.
std::string in_words(const coordination::outlook& now);

}  // namespace skein::cluster
