// The paths that every Skein answers on its admin port. cli adds those that need more of the house
// (/status) beside them.
#pragma once

#include <functional>
#include <memory>

#include "metrics/exporter.hpp"
#include "metrics/health.hpp"
#include "metrics/routes.hpp"

namespace skein::metrics {

// /metrics
void add_metrics_route(routes& paths, std::shared_ptr<const exporter> source);
// /health and /ready for everybody; /leader and /followers, each with an optional ?cluster=NAME.
void add_health_routes(routes& paths, const std::function<health_facts()>& facts);

}  // namespace skein::metrics
