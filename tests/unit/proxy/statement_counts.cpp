// What cores have counted of statements, added up for SHOW STATEMENTS.
#include "proxy/statement_counts.hpp"

#include <doctest/doctest.h>

#include "proxy/name_numbers.hpp"
#include "routing/plan.hpp"

using namespace skein;
using namespace skein::proxy;
using std::chrono::steady_clock;

namespace {

const std::vector<cluster_settings> shops = {{.name = "shop"}, {.name = "archive"}};

steady_clock::time_point at(int seconds) {
  return steady_clock::time_point(std::chrono::seconds(seconds));
}

statement_count read_at(const std::string& member, std::uint64_t print, std::uint64_t calls,
                        int when) {
  statement_count one{.member = member};
  one.facts = std::make_shared<statement_facts>(statement_facts{
      .where = place::any, .form = "select " + std::to_string(print), .fingerprint = print});
  one.tally = {.calls = calls,
               .to_followers = calls,
               .last = at(when),
               .why = static_cast<std::uint8_t>(routing::reason::balanced)};
  return one;
}

std::string cell_of(const console::row& one, std::size_t column) {
  const console::cell& cell = one.at(column);
  if (const auto* const number = std::get_if<std::int64_t>(&cell)) return std::to_string(*number);
  const auto* const text = std::get_if<std::string>(&cell);
  return text ? *text : "-";
}

std::string line(const console::row& one) {
  std::string all;
  for (std::size_t i = 0; i < one.size(); ++i) all += (i == 0 ? "" : "|") + cell_of(one, i);
  return all;
}

}  // namespace

TEST_CASE("counts of all cores are added up; the last decision is that of the last core") {
  statement_counts all;
  auto written = read_at("a", 0xabc, 3, 7);
  written.tally = {.calls = 3, .to_leader = 3, .again = 1, .last = at(7), .led = true};
  written.tally.why = static_cast<std::uint8_t>(routing::reason::none_fit);
  all.add({read_at("b", 0xabc, 10, 5), read_at("c", 2, 20, 1)});
  all.add({written, read_at("b", 2, 1, 0)});
  auto other = read_at("z", 2, 15, 1);
  other.cluster = 1;
  all.add({other});
  const auto told = std::move(all).told(shops);
  REQUIRE(told.rows.size() == 3);
  CHECK(told.notice.empty());
  CHECK(line(told.rows[0]) ==
        "shop|0000000000000002|21|0|21|0|c|to follower \"c\": it only reads|select 2");
  CHECK(line(told.rows[1]) ==
        "archive|0000000000000002|15|0|15|0|z|to follower \"z\": it only reads|select 2");
  CHECK(line(told.rows[2]) ==
        "shop|0000000000000abc|13|3|10|1|a|to leader \"a\": it only reads, but nobody else could "
        "serve it|select 2748");
  CHECK(told.rows[0].size() == told.columns.size());
}

TEST_CASE("what could not be read has no fingerprint, and what was refused no member") {
  statement_counts all;
  statement_count unread{.facts = std::make_shared<statement_facts>(), .member = "a"};
  unread.tally = {.calls = 2, .to_leader = 2, .last = at(1), .led = true};
  auto refused = read_at("b", 1, 1, 1);
  refused.rule = "none of these";
  refused.tally.refused = true;
  all.add({unread, refused});
  const auto told = std::move(all).told(shops);
  REQUIRE(told.rows.size() == 2);
  CHECK(line(told.rows[0]) == "shop|-|2|2|0|0|a|to leader \"a\": what it does is not known|-");
  CHECK(line(told.rows[1]) ==
        "shop|0000000000000001|1|0|1|0|-|refused by rule \"none of these\"|select 1");
}

TEST_CASE("the most called are told, and how many are not") {
  statement_counts all;
  std::vector<statement_count> many;
  for (std::uint64_t i = 1; i <= statement_counts::told_max + 2; ++i)
    many.push_back(read_at("b", i, i, 1));
  all.add(many);
  const auto told = std::move(all).told(shops);
  CHECK(told.rows.size() == statement_counts::told_max);
  CHECK(cell_of(told.rows.front(), 2) == std::to_string(statement_counts::told_max + 2));
  CHECK(cell_of(told.rows.back(), 2) == "3");
  CHECK(told.notice == "2 more, called less often, are left out");
}

TEST_CASE("a name keeps its number") {
  name_numbers all;
  const auto one = all.of("a");
  CHECK(one != all.of("b"));
  CHECK(all.of("a") == one);
  CHECK(all.name(one) == "a");
  CHECK(all.name({}).empty());
}
