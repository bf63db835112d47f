// What clients wrote and saw, and when; and what a reader of it would complain about. Pure: the
// clients of shopper.hpp make histories, freshness.cpp has them audited.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace skein::servers::freshness {

using std::chrono::milliseconds;
using instant = std::chrono::steady_clock::time_point;
using version = std::int64_t;  // of a row; each committed write adds one

// Only what succeeded stands in a history. Whose outcome is unknown is owed to nobody.
struct operation {
  int session = 0;  // a connection from its login to its end; no two of any clients' are the same
  instant sent;     // taken before
  instant heard;    // taken behind; of a write in a transaction: its COMMIT's
  std::size_t row = 0;
  version value = 0;               // what a write made of its row
  std::vector<version> seen = {};  // what a read saw of each row; empty: it is a write
  bool may_follow = true;          // a read that no write of its transaction or pipeline precedes
  bool is_write() const { return seen.empty(); }
};

// Of one client, over all its sessions, in the order of sending.
using history = std::vector<operation>;

enum class lapse {
  own_of_session,  // a read misses a write that precedes it on its session, answered or pipelined
  own_of_client,   // a read misses a write that its client had heard to be done, on any session
  went_back,       // a row is older than in an earlier read of the same session
  acknowledged,    // a read misses a write that anybody had heard to be done before it was sent
  bound,           // the same, and longer ago than the bound
};
constexpr std::size_t lapses = 5;
std::string to_string(lapse what);

// A read counts once for each kind of lapse, however many rows of it are wrong.
struct verdict {
  std::size_t writes = 0;
  std::size_t reads = 0;
  std::size_t may_follow = 0;  // of the reads
  std::array<std::size_t, lapses> counts = {};
  std::array<std::vector<std::string>, lapses> examples = {};  // the first few, as sentences

  std::size_t count(lapse what) const { return counts[static_cast<std::size_t>(what)]; }
};

verdict audit(const std::vector<history>& all, milliseconds bound);

}  // namespace skein::servers::freshness
