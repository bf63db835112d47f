// When what databases define is read again: by a clock of the test's own.
#include "proxy/catalog_schedule.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace skein::proxy;
using namespace std::chrono_literals;
using moment = catalog_times::time;

namespace {

const moment start = moment{} + 1000h;

// A database in use, that is due then.
catalog_case in_use(moment due, bool open = false) {
  return {.held = true, .wanted = true, .open = open, .due = due};
}
catalog_case left(moment since, bool open = false) {
  return {.wanted = true, .open = open, .due = start - 1h, .left = since};
}

std::string in_words(const catalog_step& step) {
  std::string words;
  const auto say = [&](const char* what, std::size_t which) {
    words += (words.empty() ? "" : ", ") + std::string(what) + " " + std::to_string(which);
  };
  for (const auto each : step.close) say("close", each);
  auto forget = step.forget;
  std::ranges::sort(forget);
  for (const auto each : forget) say("forget", each);
  if (step.read) say("read", *step.read);
  return words;
}

}  // namespace

TEST_CASE("who changes all the time rests for longer, the longer a reading takes") {
  const catalog_pace pace;
  const struct {
    std::chrono::milliseconds took, changed, known;
  } cases[] = {{0ms, 20ms, 5000ms},
               {1ms, 21ms, 5000ms},
               {50ms, 1050ms, 5000ms},
               {300ms, 6300ms, 6300ms},
               {8000ms, 68000ms, 68000ms}};
  for (const auto& each : cases) {
    CAPTURE(each.took.count());
    catalog_times times;
    CHECK(times.due(false) < start);
    times.succeeded(pace, start, start + each.took);
    CHECK(times.due(false) == start + each.changed);
    CHECK(times.due(true) == start + each.known);
    CHECK(times.fresh(start + each.known));
    CHECK_FALSE(times.fresh(start + each.known + 1ms));
  }
}

TEST_CASE("what cannot be read is left alone for longer each time, and then as before") {
  const catalog_pace pace;
  catalog_times times;
  times.succeeded(pace, start - 10s, start - 10s);
  for (const auto pause :
       {200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms, 12800ms, 25600ms, 30000ms, 30000ms}) {
    times.failed(pace, start, start);
    CHECK(times.due(false) == start + pause);
    CHECK(times.due(true) == start + pause);
    CHECK_FALSE(times.fresh(start));
  }
  times.succeeded(pace, start, start);
  times.failed(pace, start, start);
  CHECK(times.due(false) == start + 200ms);
  times.failed(pace, start, start + 10s);
  CHECK(times.due(false) == start + 20s);
}

TEST_CASE("another leader is asked at once, and what was known is of no age to be believed") {
  const catalog_pace pace;
  catalog_times times;
  times.succeeded(pace, start, start);
  times.failed(pace, start, start);
  times.begin_anew();
  CHECK(times.due(true) < start);
  CHECK(times.due(false) < start);
  CHECK_FALSE(times.fresh(start));
  CHECK(times.read_at() == start);
  times.failed(pace, start, start);
  CHECK(times.due(false) == start + 200ms);
}

TEST_CASE("the step: who is first is read, who has left is closed, who is of no use forgotten") {
  const moment now = start;
  const struct {
    std::string what;
    std::vector<catalog_case> all;
    std::string step;
    bool may_read = true;
  } cases[] = {
      {"nobody", {}, ""},
      {"one that is due", {in_use(now)}, "read 0"},
      {"nobody leads", {in_use(now)}, "", false},
      {"not yet", {in_use(now + 1ms)}, ""},
      {"no server of it has been lent", {{.held = true}}, ""},
      {"the longest due first", {in_use(now - 1s), in_use(now - 2s)}, "read 1"},
      {"left a moment ago", {left(now - 29s, true), in_use(now)}, "read 1"},
      {"left with a connection", {left(now - 30s, true), in_use(now)}, "close 0, read 1"},
      {"left, and nobody leads", {left(now - 30s, true)}, "close 0", false},
      {"left long ago", {left(now - 10min), left(now - 9min)}, "forget 0"},
      {"left, and never of use", {{.left = now}}, "forget 0"},
      {"more than are kept",
       {left(now - 1s), left(now - 4s), left(now - 2s), left(now - 3s), in_use(now + 1s)},
       "forget 1, forget 3"},
      {"more in use than are kept",
       {in_use(now + 1s), in_use(now + 1s), in_use(now + 1s), in_use(now + 1s), left(now)},
       "forget 4"},
      {"no connection is left: who comes last gives its own",
       {in_use(now + 1s, true), in_use(now + 2s, true), in_use(now)},
       "close 1, read 2"},
      {"one is left when another has gone",
       {in_use(now + 1s, true), left(now - 30s, true), in_use(now)},
       "close 1, read 2"},
      {"nobody's goes first",
       {left(now, true), in_use(now + 2s, true), in_use(now)},
       "close 0, read 2"},
      {"it has one already", {in_use(now, true), in_use(now + 2s, true)}, "read 0"},
  };
  const catalog_pace pace{.kept_max = 3, .readers_max = 2};
  for (const auto& each : cases) {
    CAPTURE(each.what);
    CHECK(in_words(next_step(each.all, pace, now, each.may_read)) == each.step);
  }
}

TEST_CASE("where nothing is to be done the first thing to come is waited for") {
  const catalog_pace pace;
  const auto wake = [&](std::vector<catalog_case> all, bool may_read = true) {
    return next_step(all, pace, start, may_read).wake - start;
  };
  CHECK(wake({}) == 1h);
  CHECK(wake({in_use(start + 3s), in_use(start + 2s)}) == 2s);
  CHECK(wake({in_use(start + 3s)}, false) == 1h);
  CHECK(wake({in_use(start + 3s), left(start - 599s)}) == 1s);
  CHECK(wake({left(start - 29s, true), left(start - 570s)}) == 1s);
  CHECK(wake({left(start - 30s, true), left(start - 540s)}) == 1min);
  CHECK(wake({{.held = true, .due = start}}) == 1h);
}

TEST_CASE("what stands in the way for a moment is tried again soon, for long it is a failure") {
  const catalog_pace pace;
  catalog_times times;
  REQUIRE(times.put_off(pace, start, start + 10ms));
  CHECK(times.due(false) == start + 210ms);
  REQUIRE(times.put_off(pace, start + 1s, start + 1500ms));
  CHECK(times.due(false) == start + 2s);
  CHECK_FALSE(times.put_off(pace, start + 4s, start + 5s));
  times.succeeded(pace, start + 6s, start + 6s);
  CHECK(times.put_off(pace, start + 7s, start + 7s));
  // A server that says nothing at all until the reader gives up.
  CHECK_FALSE(catalog_times().put_off(pace, start, start + 10s));
}
