// Decides whether a cluster kept its word: what writers were told, who led when, and what every
// member holds in the end go in, a verdict comes out. Pure; no log is read for it. Scenarios gather
// what it is given (scene.cpp); checker_cases.cpp has it find each way to break a word.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace skein::servers::faults {

using std::chrono::milliseconds;

enum class outcome : std::uint8_t {
  acknowledged,
  refused,   // with certainty: it may never be seen
  in_doubt,  // it may be there or not
};

struct write {
  int client = 0;
  std::int64_t number = 0;  // of that client's
  milliseconds sent{0};     // since the round began
  milliseconds answered{0};
  outcome what = outcome::acknowledged;
};

// A write as a member holds it, stamped with the member that took it.
struct held_write {
  int client = 0;
  std::int64_t number = 0;
  std::string taker;
};

// Somebody was seen to lead, under that epoch, at that time first.
struct reign {
  std::uint64_t epoch = 0;
  std::string leader;
  milliseconds seen{0};
};

// What was sent in this time by these clients may not be acknowledged in it: where they write
// nobody knows any more whether he who led still does.
struct silence {
  int first_client = 0;
  int last_client = 0;
  milliseconds from{0};
  milliseconds to{0};
  std::string why = {};  // "while ..."
};

struct evidence {
  std::vector<write> told = {};
  std::vector<reign> reigns = {};  // in the order of time
  std::vector<silence> silences = {};
  std::map<std::string, std::vector<held_write>> held = {};  // by each member that could be asked
  std::string leader = {};                                   // in the end
  std::vector<std::string> followers = {};  // who must hold the same as it; others are outside
  bool may_lose = false;                    // acknowledged writes, as asynchronous replication does
  // Between an answer's arrival and the moment when its writer has looked at the clock.
  milliseconds patience{0};
};

struct verdict {
  std::vector<std::string> findings;  // sentences; empty: it kept its word
  std::size_t acknowledged = 0;
  std::size_t refused = 0;
  std::size_t in_doubt = 0;
  std::size_t lost = 0;          // acknowledged, and not with the leader
  std::size_t lost_nowhere = 0;  // of these: no member has it
  std::size_t doubled = 0;
  std::size_t undead = 0;      // refused with certainty, and there
  std::size_t strangers = 0;   // there, and nobody has written it
  std::size_t outdated = 0;    // acknowledged under an epoch that was over
  std::size_t disputed = 0;    // epochs that several have led
  std::size_t unlicensed = 0;  // acknowledged where nothing may be
  std::size_t diverging = 0;   // a follower has, or lacks, what the leader does not
  bool is_good() const { return findings.empty(); }
};

verdict check(const evidence& all);

}  // namespace skein::servers::faults
