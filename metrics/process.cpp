#include "metrics/process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

namespace skein::metrics {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily single(std::string name, std::string help, MetricType type, double value) {
  ClientMetric metric;
  if (type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return {std::move(name), std::move(help), type, {metric}};
}

double cpu_seconds() {
  rusage used = {};
  if (getrusage(RUSAGE_SELF, &used) != 0) return 0;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

std::optional<double> resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double size_pages = 0;
  double resident_pages = 0;
  if (!(file >> size_pages >> resident_pages)) return std::nullopt;
  return resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

std::optional<double> open_descriptors() {
  std::error_code failed;
  std::filesystem::directory_iterator entries("/proc/self/fd", failed);
  if (failed) return std::nullopt;
  double count = -1;  // the one that reads the folder
  for (const auto end = std::filesystem::directory_iterator(); entries != end && !failed;
       entries.increment(failed))
    ++count;
  return count;
}

std::optional<double> descriptors_max() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

std::optional<double> boot_seconds() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  }
  return std::nullopt;
}

// Field 22 of /proc/self/stat, in ticks since boot; the name in field 2 may hold spaces.
std::optional<double> start_seconds() {
  static constexpr int fields_between = 19;
  std::ifstream file("/proc/self/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto name_end = text.rfind(')');
  const auto boot = boot_seconds();
  if (name_end == std::string::npos || !boot) return std::nullopt;
  std::istringstream rest(text.substr(name_end + 1));
  std::string skipped;
  for (int field = 0; field < fields_between; ++field) rest >> skipped;
  double ticks = 0;
  if (!(rest >> ticks)) return std::nullopt;
  return *boot + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

std::vector<MetricFamily> collect_process() {
  // It never changes, and reading it anew would cost two files a scrape.
  static const auto started = start_seconds();
  std::vector<MetricFamily> families;
  families.push_back(single("process_cpu_seconds_total",
                            "User and system CPU time spent by this process.", MetricType::Counter,
                            cpu_seconds()));
  const auto add = [&](const char* name, const char* help, std::optional<double> value) {
    if (value) families.push_back(single(name, help, MetricType::Gauge, *value));
  };
  add("process_resident_memory_bytes", "Memory of this process that is in RAM.", resident_bytes());
  add("process_open_fds", "File descriptors that this process has open.", open_descriptors());
  add("process_max_fds", "File descriptors that this process may have open.", descriptors_max());
  add("process_start_time_seconds", "When this process started, in seconds since 1970.", started);
  return families;
}

}  // namespace skein::metrics
