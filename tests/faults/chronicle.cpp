#include "tests/faults/chronicle.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <map>
#include <sstream>
#include <string_view>

namespace skein::servers::faults {
namespace {

// "time=2026-01-31T12:00:00.123Z level=..."
std::optional<std::chrono::system_clock::time_point> time_of(const std::string& line) {
  const auto at = line.find("time=");
  if (at == line.npos) return std::nullopt;
  std::tm parts = {};
  const char* rest = ::strptime(line.c_str() + at + 5, "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr || *rest != '.') return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&parts)) +
         milliseconds(std::atoi(rest + 1));
}

}  // namespace

std::optional<reign> read_reign(const std::string& status) {
  constexpr std::string_view opening = "(epoch ";
  constexpr std::string_view middle = "): ";
  constexpr std::string_view ending = " leads: ";
  auto line = std::string_view(status);
  line = line.substr(std::min(line.find("cluster "), line.size()));
  line = line.substr(0, line.find('\n'));
  const auto at = line.find(opening);
  const auto name = line.find(middle, at);
  const auto end = line.find(ending, name);
  if (at == line.npos || name == line.npos || end == line.npos) return std::nullopt;
  reign found;
  const auto* digits = line.data() + at + opening.size();
  if (std::from_chars(digits, line.data() + name, found.epoch).ec != std::errc()) return {};
  found.leader = line.substr(name + middle.size(), end - name - middle.size());
  return found;
}

std::vector<reign> join(const std::vector<std::vector<reign>>& seen) {
  std::map<std::pair<std::uint64_t, std::string>, milliseconds> first;
  for (const auto& some : seen)
    for (const reign& each : some) {
      auto& known = first.try_emplace({each.epoch, each.leader}, each.seen).first->second;
      known = std::min(known, each.seen);
    }
  std::vector<reign> all;
  for (const auto& [what, when] : first) all.push_back({what.first, what.second, when});
  std::ranges::sort(all, [](const reign& one, const reign& other) {
    return std::pair(one.epoch, one.seen) < std::pair(other.epoch, other.seen);
  });
  return all;
}

std::optional<milliseconds> first_step_after(
    const std::optional<std::chrono::system_clock::time_point>& struck_at, const std::string& log) {
  if (!struck_at) return std::nullopt;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const bool acts =
        line.find("step=promote") != line.npos || line.find("step=\"stop receiving\"") != line.npos;
    if (!acts) continue;
    const auto when = time_of(line);
    if (when && *when >= *struck_at)
      return std::chrono::duration_cast<milliseconds>(*when - *struck_at);
  }
  return std::nullopt;
}

chronicle::chronicle(const skein_process& of, std::string token,
                     std::chrono::steady_clock::time_point begun)
    : of_(of), token_(std::move(token)), begun_(begun), thread_(&chronicle::watch, this) {}

chronicle::~chronicle() {
  stopping_ = true;
  thread_.join();
}

std::vector<reign> chronicle::reigns() const {
  const std::lock_guard lock(mutex_);
  return reigns_;
}

void chronicle::watch() {
  for (; !stopping_; std::this_thread::sleep_for(milliseconds{15})) {
    std::optional<reign> now;
    try {
      now = read_reign(of_.get("/status", token_).body);
    } catch (const std::exception&) {  // it is asked again
    }
    if (!now) continue;
    now->seen = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun_);
    const std::lock_guard lock(mutex_);
    const bool same = !reigns_.empty() && reigns_.back().epoch == now->epoch &&
                      reigns_.back().leader == now->leader;
    if (!same) reigns_.push_back(*now);
  }
}

}  // namespace skein::servers::faults
