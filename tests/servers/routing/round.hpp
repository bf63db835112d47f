// One round of the freshness test: a cluster whose followers lag, Skein before it (or a naive
// splitter in its place), clients at work for some seconds, and what they saw. freshness.cpp has
// the list of rounds and judges what comes of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/servers/cluster.hpp"
#include "tests/servers/routing/history.hpp"
#include "tests/servers/routing/shopper.hpp"
#include "tests/servers/routing/strikes.hpp"

namespace skein::servers::freshness {

struct plan {
  std::string name;
  engine which = engine::postgres;
  std::string routing = {};  // Skein's settings
  bool naive = false;        // no Skein: a splitter that does not care
  bool quorum = false;       // a commit waits until one follower has it on its disk
  delays late = {};
  milliseconds bound{200};           // for lapse::bound
  std::vector<lapse> promised = {};  // of these there may be none
  double followers_percent_min = 0;  // of the reads that may go there
  double followers_percent_max = 100;
};

struct length {
  std::uint64_t seed = 1;
  std::chrono::seconds time{6};
  bool strikes = false;  // followers are killed, parted and made to stop applying meanwhile
  workload work = {};
};

struct findings {
  verdict told;
  heard_errors errors;
  std::size_t error_count = 0;
  std::size_t served_by_followers = 0;  // a lower bound where followers were killed
  std::size_t served_by_leader = 0;     // and what it wrote
  std::size_t strikes = 0;

  double followers_percent() const {
    return told.may_follow == 0 ? 0
                                : 100.0 * static_cast<double>(served_by_followers) /
                                      static_cast<double>(told.may_follow);
  }
};

// A leader a, b and c, delayed so, with the table. Who delays them must go first.
struct late_cluster {
  late_cluster(engine which, const delays& late, bool quorum, std::size_t clients);
  std::string where(const std::string& member) { return by->where(shop.member(member).port()); }

  cluster shop;
  std::unique_ptr<stagehand> by;
};

findings run(const plan& what, const length& how);

}  // namespace skein::servers::freshness
