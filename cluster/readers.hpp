// Which followers serve reads. How far one is behind is measured by Skein's own looks, which need
// no clock of a server: the leader stood there when that look was sent, the follower shows so much
// now. Time is passed in; cluster/watch feeds it with each view that the judge has made.
#pragma once

#include <optional>
#include <vector>

#include "cluster/judge.hpp"
#include "routing/view.hpp"

namespace skein::cluster {

// What has to be remembered from one view to the next.
struct reader_ledger {
  // The leader stood there last when a look was sent at that time. In order of time; each covers
  // those before it.
  struct footprint {
    routing::moment asked = {};
    position at = {};  // without its text
  };
  struct follower {
    std::optional<routing::moment> shows = {};  // all that the leader had then, maybe more
    bool lags = false;                          // out since it was behind for too long
    bool serves = false;
    bool served = false;  // at some time
    routing::moment serves_since = {};
  };
  std::optional<routing::moment> began = {};  // the first time that anything was judged
  std::uint64_t epoch = 0;                    // of the lead whose trail it is
  std::uint64_t history = 0;
  std::vector<footprint> trail = {};
  std::vector<follower> followers = {};  // as the view's members

  static constexpr std::size_t trail_max = 512;
};

// Fills in behind, serves_reads and serves_since of each member, and the sentence of a follower
// that serves none.
//
// `behind` is the time since the last look at the leader of which all is shown was sent. That is
// the longest that it can be: what is missing was written later. It is at most two looks too long
// while the leader writes, a sixteenth for what is long ago, and 0 where all that the leader is
// known to have is shown, so that an idle leader makes nobody look behind. While nobody leads it
// grows. Who shows less than was ever seen of this leader is behind for as long as it has been
// looked at, at least, and serves nothing.
void judge_readers(routing::cluster_view& view, reader_ledger& ledger,
                   std::chrono::milliseconds max_lag, routing::moment now);

// For how long the leader had had what is missing there, when it was last looked at. Empty: nobody
// knows.
std::optional<std::chrono::milliseconds> lack_of(const reader_ledger& ledger,
                                                 const position& received);

// The ledger for other members; a member is the same one where its address is.
reader_ledger move_readers(const reader_ledger& before,
                           const std::vector<routing::member_view>& members,
                           const std::vector<member_settings>& next);

}  // namespace skein::cluster
