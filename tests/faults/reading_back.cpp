#include "tests/faults/reading_back.hpp"

#include <charconv>
#include <sstream>
#include <stdexcept>

#include "tests/faults/chronicle.hpp"
#include "tests/faults/load.hpp"
#include "tests/servers/waiting.hpp"

namespace skein::servers::faults {
namespace {

using namespace std::chrono_literals;

std::int64_t number_in(const std::optional<std::string>& text) {
  std::int64_t number = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

std::vector<held_write> read(cluster& members, const std::string& member) {
  std::map<std::string, std::string> names;
  for (const auto& each : members.names())
    names[std::to_string(members.member(each).port())] = each;
  std::vector<held_write> all;
  for (const auto& line : members.member(member).query(held_sql))
    all.push_back(
        {static_cast<int>(number_in(line[0])), number_in(line[1]), names[line[2].value_or("")]});
  return all;
}

// A fence ends everybody's connections, our own among them, so whoever asks asks again.
bool has_all_or_is_outside(const surviving& of, const std::string& member, const std::string& goal,
                           bool& follows) {
  auto& one = of.members.member(member);
  follows = false;
  if (!one.is_running()) return true;
  follows = one.is_follower() && one.has_applied(goal);
  if (follows || !of.may_fence) return true;
  const std::string told = of.status();
  return stays_outside(told, member) || told.find(member + " is left out") != told.npos;
}

void find_survivors(const surviving& of, evidence& all) {
  const auto led = [&] { return read_reign(of.status()); };
  wait_until([&] { return led().has_value(); }, 40s, "somebody leads");
  all.leader = led()->leader;
  const std::string goal = of.members.member(all.leader).position();
  for (const auto& each : of.members.names()) {
    if (each == all.leader) continue;
    bool follows = false;
    wait_until([&] { return has_all_or_is_outside(of, each, goal, follows); }, 40s,
               each + " has everything, or is outside");
    if (follows) all.followers.push_back(each);
  }
}

}  // namespace

// MariaDB's positions do not show that before it tries.
bool stays_outside(const std::string& status, const std::string& member) {
  if (status.find(member + " stays outside") != status.npos) return true;
  std::istringstream lines(status);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("  " + member + " ") &&
        line.find("its replication has stopped: Got fatal error 1236") != line.npos)
      return true;
  return false;
}

void read_back(const surviving& of, evidence& into) {
  try {
    find_survivors(of, into);
  } catch (const std::exception& late) {
    throw std::runtime_error(std::string(late.what()) + "; the status: " + of.status());
  }
  for (const auto& each : of.members.names()) {
    if (!of.members.member(each).is_running()) continue;
    const auto reads = [&] {
      into.held[each] = read(of.members, each);
      return true;
    };
    wait_until(reads, 20s, each + " is read");
  }
}

}  // namespace skein::servers::faults
