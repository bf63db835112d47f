#include "cli/shortfalls.hpp"

#include "metrics/log.hpp"

namespace skein::cli {

namespace log = metrics::log;

void shortfall_diary::see(const routing::cluster_view& now,
                          const std::function<std::uint64_t()>& acknowledged) {
  if (now.falls_short.has_value() == is_.has_value()) return;
  if (now.falls_short) {
    is_ = now.falls_short;
    before_ = acknowledged();
    return log::write(
        log::level::warn, "durability falls short",
        {{"cluster", now.cluster}, {"acknowledging", is_->acks}, {"promised", is_->promised}});
  }
  using std::chrono::milliseconds;
  const auto took =
      std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - is_->since);
  is_.reset();
  log::write(
      log::level::warn, "durability fell short until now",
      {{"cluster", now.cluster}, {"acknowledged", acknowledged() - before_}, {"took", took}});
}

std::uint64_t acknowledged_short(
    const std::vector<std::shared_ptr<const metrics::core_counters>>& cores) {
  std::uint64_t all = 0;
  for (const auto& each : cores) all += each->acknowledged_short.value();
  return all;
}

}  // namespace skein::cli
