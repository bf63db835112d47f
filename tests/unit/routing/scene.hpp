// Who asks for what in which situation of a "shop": a scene to be changed by the rows of a table.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <set>
#include <string>

#include "routing/plan.hpp"
#include "tests/unit/routing/shop.hpp"

namespace skein::routing {

inline const statement_facts reading = {.where = place::any, .may_write = false};
inline const statement_facts beginning = {.where = place::transaction, .may_write = false};
inline const statement_facts locking = {.where = place::leader,
                                        .why = "it locks rows (FOR UPDATE)"};

// The leader was seen to write up to 200 at 20, b shows 200, c only 150. It is 30 now.
struct scene : shop {
  request asked = {};
  policy ours = {};
  destination ruled = {};
  balancer balance = {};

  scene() {
    leads(a, 10, 100);
    leads(a, 20, 200);
    shows(b, 25, 200);
    shows(c, 25, 150);
    asked.facts = &reading;
    asked.arrived = at(30);
    asked.now = at(30);
    ours.balance = balance_way::round_robin;
  }

  void rule(destination::kind to, std::string name = {}, std::string_view by = "reports") {
    ruled = {to, std::move(name)};
    asked.ruled = &ruled;
    asked.rule = by;
  }
  plan decided() { return decide(asked, ours, now, seen, balance); }
  std::string told() { return sentence(decided(), asked, ours, now); }
  // The names of all that it is sent to, one after the other.
  std::string balanced() {
    std::set<std::string> met;
    for (int i = 0; i < 6; ++i) {
      const plan made = decided();
      REQUIRE(made.what == plan::act::send);
      met.insert(now.members[made.member].name);
    }
    std::string all;
    for (const auto& name : met) all += name;
    return all;
  }
};

using change = std::function<void(scene&)>;
inline constexpr std::int64_t first_start = 1000;

inline debt has_read(std::size_t on, int ms) {
  return {.read = at(ms), .on = static_cast<std::uint32_t>(on + 1), .incarnation = first_start};
}

}  // namespace skein::routing
