#include "tests/faults/checker.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace skein::servers::faults {
namespace {

using name_of_write = std::pair<int, std::int64_t>;
using census = std::map<name_of_write, std::size_t>;  // how often each is there

constexpr std::size_t named_at_most = 5;  // of findings of one kind

census count(const std::vector<held_write>& held) {
  census all;
  for (const held_write& each : held) ++all[{each.client, each.number}];
  return all;
}

std::string called(const name_of_write& which) {
  return "write " + std::to_string(which.second) + " of client " + std::to_string(which.first);
}

class trial {
 public:
  explicit trial(const evidence& all) : all_(all) {
    const auto leads = all.held.find(all.leader);
    if (leads == all.held.end()) return;
    at_leader_ = count(leads->second);
    for (const auto& [member, held] : all.held)
      for (const held_write& each : held) takers_[{each.client, each.number}] = each.taker;
  }
  verdict decide() {
    if (!all_.held.contains(all_.leader)) {
      out_.findings.emplace_back("nobody leads in the end, so nothing can be read back");
      return out_;
    }
    look_at_what_was_told();
    look_at_what_is_there();
    look_at_epochs();
    look_at_reigns();
    look_at_silences();
    for (const std::string& each : all_.followers) compare(each);
    return out_;
  }

 private:
  void find(std::size_t& kind, const std::string& sentence) {
    if (++kind <= named_at_most) out_.findings.push_back(sentence);
  }
  void look_at_what_was_told();
  void look_at_what_is_there();
  void look_at_epochs();
  void look_at_reigns();
  void look_at_silences();
  void compare(const std::string& follower);
  std::optional<std::uint64_t> epoch_of(const std::string& taker, milliseconds answered) const;

  const evidence& all_;
  census at_leader_;
  std::map<name_of_write, std::string> takers_;
  std::map<name_of_write, outcome> told_;
  verdict out_;
};

void trial::look_at_what_was_told() {
  for (const write& each : all_.told) {
    const name_of_write name{each.client, each.number};
    told_[name] = each.what;
    switch (each.what) {
      case outcome::acknowledged: {
        ++out_.acknowledged;
        if (at_leader_.contains(name)) break;
        const auto elsewhere = takers_.find(name);
        if (elsewhere == takers_.end()) ++out_.lost_nowhere;
        if (all_.may_lose) {
          ++out_.lost;
          break;
        }
        find(out_.lost, called(name) + " was acknowledged and is lost" +
                            (elsewhere == takers_.end() ? ": nobody has it"
                                                        : ": " + elsewhere->second + " took it"));
        break;
      }
      case outcome::refused:
        ++out_.refused;
        if (at_leader_.contains(name))
          find(out_.undead, called(name) + " was refused with certainty and is there");
        break;
      case outcome::in_doubt:
        ++out_.in_doubt;
        break;
    }
  }
}

void trial::look_at_what_is_there() {
  for (const auto& [name, times] : at_leader_) {
    if (times > 1)
      find(out_.doubled, called(name) + " is there " + std::to_string(times) + " times");
    if (!told_.contains(name)) find(out_.strangers, called(name) + " is there; nobody wrote it");
  }
}

// Of the epochs in which that one led, the last that had begun. That it had is seen a moment late.
std::optional<std::uint64_t> trial::epoch_of(const std::string& taker,
                                             milliseconds answered) const {
  std::optional<std::uint64_t> found;
  for (const reign& each : all_.reigns)
    if (each.leader == taker && (!found || each.seen <= answered)) found = each.epoch;
  return found;
}

void trial::look_at_epochs() {
  struct dated {
    const write* which;
    std::uint64_t epoch;
  };
  std::vector<dated> all;
  std::map<std::uint64_t, milliseconds> first;
  for (const write& each : all_.told) {
    if (each.what != outcome::acknowledged) continue;
    const auto taker = takers_.find({each.client, each.number});
    if (taker == takers_.end()) continue;
    const auto epoch = epoch_of(taker->second, each.answered);
    if (!epoch) {
      find(out_.outdated, called(taker->first) + " was acknowledged by " + taker->second +
                              ", which was never seen to lead");
      continue;
    }
    all.push_back({&each, *epoch});
    const auto begun = first.try_emplace(*epoch, each.answered).first;
    begun->second = std::min(begun->second, each.answered);
  }
  for (const dated& each : all) {
    const auto newer = first.upper_bound(each.epoch);
    if (newer == first.end()) continue;
    // What was sent after that needs no patience.
    const bool sent_late = each.which->sent > newer->second;
    if (!sent_late && each.which->answered <= newer->second + all_.patience) continue;
    find(out_.outdated, called({each.which->client, each.which->number}) +
                            " was acknowledged under epoch " + std::to_string(each.epoch) + ", " +
                            std::to_string((each.which->answered - newer->second).count()) +
                            " ms after the first one under epoch " + std::to_string(newer->first));
  }
}

void trial::look_at_reigns() {
  std::map<std::uint64_t, std::string> leaders;
  for (const reign& each : all_.reigns) {
    const auto& first = leaders.try_emplace(each.epoch, each.leader).first->second;
    if (first != each.leader)
      find(out_.disputed, "epoch " + std::to_string(each.epoch) + " was led by " + first +
                              ", and by " + each.leader);
  }
}

void trial::look_at_silences() {
  for (const write& each : all_.told) {
    if (each.what != outcome::acknowledged) continue;
    for (const silence& one : all_.silences) {
      const bool theirs = each.client >= one.first_client && each.client <= one.last_client;
      if (theirs && each.sent >= one.from && each.answered <= one.to)
        find(out_.unlicensed, called({each.client, each.number}) + " was acknowledged " + one.why);
    }
  }
}

void trial::compare(const std::string& follower) {
  const auto found = all_.held.find(follower);
  if (found == all_.held.end()) {
    find(out_.diverging, follower + " follows, and could not be read");
    return;
  }
  const census theirs = count(found->second);
  const auto lacking = [](const census& some, const census& other) {
    return static_cast<std::size_t>(std::ranges::count_if(some, [&](const auto& each) {
      const auto there = other.find(each.first);
      return there == other.end() || there->second < each.second;
    }));
  };
  const std::size_t lacks = lacking(at_leader_, theirs);
  const std::size_t more = lacking(theirs, at_leader_);
  const std::string of = all_.leader;
  if (lacks > 0)
    find(out_.diverging, follower + " lacks " + std::to_string(lacks) + " of what " + of + " has");
  if (more > 0)
    find(out_.diverging, follower + " holds " + std::to_string(more) + " that " + of + " does not");
}

}  // namespace

verdict check(const evidence& all) {
  return trial(all).decide();
}

}  // namespace skein::servers::faults
