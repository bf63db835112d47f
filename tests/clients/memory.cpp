// Thousands of clients, before each engine: what they have asked and left behind is given up again
// by Skein, its memory and its descriptors.
#include <doctest/doctest.h>

#include "tests/clients/stage.hpp"
#include "tests/servers/connection.hpp"
#include "tests/servers/tongue.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

constexpr int warming_rounds = 4;
constexpr int measured_rounds = 8;
constexpr int clients_a_round = 150;
constexpr std::size_t growth_max = 4U << 20;
constexpr std::size_t crowd_size = 300;
// Of one that is idle behind a few statements, with its server connection.
constexpr std::size_t a_client_max = 24U << 10;

std::string text_of(int number) {
  return std::to_string(number);
}

// What differs from client to client: values, texts of statements, and how it leaves.
void be_a_client(const tongue& in, std::uint16_t port, int number) {
  const auto one = connect(in.which, {.port = port});
  const std::string n = text_of(number);
  REQUIRE(one->value("select n from goods where id = " + text_of(number % 100 + 1)) ==
          text_of(number % 100 + 1));
  // Names of columns are no values: each is a form of statement of its own.
  REQUIRE(one->value("select " + n + " as c" + n + ", '" + std::string(2000, 'x') + "'") == n);
  REQUIRE(one->execute("select n + " + n + " from goods where id = " + in.first_parameter, {"5"}, 3)
              .lines.front()
              .front() == text_of(number + 5));
  switch (number % 6) {
    case 0:  // in the middle of a transaction
      CHECK(one->ask("begin").ok());
      CHECK(one->ask("update goods set n = n where id = 1").ok());
      break;
    case 1:  // which keeps its server
      CHECK(one->ask("create temporary table mine (n int)").ok());
      break;
    case 2:
      CHECK(one->ask("select * from nowhere_" + n).code == in.heard.no_table);
      break;
    case 3:  // an answer that it does not wait for
      one->send("select * from goods, goods as more, goods as most where most.id < 5");
      break;
    case 4:
      CHECK(one->ask(in.which == engine::postgres ? "set application_name = 'till " + n + "'"
                                                  : "set @mine = '" + n + "'")
                .ok());
      break;
    default:
      break;
  }
}

void play_rounds(const tongue& in) {
  auto shop = cluster::start(in.which, {.followers = 1});
  make_goods(shop);
  const skein_process skein(
      shop, {.users = {app}, .pool_size = 8, .routing = "reads: followers, balance: round_robin"});
  std::size_t warm = 0;
  std::size_t descriptors = 0;
  int number = 0;
  for (int round = 0; round < warming_rounds + measured_rounds; ++round) {
    for (int client = 0; client < clients_a_round; ++client)
      be_a_client(in, skein.port(), ++number);
    wait_until([&] { return skein.metric("skein_clients_active") == 0.0; }, 20s,
               "all have been seen to leave");
    if (round == warming_rounds - 1) {
      warm = skein.rss_bytes();
      descriptors = skein.descriptors();
    }
  }
  const auto now = skein.rss_bytes();
  MESSAGE(to_string(in.which), ": ", number, " clients; ", warm >> 10, " kB when warm, ", now >> 10,
          " kB behind ", measured_rounds * clients_a_round, " more; ", skein.descriptors(),
          " descriptors, before ", descriptors);
  if (!is_sanitized) CHECK(now < warm + growth_max);
  // No more than the pools may hold of each member.
  CHECK(skein.descriptors() < descriptors + 20);
}

void play_crowd(const tongue& in) {
  auto shop = cluster::start(in.which, {.followers = 0});
  make_goods(shop);
  const skein_process skein(shop, {.users = {app}, .pool_size = 20});
  CHECK(connect(in.which, {.port = skein.port()})->value("select 1") == "1");
  const auto idle = skein.rss_bytes();
  std::vector<std::unique_ptr<connection>> all;
  for (std::size_t i = 0; i < crowd_size; ++i)
    all.push_back(connect(in.which, {.port = skein.port()}));
  for (int round = 0; round < 3; ++round)
    for (std::size_t i = 0; i < crowd_size; ++i)
      REQUIRE(all[i]->value("select n + " + std::to_string(i) + " from goods where id = 1") ==
              std::to_string(i + 1));
  const auto a_client = (skein.rss_peak_bytes() - idle) / crowd_size;
  MESSAGE(to_string(in.which), ": ", a_client, " bytes a client at the peak");
  if (!is_sanitized) CHECK(a_client < a_client_max);
  all.clear();
  wait_until([&] { return skein.metric("skein_clients_active") == 0.0; }, 20s,
             "all have been seen to leave");
}

}  // namespace

TEST_CASE("what thousands of clients leave behind is given up again") {
  on_each_engine(play_rounds);
}

TEST_CASE("hundreds of clients at once take memory in proportion") {
  on_each_engine(play_crowd);
}
