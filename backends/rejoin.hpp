// How a server that has led is made a follower again, on its own machine, where it does not come to
// follow by being told: what only it has is kept first, then its data is wound back, or copied
// anew. Blocking. Each step may be interrupted and taken again; the server stands still meanwhile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "backends/error.hpp"
#include "backends/members.hpp"

namespace skein {

struct rejoin_settings {
  std::string member = {};
  std::string leader = {};  // its name, for sentences
  member_address address = {};
  member_address leader_address = {};
  tls_settings tls = {};
  credentials who = {};         // reads the leader's files
  std::string database = {};    // empty: the engine's own
  credentials replicator = {};  // as whom it is to follow; no user: as it did before
  std::filesystem::path data_directory = {};
  std::filesystem::path orphans = {};  // empty: beside the data
  std::chrono::milliseconds timeout{5000};
};

// What is to be done, for a person who may still say no.
struct rejoin_plan {
  bool runs = false;  // its server does: nothing can be done before it is stopped
  // An earlier attempt was interrupted while it changed the data, which is good for nothing but to
  // be replaced.
  bool half_done = false;
  bool nothing_to_undo = false;    // it has nothing that the leader has not
  std::string cannot_rewind = {};  // a clause; empty: it can
  std::string diverged = {};       // "0/3000148 on timeline 1"
};

// What only this member has, and where it is kept.
struct kept_orphans {
  std::uint64_t transactions = 0;
  bool counted = false;               // else nobody knows how many there are
  std::filesystem::path folder = {};  // empty: there was nothing to keep
  std::string names = {};             // what its server calls them, where they have names
};

enum class rejoin_way : std::uint8_t { rewind, copy };

class rejoiner {
 public:
  virtual ~rejoiner() = default;

  // Looks at the folder and at the leader. What must not be touched is an error.
  virtual result<rejoin_plan> examine() = 0;
  virtual result<kept_orphans> keep_orphans() = 0;
  // `tell` hears of its progress: "12345/67890 kB (18%)".
  virtual result<void> bring_back(rejoin_way how,
                                  const std::function<void(std::string_view)>& tell) = 0;
};

// The other way to keep them, of an engine whose servers come to follow by being told: a member's
// server is asked for what only it has while it runs, from any machine. Nothing is changed there.
class orphan_writer {
 public:
  virtual ~orphan_writer() = default;
  virtual result<kept_orphans> keep() = 0;
};

}  // namespace skein
