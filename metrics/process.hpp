// What the operating system knows of this process, under the names that every Prometheus client
// library uses, so that stock dashboards work.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

namespace skein::metrics {

std::vector<prometheus::MetricFamily> collect_process();

}  // namespace skein::metrics
