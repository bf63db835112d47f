// Times in which fewer followers acknowledge than durability promises: when one begins and ends the
// log says so, and how much was acknowledged meanwhile.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "metrics/counters.hpp"
#include "routing/view.hpp"

namespace skein::cli {

// Of a cluster; told of its views one after the other.
class shortfall_diary {
 public:
  void see(const routing::cluster_view& now, const std::function<std::uint64_t()>& acknowledged);

 private:
  std::optional<routing::shortfall> is_ = {};
  std::uint64_t before_ = 0;  // had been acknowledged so when it began
};

std::uint64_t acknowledged_short(
    const std::vector<std::shared_ptr<const metrics::core_counters>>& cores);

}  // namespace skein::cli
