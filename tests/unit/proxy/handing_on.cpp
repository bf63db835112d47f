// What may be handed from one client to the next: a server connection that no cancel can still
// reach, of the lead that is now; and to a client that is sent away, all of its last reply.
#include <doctest/doctest.h>

#include "backends/postgres/message.hpp"
#include "backends/postgres/startup.hpp"
#include "proxy/cancel.hpp"
#include "proxy/login.hpp"
#include "tests/unit/proxy/stage.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

const credentials who{"app", "secret"};
const login_request request{"app", "shop", {}};
const error stopping{error_kind::shutdown, fault::us, {}, "stopping", {}};

// Borrows, lets `meanwhile` happen, gives back; `idle` is what the pool keeps then.
using event = net::awaitable<> (*)(stage&, server_connection&);
net::awaitable<> borrow_once(stage& now, event meanwhile, std::int64_t& idle) {
  errand what{who, request, std::chrono::steady_clock::now() + 1s};
  auto got = co_await now.home.obtain(what);
  if (!got) co_return;
  co_await meanwhile(now, **got);
  give_back(std::move(*got));
  idle = now.counters.server_connections_idle.value();
}

std::int64_t idle_after(stage& now, event meanwhile) {
  std::int64_t idle = -1;
  now.core.post([&] { now.visitors.spawn(borrow_once(now, meanwhile, idle)); });
  now.run_to_the_end();
  CHECK(now.all_places_free());
  return idle;
}

net::awaitable<> cancel(stage& now, server_connection& victim) {
  co_await send_cancel(now.home, victim);
}

net::awaitable<> move_lead(stage& now, server_connection&) {
  routing::cluster_view next = *now.home.now();
  ++next.epoch;
  now.home.see(std::make_shared<routing::cluster_view>(next));
  co_return;
}

// Asks, does not read, and is sent away meanwhile; then reads what there is, if it reads at all.
net::awaitable<> ask_and_stall(stage& now, net::stream connection, bool reads, std::string& heard) {
  const auto login = now.database.start_login({tls_mode::disable, who, request, false});
  if (!co_await carry_server_login(connection, *login, nullptr, "skein")) co_return;
  std::string query;
  postgres::message_writer(query).begin('Q').text("select 1").end();
  co_await connection.write_all(query);
  co_await nap(now.core, 30ms);
  now.life->drain(stopping);
  co_await nap(now.core, 30ms);
  if (reads) co_return co_await read_all(connection, heard);
  now.life->end(stopping);
  while (now.life) co_await nap(now.core, 30ms);
}

struct handing_over {
  bool inside = false;  // the client has signed in
  bool held = false;    // and somebody else has the only connection
  std::string heard = {};
};

net::awaitable<> ask_when_held(stage& now, net::stream connection, handing_over& all) {
  const auto login = now.database.start_login({tls_mode::disable, who, request, false});
  if (!co_await carry_server_login(connection, *login, nullptr, "skein")) co_return;
  all.inside = true;
  while (!all.held) co_await nap(now.core, 1ms);
  std::string query;
  postgres::message_writer(query).begin('Q').text("select 1").end();
  co_await connection.write_all(query);
  std::array<std::byte, 4096> chunk;
  const auto [failed, count] = co_await connection.read_some(chunk);
  all.heard.assign(reinterpret_cast<const char*>(chunk.data()), failed ? 0 : count);
}

// Gives the connection back with the last answer, behind which the server has closed it.
struct last_user final : server_user {
  explicit last_user(stage& where) : now(where) {}
  void server_said(std::span<const std::byte>) override {
    mine->user = nullptr;
    give_back(std::move(mine));
  }
  void server_lost(net::error_code) override { mine = nullptr; }
  bool clogged() const override { return false; }
  stage& now;
  lease mine = nullptr;
};

net::awaitable<> hand_on_closed(stage& now, last_user& giver, handing_over& all) {
  while (!all.inside) co_await nap(now.core, 1ms);
  errand what{who, request, std::chrono::steady_clock::now() + 1s};
  auto got = co_await now.home.obtain(what);
  if (!got) co_return;
  giver.mine = std::move(*got);
  giver.mine->user = &giver;
  all.held = true;
  co_await nap(now.core, 20ms);  // until the session waits
  std::string query;
  postgres::message_writer(query).begin('Q').text("select 1").end();
  giver.mine->out.push(postgres::as_bytes(query));
  for (int left = 500; left > 0 && all.heard.empty(); --left) co_await nap(now.core, 1ms);
  if (now.life) now.life->end(stopping);
}

net::awaitable<> knock(net::stream connection, std::string& heard) {
  co_await connection.write_all(postgres::startup_message(request));
  co_await read_all(connection, heard);
}

}  // namespace

TEST_CASE("a server connection is kept after a cancel that the server took") {
  stage now;
  CHECK(idle_after(now, cancel) == 1);
  CHECK(now.counters.cancels_sent.value() == 1);
}

TEST_CASE("a server connection is not handed on while a cancel may still come") {
  stage now;
  now.habits.swallows_cancels = true;
  now.cluster.pool.connect_timeout = 50ms;
  CHECK(idle_after(now, cancel) == 0);
  CHECK(now.counters.cancels_sent.value() == 0);
}

TEST_CASE("a server connection that comes back after the lead has moved is closed") {
  stage now;
  CHECK(idle_after(now, move_lead) == 0);
}

TEST_CASE("a server connection that ends while it is handed on is not waited for") {
  stage now(1);
  now.habits.answers_max = 1;
  handing_over all;
  last_user giver(now);
  auto client = std::make_shared<net::stream>(now.enter());
  now.core.post([&, client] {
    now.visitors.spawn(ask_when_held(now, std::move(*client), all));
    now.visitors.spawn(hand_on_closed(now, giver, all));
  });
  now.run_to_the_end();
  CHECK(all.heard.starts_with('D'));  // by another connection
  CHECK(now.counters.server_connections_opened.value() == 2);
}

TEST_CASE("a goodbye behind the last reply is not its client's, nor the next one's") {
  stage now;
  postgres::message_writer(now.habits.behind_answer).begin('E').text("C57P01").byte('\0').end();
  now.perform(2, nullptr);
  now.run_to_the_end();
  CHECK(now.answers == 2);
  CHECK(now.counters.server_connections_opened.value() >= 2);
  CHECK(now.idle_at_end == 0);
}

TEST_CASE("a slow client is drained behind the end of its reply") {
  stage now;
  now.habits.row_bytes = 20'000;  // more than fits on its way to the client
  std::string heard;
  auto client = std::make_shared<net::stream>(now.enter());
  now.core.post(
      [&, client] { now.tasks.spawn(ask_and_stall(now, std::move(*client), true, heard)); });
  now.run_to_the_end();
  CHECK(std::ranges::count(heard, 'r') >= 20'000);
  CHECK(heard.find("57P01") != heard.npos);
}

TEST_CASE("a client that does not read the end of its reply is ended all the same") {
  stage now;
  now.habits.row_bytes = 20'000;
  std::string heard;
  auto client = std::make_shared<net::stream>(now.enter());
  now.core.post(
      [&, client] { now.tasks.spawn(ask_and_stall(now, std::move(*client), false, heard)); });
  now.run_to_the_end();
  CHECK(now.all_places_free());
}

TEST_CASE("who is to be sent away is told so before it is asked for a proof") {
  stage now;
  std::string heard;
  auto client = std::make_shared<net::stream>(now.enter());
  now.life->end({error_kind::limit, fault::us, {}, "full", {}});
  now.core.post([&, client] { now.tasks.spawn(knock(std::move(*client), heard)); });
  now.run_to_the_end();
  REQUIRE_FALSE(heard.empty());
  CHECK(heard.front() == 'E');
  CHECK(heard.find("53300") != heard.npos);
}
