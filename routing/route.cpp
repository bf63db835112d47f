#include "routing/route.hpp"

namespace skein::routing {

result<std::size_t> choose(const cluster_view& now) {
  if (now.leader) return *now.leader;
  return failure(error_kind::unavailable, fault::server, no_leader(now));
}

std::string no_leader(const cluster_view& now) {
  return "cluster \"" + now.cluster + "\" has no leader: " + now.reason;
}

bool may_go_on(const cluster_view& now, std::uint64_t epoch) {
  return !now.two_claimants && now.epoch == epoch;
}

}  // namespace skein::routing
