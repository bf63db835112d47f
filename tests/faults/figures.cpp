#include "tests/faults/figures.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace skein::servers::faults {
namespace {

using times = std::vector<milliseconds>;

template <typename Part>
times sorted(const std::vector<round_result>& all, Part part) {
  times found;
  for (const round_result& each : all)
    if (const auto time = part(each)) found.push_back(*time);
  std::ranges::sort(found);
  return found;
}

times first_writes(const std::vector<round_result>& all) {
  return sorted(all, [](const round_result& each) { return each.first_write; });
}

// Of two in the middle the longer one.
std::optional<milliseconds> median(const times& all) {
  if (all.empty()) return std::nullopt;
  return all[all.size() / 2];
}

std::string seconds(const std::optional<milliseconds>& time) {
  if (!time) return "-";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f s", static_cast<double>(time->count()) / 1000);
  return text.data();
}

struct column {
  const char* title;
  int width;
};
constexpr std::array<column, 14> columns = {{{"engine", 9},
                                             {"scenario", 24},
                                             {"rounds", 6},
                                             {"load", 5},
                                             {"first write p50", 15},
                                             {"worst", 8},
                                             {"detected p50", 12},
                                             {"moves", 5},
                                             {"acknowledged", 12},
                                             {"lost", 6},
                                             {"in doubt", 8},
                                             {"refused", 7},
                                             {"errors", 6},
                                             {"verdict", 7}}};

std::string line_of(const std::array<std::string, columns.size()>& cells) {
  std::string line;
  for (std::size_t at = 0; at < cells.size(); ++at) {
    std::array<char, 64> cell{};
    std::snprintf(cell.data(), cell.size(), at < 2 ? "%-*s  " : "%*s  ", columns.at(at).width,
                  cells.at(at).c_str());
    line += cell.data();
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

struct span_of_time {
  milliseconds begin;
  milliseconds end;
};

// The longest in which nothing was acknowledged, of those that ended.
std::optional<span_of_time> silence_in(const evidence& all, milliseconds from) {
  times later = {from};
  for (const write& each : all.told)
    if (each.what == outcome::acknowledged && each.answered > from) later.push_back(each.answered);
  if (later.size() == 1) return std::nullopt;
  std::ranges::sort(later);
  std::size_t end = 1;
  for (std::size_t at = 2; at < later.size(); ++at)
    if (later[at] - later[at - 1] > later[end] - later[end - 1]) end = at;
  return span_of_time{later[end - 1], later[end]};
}

}  // namespace

std::optional<milliseconds> first_write_again(const evidence& all, const std::string& led,
                                              milliseconds struck) {
  std::map<std::pair<int, std::int64_t>, std::string> takers;
  for (const auto& [member, held] : all.held)
    for (const held_write& each : held) takers[{each.client, each.number}] = each.taker;
  std::optional<milliseconds> by_another;
  for (const write& each : all.told) {
    if (each.what != outcome::acknowledged || each.answered <= struck) continue;
    const auto taker = takers.find({each.client, each.number});
    if (taker == takers.end() || taker->second == led) continue;
    by_another = std::min(by_another.value_or(each.answered), each.answered);
  }
  if (by_another) return *by_another - struck;
  const auto silence = silence_in(all, struck);
  return silence ? std::optional(silence->end - struck) : std::nullopt;
}

std::optional<milliseconds> longest_silence(const evidence& all, milliseconds struck) {
  const auto silence = silence_in(all, struck);
  return silence ? std::optional(silence->end - silence->begin) : std::nullopt;
}

std::vector<std::string> broken_by(const round_result& one, const promise& wants) {
  std::vector<std::string> all = one.trouble;
  if (wants.checker_fails) {
    if (one.made.outdated == 0) all.emplace_back("the checker found no write of an epoch past");
    if (one.made.lost == 0) all.emplace_back("the checker found no acknowledged write lost");
    return all;
  }
  all.insert(all.end(), one.made.findings.begin(), one.made.findings.end());
  if (one.made.acknowledged == 0) all.emplace_back("no write was acknowledged at all");
  if (wants.moves && one.moves != *wants.moves)
    all.push_back("the lead moved " + std::to_string(one.moves) + " times, and should have " +
                  std::to_string(*wants.moves) + " times");
  if (one.wrong_reads > 0) all.push_back(std::to_string(one.wrong_reads) + " reads were wrong");
  if (wants.no_errors && one.errors > 0)
    all.push_back("clients heard " + std::to_string(one.errors) + " errors");
  return all;
}

std::vector<std::string> broken_by(const std::vector<round_result>& rounds, const promise& wants) {
  std::vector<std::string> all;
  const times taken = first_writes(rounds);
  if (taken.empty()) return all;
  const auto p50 = median(taken);
  if (wants.first_write_median && p50 > wants.first_write_median)
    all.push_back("half of the first writes took longer than " + seconds(wants.first_write_median) +
                  ": " + seconds(p50));
  if (wants.first_write_worst && taken.back() > *wants.first_write_worst)
    all.push_back("a first write took longer than " + seconds(wants.first_write_worst) + ": " +
                  seconds(taken.back()));
  return all;
}

std::string table_head() {
  std::array<std::string, columns.size()> cells;
  for (std::size_t at = 0; at < cells.size(); ++at) cells.at(at) = columns.at(at).title;
  return line_of(cells);
}

std::string table_line(const std::string& engine, const std::string& scenario,
                       const std::vector<round_result>& all) {
  verdict sum;
  std::size_t moves = 0;
  std::size_t errors = 0;
  std::size_t good = 0;
  double load = 0;
  for (const round_result& each : all) {
    sum.acknowledged += each.made.acknowledged;
    sum.lost += each.made.lost;
    sum.in_doubt += each.made.in_doubt;
    sum.refused += each.made.refused;
    moves += each.moves;
    errors += each.errors;
    good += each.made.is_good() && each.trouble.empty() ? 1 : 0;
    load += each.load_share;
  }
  const times taken = first_writes(all);
  const auto detected = sorted(all, [](const round_result& each) { return each.detected; });
  const auto percent = all.empty() ? 0 : static_cast<int>(100 * load / double(all.size()) + 0.5);
  return line_of(
      {engine, scenario, std::to_string(all.size()), std::to_string(percent) + "%",
       seconds(median(taken)), seconds(taken.empty() ? std::nullopt : std::optional(taken.back())),
       seconds(median(detected)), std::to_string(moves), std::to_string(sum.acknowledged),
       std::to_string(sum.lost), std::to_string(sum.in_doubt), std::to_string(sum.refused),
       std::to_string(errors), std::to_string(good) + "/" + std::to_string(all.size())});
}

}  // namespace skein::servers::faults
