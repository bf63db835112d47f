#include "routing/balance.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace skein::routing;
using std::chrono::milliseconds;

namespace {

std::string picks(balancer& balance, balance_way way, const std::vector<candidate>& from,
                  int count) {
  std::string out;
  for (int i = 0; i < count; ++i)
    out += static_cast<char>('a' + balance.pick(way, from, 0x8000000080000001));
  return out;
}

// How often each was picked, of a hundred.
std::vector<int> shares(balancer& balance, balance_way way, const std::vector<candidate>& from) {
  constexpr int rounds = 100000;
  std::mt19937_64 lots(1);
  std::vector<int> count(from.back().member + 1);
  for (int i = 0; i < rounds; ++i) ++count[balance.pick(way, from, lots())];
  for (auto& each : count) each = (each + rounds / 200) * 100 / rounds;
  return count;
}

}  // namespace

TEST_CASE("one candidate is picked in every way") {
  balancer balance;
  for (const auto way : {balance_way::round_robin, balance_way::random, balance_way::least_busy,
                         balance_way::fastest})
    CHECK(picks(balance, way, {{2, 0.1}}, 3) == "ccc");
}

TEST_CASE("in turn: heavy members stand between the others") {
  balancer balance;
  CHECK(picks(balance, balance_way::round_robin, {{0, 1}, {1, 1}, {2, 1}}, 7) == "abcabca");
  balance.reset(3);
  CHECK(picks(balance, balance_way::round_robin, {{0, 5}, {1, 1}, {2, 1}}, 14) == "aabacaaaabacaa");
  SUBCASE("and those who were not there are not owed what they missed") {
    balance.reset(3);
    picks(balance, balance_way::round_robin, {{0, 1}, {1, 1}}, 101);
    const auto after = picks(balance, balance_way::round_robin, {{0, 1}, {1, 1}, {2, 1}}, 30);
    CHECK(std::count(after.begin(), after.end(), 'c') == 10);
  }
}

TEST_CASE("by lot: as the weights say") {
  balancer balance;
  CHECK(shares(balance, balance_way::random, {{0, 1}, {1, 2}, {3, 1}}) ==
        std::vector{25, 50, 0, 25});
  CHECK(balance.pick(balance_way::random, std::vector<candidate>{{0, 1}, {1, 1}}, 0) == 0);
  CHECK(balance.pick(balance_way::random, std::vector<candidate>{{0, 1}, {1, 1}}, ~0ULL) == 1);
}

TEST_CASE("the less busy of two, by what their weights let them bear") {
  balancer balance;
  balance.reset(3);
  const std::vector<candidate> two = {{0, 1}, {1, 1}};
  CHECK(shares(balance, balance_way::least_busy, two) == std::vector{50, 50});
  balance.began(0);
  CHECK(shares(balance, balance_way::least_busy, two) == std::vector{0, 100});
  // Twice the weight bears twice as much.
  CHECK(shares(balance, balance_way::least_busy, {{0, 3}, {1, 1}}) == std::vector{100, 0});
  balance.began(1);
  balance.began(1);
  balance.ended(0, milliseconds(1));
  // The busiest of three is picked by nobody, whichever two are looked at.
  CHECK(shares(balance, balance_way::least_busy, {{0, 1}, {1, 1}, {2, 1}}) ==
        std::vector{50, 0, 50});
}

TEST_CASE("what began and ended before the members changed does no lasting harm") {
  balancer balance;
  balance.began(4);
  CHECK(balance.busy(4) == 1);
  balance.reset(2);
  balance.ended(4, milliseconds(1));
  balance.ended(0, milliseconds(1));
  CHECK(balance.busy(0) == 0);
  CHECK(balance.busy(4) == 0);
  CHECK(balance.busy(9) == 0);
}

TEST_CASE("the fastest: by latency, how busy it is, and weight") {
  balancer balance;
  balance.reset(3);
  const std::vector<candidate> all = {{0, 1}, {1, 1}, {2, 1}};
  const auto run = [&](std::size_t member, int ms) {
    balance.began(member);
    balance.ended(member, milliseconds(ms));
  };
  run(0, 10);
  run(2, 10);
  CHECK(picks(balance, balance_way::fastest, all, 2) == "bb");  // nothing is known of it
  balance.began(1);
  // It is being tried: who comes meanwhile goes elsewhere.
  CHECK(picks(balance, balance_way::fastest, all, 2) == "aa");
  balance.ended(1, milliseconds(4));
  CHECK(picks(balance, balance_way::fastest, all, 2) == "bb");
  SUBCASE("busy") {
    balance.began(1);
    CHECK(picks(balance, balance_way::fastest, all, 1) == "b");
    balance.began(1);
    CHECK(picks(balance, balance_way::fastest, all, 1) == "a");
  }
  SUBCASE("weight") {
    CHECK(picks(balance, balance_way::fastest, {{0, 3}, {1, 1}, {2, 1}}, 1) == "a");
  }
  SUBCASE("one slow answer weighs an eighth, many weigh all") {
    run(1, 40);
    CHECK(picks(balance, balance_way::fastest, all, 1) == "b");
    for (int i = 0; i < 3; ++i) run(1, 40);
    CHECK(picks(balance, balance_way::fastest, all, 1) == "a");
    for (int i = 0; i < 20; ++i) run(1, 1);
    CHECK(picks(balance, balance_way::fastest, all, 1) == "b");
  }
  SUBCASE("one that was slow is tried now and then") {
    run(0, 10000);
    std::mt19937_64 lots(1);
    int tried = 0;
    for (int i = 0; i < 6400; ++i) tried += balance.pick(balance_way::fastest, all, lots()) == 0;
    CHECK(tried > 10);
    CHECK(tried < 100);
  }
  SUBCASE("none is known, and all are being tried") {
    balance.reset(3);
    for (const std::size_t member : {0, 1, 2}) balance.began(member);
    CHECK(shares(balance, balance_way::fastest, all) == std::vector{33, 33, 33});
  }
}
