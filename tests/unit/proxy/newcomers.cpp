// Clients and servers that do not get as far as an exchange: who only knocks is neither counted nor
// logged as a failure, a flood of failures writes few lines, and each failure has its own words.
#include <doctest/doctest.h>

#include "backends/postgres/message.hpp"
#include "backends/postgres/startup.hpp"
#include "proxy/cancel.hpp"
#include "tests/unit/proxy/log_file.hpp"
#include "tests/unit/proxy/stage.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

const credentials who{"app", "secret"};
const login_request request{"app", "shop", {}};

net::awaitable<> come_and_go(net::stream client, std::string bytes, bool rudely) {
  if (!bytes.empty()) co_await client.write_all(bytes);
  if (rudely) client.reset();
}

net::awaitable<> log_in(net::stream client, std::string& heard) {
  co_await client.write_all(postgres::startup_message(request));
  co_await read_all(client, heard);
}

void visit(stage& now, std::string bytes, bool rudely) {
  auto client = std::make_shared<net::stream>(now.enter());
  now.core.post([&now, client, bytes, rudely] {
    now.tasks.spawn(come_and_go(std::move(*client), bytes, rudely));
  });
  now.run_to_the_end();
}

std::string told(stage& now) {
  now.cluster.users["app"].trusted = true;
  std::string heard;
  auto client = std::make_shared<net::stream>(now.enter());
  now.core.post([&, client] { now.tasks.spawn(log_in(std::move(*client), heard)); });
  now.run_to_the_end();
  CHECK(now.all_places_free());
  return heard;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::uint64_t errors(const stage& now) {
  std::uint64_t sum = 0;
  for (const auto& kind : now.counters.errors) sum += kind.value();
  return sum;
}

// One after the other, on one stage.
net::awaitable<> fail_often(stage& now, int times) {
  for (int i = 0; i < times; ++i) {
    auto [ours, theirs] = net::memory_end::connect(now.core.where());
    session one(now.home, now.table, now.doors, unowned(now.listener), now.cancels,
                net::stream(std::move(ours)));
    net::stream client(std::move(theirs));
    co_await client.write_all("half a start-up packet, or something else");
    client.close();
    co_await one.live();
  }
}

net::awaitable<> cancel_often(stage& now, server_connection& victim, int times) {
  for (int i = 0; i < times; ++i) co_await send_cancel(now.home, victim);
}

}  // namespace

TEST_CASE("who connects and leaves without a byte has not failed to log in") {
  for (const bool rudely : {false, true}) {
    CAPTURE(rudely);
    const log_file log;
    stage now;
    visit(now, "", rudely);
    CHECK(now.counters.logins_failed.value() == 0);
    CHECK(errors(now) == 0);
    CHECK(log.text() == "");
  }
  const log_file log;
  stage now;
  visit(now, "x", false);
  CHECK(now.counters.logins_failed.value() == 1);
  CHECK(log.lines() == 1);
}

TEST_CASE("a flood of failed logins writes few lines, which say how many were held back") {
  const log_file log;
  stage now;
  now.core.post([&] { now.visitors.spawn(fail_often(now, 500)); });
  now.run_to_the_end();
  CHECK(now.counters.logins_failed.value() == 500);
  CHECK(log.lines() <= 2);  // one a second
  std::this_thread::sleep_for(1100ms);
  metrics::log::write_limited(now.home.errors_of(error_kind::lost), metrics::log::level::info,
                              "the next");
  CHECK_MESSAGE(contains(log.text(), "suppressed=499"), log.text());
}

TEST_CASE("a flood of cancels that cannot be sent writes few lines") {
  const log_file log;
  stage now;
  now.dial.fails_with = net::asio::error::connection_refused;
  server_connection victim(now.core.where(), {}, *now.places.try_take());
  now.core.post([&] { now.visitors.spawn(cancel_often(now, victim, 500)); });
  now.run_to_the_end();
  CHECK(log.lines() <= 2);
  CHECK(contains(log.text(), "cancel could not be sent"));
}

TEST_CASE("a cancel goes to the very server, whoever answers behind its name by now") {
  stage now;
  server_connection victim(now.core.where(), {}, *now.places.try_take());
  victim.address = {"db.example", 5432};
  victim.peer = {.host = "192.0.2.7", .port = 5433};
  now.core.post([&] { now.visitors.spawn(cancel_often(now, victim, 1)); });
  now.run_to_the_end();
  REQUIRE(now.dial.dialled.size() == 1);
  CHECK(now.dial.dialled[0] == victim.peer);
  CHECK(now.counters.cancels_sent.value() == 1);
}

TEST_CASE("a server that says more than its login is not used") {
  stage now;
  postgres::message_writer(now.habits.behind_login).begin('S').text("TimeZone").text("UTC").end();
  const auto heard = told(now);
  CHECK(contains(heard, "57P03"));  // another may do
  CHECK(contains(heard, "more than the end of its login"));
  CHECK(now.counters.server_connections_opened.value() == 0);
}

TEST_CASE("who has no descriptor left for a server says what to raise") {
  stage now;
  now.dial.fails_with = net::error_code(EMFILE, boost::system::system_category());
  const auto heard = told(now);
  CHECK(contains(heard, "53300"));
  CHECK(contains(heard, "LimitNOFILE"));
  stage other;
  other.dial.fails_with = net::error_code(ENFILE, boost::system::system_category());
  CHECK(contains(told(other), "fs.file-max"));
}
