// A fact about the database that freshness must live with: a commit may be seen on a follower
// before it is seen on the leader. The leader shows it only when it may be acknowledged, which with
// a quorum is a round trip to a follower later; that follower may have applied it by then. So who
// has read from a follower and then reads from the leader may go back in time. Without a quorum it
// happens too, seldom: a commit leaves for followers before the leader's own session shows it.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "tests/servers/postgres/client.hpp"
#include "tests/servers/routing/round.hpp"

using namespace skein::servers;
using namespace skein::servers::freshness;
using namespace std::chrono_literals;

namespace {

struct sightings {
  int pairs = 0;
  int early = 0;  // the follower's was the newer one, though it was asked first
};

// A writer without pause; a reader that asks c, then the leader.
sightings watch(bool quorum, std::chrono::seconds time) {
  late_cluster at(engine::postgres, {.apply = 0ms, .link = 0ms, .answer = 5ms}, quorum, 1);
  std::atomic<bool> stopping = false;
  std::string trouble;
  std::thread writer([&, words = at.where("a")] {
    try {
      pg_session session(words);
      while (!stopping) session.value("update freshness set v = v + 1 where id = 1 returning v");
    } catch (const std::exception& failure) {
      trouble = failure.what();
    }
  });
  sightings seen;
  pg_session follower(at.where("c"));
  pg_session leader(at.where("a"));
  const auto look = "select v from freshness where id = 1";
  const auto end = std::chrono::steady_clock::now() + time;
  for (; std::chrono::steady_clock::now() < end; ++seen.pairs) {
    const auto first = std::stoll(follower.value(look));
    if (first > std::stoll(leader.value(look))) ++seen.early;
  }
  stopping = true;
  writer.join();
  CHECK(trouble.empty());
  return seen;
}

}  // namespace

TEST_CASE("with a quorum a commit is seen on a follower before it is on the leader") {
  const auto seen = watch(true, 2s);
  MESSAGE("quorum: ", seen.early, " of ", seen.pairs, " pairs of reads went back in time");
  CHECK(seen.early > 0);
  const auto alone = watch(false, 2s);
  MESSAGE("async: ", alone.early, " of ", alone.pairs);
}
