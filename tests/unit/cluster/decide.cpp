// tests/cases/cluster: what is decided in each situation, and what is said of it.
#include "cluster/decide.hpp"

#include <doctest/doctest.h>

#include <set>

#include "cluster/claimants.hpp"
#include "tests/unit/cluster/situation_text.hpp"

using namespace skein::cluster;

TEST_CASE("each situation has its step and its sentence") {
  const auto all = read_situations("tests/cases/cluster");
  CHECK(all.size() >= 60);
  std::set<std::string> titles;
  for (const auto& each : all) {
    CAPTURE(each.title);
    CHECK_MESSAGE(titles.insert(each.title).second, "the title stands twice");
    const decision made = decide(each.now, each.policy);
    CHECK(in_text(each.now, made) == each.does);
    CHECK(made.why == each.says);
    auto gone = unbelieved(each.now, each.policy);
    if (successor(each.now, each.policy)) gone.push_back(each.now.led->member);
    CHECK(names_of(each.now, gone) == (each.deposes.empty() ? "nobody" : each.deposes));
    if (each.asked) {
      const auto to = may_move(each.now, each.policy, *each.asked);
      CHECK(each.answers ==
            (to ? "it goes to " + each.now.members[*to].name : "no: " + to.error()));
    }
    if (!each.ends.empty()) CHECK(in_text(end_of_move(each.now, each.policy, made)) == each.ends);
  }
}
