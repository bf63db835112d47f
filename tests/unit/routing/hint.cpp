#include "routing/hint.hpp"

#include <doctest/doctest.h>

using namespace skein::routing;
using kind = destination::kind;

TEST_CASE("the words of a hint, and those that are not followed") {
  struct hint_case {
    std::string_view words;
    hint told;
  };
  const std::vector<hint_case> cases = {
      {"", {}},
      {" ,, \t\n", {}},
      {"leader", {.to = {kind::leader}}},
      {"follower", {.to = {kind::followers}}},
      {"followers", {.to = {kind::followers}}},
      {"member=a", {.to = {kind::member, "a"}}},
      {"zone=eu-1", {.to = {kind::zone, "eu-1"}}},
      {"fresh=any", {.fresh = freshness::any}},
      {"fresh=session", {.fresh = freshness::session}},
      {"fresh=bounded", {.fresh = freshness::bounded}},
      {"fresh=global", {.fresh = freshness::global}},
      {"fresh=leader", {.fresh = freshness::leader}},
      {"key=basket=7", {.key = "basket=7"}},
      {"followers,fresh=any,key=k", {.to = {kind::followers}, .fresh = freshness::any, .key = "k"}},
      {"  followers ,fresh=any\tkey=k\n",
       {.to = {kind::followers}, .fresh = freshness::any, .key = "k"}},
      {"leader leader key=k key=k", {.to = {kind::leader}, .key = "k"}},
      // What is not known does no harm to what is.
      {"please leader", {.to = {kind::leader}, .ignored = {"please"}}},
      {"LEADER fresh=Any", {.ignored = {"LEADER", "fresh=Any"}}},
      {"member= zone= key= fresh= = =a",
       {.ignored = {"member=", "zone=", "key=", "fresh=", "=", "=a"}}},
      {"fresh=stale member a", {.ignored = {"fresh=stale", "member", "a"}}},
      // The first word counts; one that gainsays it is told.
      {"leader followers", {.to = {kind::leader}, .ignored = {"followers"}}},
      {"member=a member=b", {.to = {kind::member, "a"}, .ignored = {"member=b"}}},
      {"fresh=any fresh=global key=a key=b",
       {.fresh = freshness::any, .key = "a", .ignored = {"fresh=global", "key=b"}}},
  };
  for (const auto& each : cases) {
    CAPTURE(each.words);
    CHECK(read_hint(each.words) == each.told);
  }
}

TEST_CASE("a long comment is not told word by word") {
  std::string words = "leader";
  for (int i = 0; i < 1000; ++i) words += " no" + std::to_string(i);
  const hint found = read_hint(words + " fresh=any");
  CHECK(found.ignored.size() == 16);
  CHECK(found.fresh == freshness::any);
}
