#include "metrics/health.hpp"

#include <doctest/doctest.h>

using namespace skein::metrics;
using enum health_question;

namespace {

const cluster_health well{"shop", true, false, 2, false};
const cluster_health headless{"shop", false, false, 2, false};
const cluster_health read_only{"shop", false, false, 1, true};
const cluster_health torn{"shop", true, true, 1, false};
const cluster_health lonely{"books", true, false, 0, false};
const cluster_health dead{"books", false, false, 0, true};

health_facts running(std::vector<cluster_health> clusters) {
  return {true, false, clusters};
}

struct row {
  const char* name;
  health_question asked;
  health_facts facts;
  std::optional<std::string_view> cluster;
  health_answer expected;
};

const std::vector<row> rows = {
    {"alive", alive, running({well}), {}, {200, "Skein is alive"}},
    {"alive while starting", alive, {}, {}, {200, "Skein is alive"}},
    {"alive while stopping", alive, {true, true, {well}}, {}, {200, "Skein is alive and stopping"}},
    {"alive whatever the databases do", alive, running({dead}), {}, {200, "Skein is alive"}},

    {"ready", ready, running({well}), {}, {200, "cluster shop takes reads and writes"}},
    {"ready, two clusters",
     ready,
     running({well, lonely}),
     {},
     {200, "clusters shop and books take reads and writes"}},
    {"not ready before the start",
     ready,
     {false, false, {well}},
     {},
     {503, "Skein is starting: not all members have been looked at yet"}},
    {"not ready while it drains",
     ready,
     {true, true, {well}},
     {},
     {503, "Skein is stopping: new clients should go elsewhere"}},
    {"not ready without a leader",
     ready,
     running({headless}),
     {},
     {503, "cluster shop has no leader"}},
    {"ready for reads without a leader",
     ready,
     running({read_only}),
     {},
     {200, "cluster shop has no leader; reads are served"}},
    {"the cluster that only reads is named among several",
     ready,
     running({lonely, read_only}),
     {},
     {200, "cluster shop has no leader; reads are served"}},
    {"not ready with two leaders",
     ready,
     running({torn}),
     {},
     {503, "cluster shop has more than one member that claims to lead: no writes"}},
    {"one bad cluster is enough",
     ready,
     running({well, dead}),
     {},
     {503, "cluster books has no leader"}},
    {"a later bad cluster outweighs one that only reads",
     ready,
     running({read_only, dead}),
     {},
     {503, "cluster books has no leader"}},
    {"one cluster asked for",
     ready,
     running({well, dead}),
     "shop",
     {200, "cluster shop takes reads and writes"}},
    {"nothing configured", ready, running({}), {}, {503, "no cluster is configured"}},

    {"leader", leader, running({well}), {}, {200, "cluster shop has a leader"}},
    {"leaders",
     leader,
     running({well, lonely}),
     {},
     {200, "clusters shop and books have a leader each"}},
    {"no leader", leader, running({read_only}), {}, {503, "cluster shop has no leader"}},
    {"two leaders",
     leader,
     running({torn}),
     {},
     {503, "cluster shop has more than one member that claims to lead: no writes"}},
    {"leader of one", leader, running({dead, well}), "shop", {200, "cluster shop has a leader"}},
    {"leader of another",
     leader,
     running({dead, well}),
     "books",
     {503, "cluster books has no leader"}},
    {"no such cluster",
     leader,
     running({well, lonely}),
     "shoes",
     {404, "no cluster has the name that was asked for; there is shop and books"}},
    {"no leader for new clients while it drains",
     leader,
     {true, true, {well}},
     {},
     {503, "Skein is stopping: new clients should go elsewhere"}},

    {"followers", followers, running({well}), {}, {200, "cluster shop has 2 usable followers"}},
    {"one follower",
     followers,
     running({read_only}),
     {},
     {200, "cluster shop has 1 usable follower"}},
    {"no follower",
     followers,
     running({lonely}),
     {},
     {503, "cluster books has no usable follower"}},
    {"followers of all",
     followers,
     running({well, headless}),
     {},
     {200, "clusters shop and shop have usable followers"}},
    {"followers of not all",
     followers,
     running({well, lonely}),
     {},
     {503, "cluster books has no usable follower"}},
};

}  // namespace

TEST_CASE("health answers") {
  for (const auto& one : rows) {
    CAPTURE(one.name);
    const auto given = answer(one.asked, one.facts, one.cluster);
    CHECK(given.status == one.expected.status);
    CHECK(given.sentence == one.expected.sentence);
  }
}
