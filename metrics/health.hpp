// What a load balancer asks, answered in status codes: is the process alive, may it have traffic,
// can it write, can it read from followers. Pure: facts in, a status and one sentence out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::metrics {

struct cluster_health {
  std::string name = {};
  bool has_leader = false;
  bool two_claimants = false;  // more than one member says it leads: nothing is written
  std::size_t followers_usable = 0;
  // Sessions can be served by followers alone while there is no leader.
  bool reads_without_leader = false;
};

struct health_facts {
  bool started = false;   // listeners are open and each member was looked at once
  bool stopping = false;  // draining: new clients should go elsewhere
  std::vector<cluster_health> clusters = {};
};

enum class health_question : std::uint8_t {
  alive,      // /health
  ready,      // /ready
  leader,     // /leader: writes can be served
  followers,  // /followers: reads can be served by a follower
};

struct health_answer {
  unsigned status = 200;  // 200 yes, 503 no, 404 no such cluster
  std::string sentence = {};
  bool operator==(const health_answer&) const = default;
};

// Without a cluster's name the question is about each cluster.
health_answer answer(health_question asked, const health_facts& facts,
                     std::optional<std::string_view> cluster = std::nullopt);

}  // namespace skein::metrics
