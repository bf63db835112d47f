// What goes on for too long: the judgement as a table; then sessions whose statements, transactions
// and silences are ended, and those that are not.
#include "proxy/overtime.hpp"

#include <doctest/doctest.h>

#include "backends/postgres/message.hpp"
#include "proxy/login.hpp"
#include "tests/unit/proxy/stage.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

const credentials who{"app", "secret"};
const login_request request{"app", "shop", {}};

std::string query(const std::string& text) {
  std::string out;
  postgres::message_writer(out).begin('Q').text(text).end();
  return out;
}

struct diary {
  bool inside = false;
  std::string heard = {};
  std::chrono::nanoseconds took{};  // from the last query to the end
};

// Signs in, asks `times` times with pauses before, listens to the end.
net::awaitable<> visit(stage& now, net::stream client, std::chrono::milliseconds pause, int times,
                       diary& mine) {
  const auto login = now.database.start_login({tls_mode::disable, who, request, false});
  const auto done = co_await carry_server_login(client, *login, nullptr, "skein");
  mine.inside = done.has_value();
  for (int i = 0; i < times; ++i) {
    co_await nap(now.core, pause);
    const std::string words = query("select 1");
    co_await client.write_all(words);
  }
  const auto start = std::chrono::steady_clock::now();
  co_await read_all(client, mine.heard);
  mine.took = std::chrono::steady_clock::now() - start;
}

net::awaitable<> end_later(stage& now, std::chrono::milliseconds later) {
  co_await nap(now.core, later);
  if (now.life) now.life->end({error_kind::shutdown, fault::us, {}, "the end", {}});
}

diary play(stage& now, std::chrono::milliseconds pause, int times, std::chrono::milliseconds end) {
  diary mine;
  auto client = std::make_shared<net::stream>(now.enter());
  now.core.post([&, client] {
    now.visitors.spawn(end_later(now, end));
    now.tasks.spawn(visit(now, std::move(*client), pause, times, mine));
  });
  now.run_to_the_end();
  CHECK(mine.inside);
  CHECK(now.all_places_free());
  return mine;
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("each state has its own limit, and the next look comes when something can be over") {
  struct line {
    time_limits limits;
    doing what;
    std::chrono::milliseconds so_long;
    bool over;
    std::chrono::milliseconds look_again;
  };
  const time_limits all{100ms, 1000ms, 500ms};
  const time_limits statement_only{.statement = 100ms};
  const std::vector<line> lines = {
      {all, doing::running, 99ms, false, 1ms},
      {all, doing::running, 100ms, true, 100ms},
      {all, doing::resting, 0ms, false, 100ms},
      {all, doing::resting, 950ms, false, 50ms},
      {all, doing::resting, 1000ms, true, 100ms},
      {all, doing::in_transaction, 499ms, false, 1ms},
      {all, doing::in_transaction, 500ms, true, 100ms},
      {all, doing::waiting, 1h, false, 100ms},
      {statement_only, doing::resting, 1h, false, 100ms},
      {statement_only, doing::in_transaction, 1h, false, 100ms},
  };
  for (const auto& each : lines) {
    CAPTURE(static_cast<int>(each.what));
    CAPTURE(each.so_long.count());
    const overtime told = judge(each.limits, each.what, each.so_long);
    CHECK(told.over == each.over);
    CHECK(told.look_again == each.look_again);
  }
  CHECK_FALSE(time_limits{}.any());
  CHECK(time_limits{.idle_in_transaction = 1ms}.any());
}

TEST_CASE("a session without a query ends after timeouts.idle, and not while it asks") {
  stage now;
  now.cluster.times.idle = 150ms;
  const diary mine = play(now, 50ms, 6, 3s);
  CHECK(count(mine.heard, "SELECT 1") == 6);
  CHECK_MESSAGE(mine.heard.contains("C57P05"), mine.heard);
  CHECK_MESSAGE(mine.heard.contains("timeouts.idle, 150 ms"), mine.heard);
  CHECK(mine.took >= 140ms);
  CHECK(mine.took < 1s);
}

TEST_CASE("a transaction without a query ends after its own time, and its server is closed") {
  stage now;
  now.habits.status = 'T';
  now.cluster.times = {.idle = 50ms, .idle_in_transaction = 150ms};
  const diary mine = play(now, 0ms, 1, 3s);
  CHECK(count(mine.heard, "SELECT 1") == 1);
  CHECK_MESSAGE(mine.heard.contains("C25P03"), mine.heard);
  CHECK_MESSAGE(mine.heard.contains("timeouts.idle_in_transaction, 150 ms"), mine.heard);
  CHECK(mine.took >= 140ms);
  CHECK(now.idle_at_end == 0);
}

TEST_CASE("a statement that runs for too long is cancelled on its server, again and again") {
  stage now;
  now.habits.never_answers = true;
  now.cluster.times.statement = 100ms;
  play(now, 0ms, 1, 450ms);
  CHECK(now.counters.cancels_sent.value() >= 3);
  CHECK(now.counters.cancels_sent.value() <= 4);
  CHECK(now.dial.dialled.size() == 1 + now.counters.cancels_sent.value());
}

TEST_CASE("statements that are short enough are not cancelled, however many there are") {
  stage now;
  now.cluster.times.statement = 100ms;
  const diary mine = play(now, 30ms, 10, 400ms);
  CHECK(count(mine.heard, "SELECT 1") == 10);
  CHECK(now.counters.cancels_sent.value() == 0);
}

TEST_CASE("the time that a statement waits for a server is not its own") {
  stage now(1);
  now.habits.dozes = 60ms;
  now.cluster.times.statement = 120ms;
  now.cluster.pool.wait = 5s;
  now.core.post([&now] { now.visitors.spawn(end_later(now, 1s)); });
  diary mine;
  auto client = std::make_shared<net::stream>(now.enter());
  now.core.post([&] { now.tasks.spawn(visit(now, std::move(*client), 0ms, 1, mine)); });
  now.run_to_the_end();
  CHECK(count(mine.heard, "SELECT 1") == 1);
  CHECK(now.counters.cancels_sent.value() == 0);
}

// The server answers while a cancel is on its way that nobody takes: until that is over the next
// statement would be its victim.
TEST_CASE("the next statement waits until a cancel for the last one is over") {
  stage now;
  now.habits.dozes = 250ms;
  now.habits.swallows_cancels = true;
  now.cluster.times.statement = 100ms;
  now.cluster.pool.mode = pool_mode::session;
  now.cluster.pool.connect_timeout = 400ms;
  diary mine;
  std::size_t asked_by_300 = 0;
  auto client = std::make_shared<net::stream>(now.enter());
  const std::size_t one = query("select 1").size();
  net::deadline look(now.core.wheel(), [&] { asked_by_300 = now.habits.queried_bytes; });
  now.core.post([&] {
    look.arm(300ms);
    now.visitors.spawn(end_later(now, 800ms));
    now.tasks.spawn(visit(now, std::move(*client), 60ms, 4, mine));
  });
  now.run_to_the_end();
  CHECK(asked_by_300 == 2 * one);  // what came before the cancel
  CHECK(now.habits.queried_bytes == 4 * one);
  CHECK(count(mine.heard, "SELECT 1") == 4);
}
