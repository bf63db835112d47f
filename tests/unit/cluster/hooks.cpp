// Hooks as real shell commands, which write down that they have run.
#include "cluster/hooks.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace skein::cluster;
using namespace std::chrono_literals;

namespace {

struct scene {
  scene() {
    char name[] = "/tmp/skein-hooks-XXXXXX";
    folder = mkdtemp(name);
  }
  ~scene() { std::filesystem::remove_all(folder); }
  scene(const scene&) = delete;

  std::string notes() const {
    std::ifstream file(folder / "notes");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string note(const std::string& text) const {
    return "echo \"" + text + "\" >> " + (folder / "notes").string();
  }
  std::filesystem::path folder = {};
};

const hook_facts who = {
    .cluster = "shop", .member_address = "db-a:5432", .leader = "b", .leader_address = "db-b:5432"};

template <typename Condition>
void wait_for(Condition&& met) {
  for (int i = 0; i < 1000 && !met(); ++i) usleep(20'000);
  REQUIRE(met());
}
bool at_rest(const hooks& one) {
  return one.news().running.empty() && !one.news().failed.empty();
}

}  // namespace

TEST_CASE("hooks run one after the other, and know of whom") {
  const scene at;
  hooks one("a", {.stop = at.note("$SKEIN_HOOK $SKEIN_MEMBER $SKEIN_MEMBER_ADDRESS"),
                  .start = at.note("$SKEIN_HOOK $SKEIN_CLUSTER"),
                  .rejoin = at.note("$SKEIN_HOOK $SKEIN_LEADER $SKEIN_LEADER_ADDRESS")});
  one.bring_back(who);
  wait_for([&] { return at_rest(one); });
  CHECK(at.notes() == "stop a db-a:5432\nrejoin b db-b:5432\nstart shop\n");
  CHECK(one.news().failed == "its hooks have run, and it does not follow yet");
  one.bring_back(who);  // it is given time to come up
  CHECK(one.news().running.empty());
  one.settle();
  CHECK(one.news().failed.empty());
}

TEST_CASE("after a hook that fails none is run, and the next attempt waits") {
  const scene at;
  hooks one("a", {.stop = "true",
                  .start = at.note("start"),
                  .rejoin = at.note("rejoin") + "; echo no room >&2; exit 4"});
  one.bring_back(who);
  wait_for([&] { return at_rest(one); });
  CHECK(at.notes() == "rejoin\n");
  CHECK(one.news().failed == "its hook `rejoin` ended with 4: no room");
  CHECK(one.news().again > hooks::clock::now());
  one.bring_back(who);
  CHECK(one.news().running.empty());
  CHECK(at.notes() == "rejoin\n");
}

TEST_CASE("what only it has is kept before all, and holds up nobody where it cannot be") {
  for (const char* end : {"", "; exit 1"}) {
    const scene at;
    hooks one("a", {.stop = at.note("stop"),
                    .start = at.note("start"),
                    .rejoin = at.note("rejoin"),
                    .keep = at.note("$SKEIN_HOOK $SKEIN_MEMBER") + end});
    one.bring_back(who);
    wait_for([&] { return at_rest(one); });
    CHECK(at.notes() == "keep a\nstop\nrejoin\nstart\n");
    CHECK(one.news().failed == "its hooks have run, and it does not follow yet");
  }
}

TEST_CASE("pauses grow, and have an end") {
  CHECK(hooks::pause_after(1) == 5s);
  CHECK(hooks::pause_after(2) == 10s);
  CHECK(hooks::pause_after(5) == 80s);
  CHECK(hooks::pause_after(100) == 640s);
}

TEST_CASE("a hook that hangs is ended, and says so") {
  const scene at;
  hooks one("a", {.stop = "sleep 300", .start = "true", .rejoin = "true", .timeout = 200ms});
  one.bring_back(who);
  CHECK(one.news().failed.empty());
  wait_for([&] { return at_rest(one); });
  CHECK(one.news().failed == "its hook `stop` was ended, since it took longer than 200 ms");
}

TEST_CASE("a stop ends what is under way") {
  const scene at;
  hooks one("a", {.stop = "true", .start = at.note("start"), .rejoin = "sleep 300"});
  one.bring_back(who);
  wait_for([&] { return one.news().running == "rejoin"; });
  one.stop();
  CHECK(at.notes().empty());
  one.bring_back(who);
  CHECK(one.news().running.empty());
}
