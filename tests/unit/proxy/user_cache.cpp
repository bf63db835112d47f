// How long what a database said of a user is believed, and how much of it is remembered.
#include "proxy/user_cache.hpp"

#include <doctest/doctest.h>

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

const user_cache::time start = {};
const user_cache::answer ann = credentials{.user = "ann", .verifier = "a"};

enum class seen { nothing, nobody, somebody };

seen look(const user_cache& in, const std::string& user, std::chrono::milliseconds at) {
  const auto found = in.find(user, start + at);
  if (!found) return seen::nothing;
  return *found ? seen::somebody : seen::nobody;
}

}  // namespace

TEST_CASE("an answer is believed for its time, and one without a user for less") {
  user_cache cache({.keep = 60s, .keep_unknown = 2s});
  CHECK(look(cache, "ann", 0s) == seen::nothing);
  cache.keep("ann", ann, start);
  cache.keep("bob", std::nullopt, start);
  CHECK(look(cache, "ann", 59'999ms) == seen::somebody);
  CHECK(look(cache, "ann", 60s) == seen::nothing);
  CHECK(look(cache, "bob", 1'999ms) == seen::nobody);
  CHECK(look(cache, "bob", 2s) == seen::nothing);

  user_cache brief({.keep = 100ms, .keep_unknown = 2s});
  brief.keep("bob", std::nullopt, start);
  CHECK(look(brief, "bob", 100ms) == seen::nothing);
}

TEST_CASE("a newer answer takes the older one's place") {
  user_cache cache({.keep = 60s, .keep_unknown = 2s});
  cache.keep("ann", std::nullopt, start);
  cache.keep("ann", ann, start + 1s);
  CHECK(look(cache, "ann", 10s) == seen::somebody);
  cache.keep("ann", std::nullopt, start + 11s);
  CHECK(look(cache, "ann", 12s) == seen::nobody);
  CHECK(cache.size() == 1);
}

TEST_CASE("what let nobody in is asked for anew, though not at each attempt") {
  struct row {
    std::chrono::milliseconds doubted_at, seen_at;
    seen what;
  };
  for (const auto& [doubted_at, seen_at, what] : {row{200ms, 999ms, seen::somebody},
                                                  {200ms, 1000ms, seen::nothing},
                                                  {5s, 5s, seen::nothing},
                                                  {61s, 61s, seen::nothing}}) {
    user_cache cache({.keep = 60s, .keep_doubted = 1s});
    cache.keep("ann", ann, start);
    cache.doubt("ann", start + doubted_at);
    CHECK(look(cache, "ann", seen_at) == what);
  }
  user_cache cache({.keep = 60s});
  cache.doubt("nobody", start);
  CHECK(cache.size() == 0);
}

TEST_CASE("both shelves are bounded, and the oldest goes first") {
  user_cache cache({.known_max = 3, .unknown_max = 2});
  cache.keep("ann", ann, start);
  for (int i = 0; i < 100; ++i) cache.keep("x" + std::to_string(i), std::nullopt, start);
  CHECK(look(cache, "ann", 0s) == seen::somebody);
  CHECK(look(cache, "x97", 0s) == seen::nothing);
  CHECK(look(cache, "x98", 0s) == seen::nobody);
  CHECK(look(cache, "x99", 0s) == seen::nobody);
  CHECK(cache.size() == 3);
  for (const char* const user : {"b", "c", "d"}) cache.keep(user, ann, start);
  CHECK(look(cache, "ann", 0s) == seen::nothing);
  CHECK(look(cache, "b", 0s) == seen::somebody);
  cache.keep("b", ann, start);  // is the youngest now
  cache.keep("e", ann, start);
  CHECK(look(cache, "b", 0s) == seen::somebody);
  CHECK(look(cache, "c", 0s) == seen::nothing);
}
