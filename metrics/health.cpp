#include "metrics/health.hpp"

#include <algorithm>

namespace skein::metrics {

namespace {

constexpr unsigned yes = 200;
constexpr unsigned no = 503;
constexpr unsigned unknown = 404;

bool writable(const cluster_health& cluster) {
  return cluster.has_leader && !cluster.two_claimants;
}

// Why nothing can be written; after a cluster's name.
std::string leader_trouble(const cluster_health& cluster) {
  if (cluster.two_claimants) return "has more than one member that claims to lead: no writes";
  return "has no leader";
}

health_answer judge_ready(const cluster_health& cluster) {
  if (writable(cluster)) return {yes, "cluster " + cluster.name + " takes reads and writes"};
  const auto trouble = "cluster " + cluster.name + " " + leader_trouble(cluster);
  if (cluster.reads_without_leader && cluster.followers_usable > 0)
    return {yes, trouble + "; reads are served"};
  return {no, trouble};
}

health_answer judge_leader(const cluster_health& cluster) {
  if (writable(cluster)) return {yes, "cluster " + cluster.name + " has a leader"};
  return {no, "cluster " + cluster.name + " " + leader_trouble(cluster)};
}

health_answer judge_followers(const cluster_health& cluster) {
  const auto count = cluster.followers_usable;
  if (count == 0) return {no, "cluster " + cluster.name + " has no usable follower"};
  return {yes, "cluster " + cluster.name + " has " + std::to_string(count) + " usable follower" +
                   (count == 1 ? "" : "s")};
}

health_answer judge(health_question asked, const cluster_health& cluster) {
  if (asked == health_question::leader) return judge_leader(cluster);
  if (asked == health_question::followers) return judge_followers(cluster);
  return judge_ready(cluster);
}

// "a, b and c".
std::string list(const std::vector<cluster_health>& clusters) {
  std::string text;
  for (std::size_t at = 0; at < clusters.size(); ++at) {
    if (at > 0) text += at + 1 == clusters.size() ? " and " : ", ";
    text += clusters[at].name;
  }
  return text;
}

// The first no; else the first yes that has a reservation; else that all is well.
health_answer judge_all(health_question asked, const health_facts& facts) {
  if (facts.clusters.empty()) return {no, "no cluster is configured"};
  if (facts.clusters.size() == 1) return judge(asked, facts.clusters.front());
  std::optional<health_answer> reserved;
  for (const auto& cluster : facts.clusters) {
    auto verdict = judge(asked, cluster);
    if (verdict.status != yes) return verdict;
    if (asked == health_question::ready && !writable(cluster) && !reserved)
      reserved = std::move(verdict);
  }
  if (reserved) return *reserved;
  const auto names = "clusters " + list(facts.clusters);
  if (asked == health_question::leader) return {yes, names + " have a leader each"};
  if (asked == health_question::followers) return {yes, names + " have usable followers"};
  return {yes, names + " take reads and writes"};
}

}  // namespace

health_answer answer(health_question asked, const health_facts& facts,
                     std::optional<std::string_view> cluster) {
  if (asked == health_question::alive)
    return {yes, facts.stopping ? "Skein is alive and stopping" : "Skein is alive"};
  const cluster_health* one = nullptr;
  if (cluster) {
    const auto found = std::ranges::find(facts.clusters, *cluster, &cluster_health::name);
    if (found == facts.clusters.end()) {
      return {unknown, "no cluster has the name that was asked for" +
                           (facts.clusters.empty() ? "" : "; there is " + list(facts.clusters))};
    }
    one = &*found;
  }
  if (facts.stopping) return {no, "Skein is stopping: new clients should go elsewhere"};
  if (!facts.started) return {no, "Skein is starting: not all members have been looked at yet"};
  return one != nullptr ? judge(asked, *one) : judge_all(asked, facts);
}

}  // namespace skein::metrics
