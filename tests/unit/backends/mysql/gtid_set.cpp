#include "backends/mysql/gtid_set.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace skein::mysql;

namespace {

const std::string a = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const std::string b = "4e11fa47-71ca-11e1-9e33-c80aa9429562";

std::string printed(std::string_view text) {
  const auto set = gtid_set::parse(text);
  return set ? set->text() : "none";
}

gtid_set set_of(std::string_view text) {
  const auto set = gtid_set::parse(text);
  REQUIRE(set.has_value());
  return *set;
}

gtid one_of(std::string_view text) {
  const auto one = parse_gtid(text);
  REQUIRE(one.has_value());
  return *one;
}

// A set as a person would make it: source by source and number by number.
using naive = std::set<std::pair<std::string, std::uint64_t>>;

struct twins {
  gtid_set made = {};
  naive simple = {};
};

const std::string sources[] = {a + ":", a + ":tag:", b + ":"};

twins random_twins(std::mt19937& dice) {
  twins both;
  std::string text;
  for (unsigned left = dice() % 7; left > 0; --left) {
    const std::string& source = sources[dice() % std::size(sources)];
    const std::uint64_t first = 1 + dice() % 30;
    const std::uint64_t last = first + dice() % 4;
    if (!text.empty()) text += ',';
    text += source + std::to_string(first) + '-' + std::to_string(last);
    for (std::uint64_t each = first; each <= last; ++each) both.simple.emplace(source, each);
  }
  both.made = set_of(text);
  return both;
}

bool same(const gtid_set& made, const naive& simple) {
  gtid_set again;
  for (const auto& [source, number] : simple)
    if (!again.add(one_of(source + std::to_string(number)))) return false;
  return again == made && gtid_set::parse(made.text()) == made;
}

}  // namespace

TEST_CASE("a set is printed as servers print it, whatever it looked like") {
  const std::vector<std::pair<std::string, std::string>> all = {
      {"", ""},
      {" \n", ""},
      {a + ":1", a + ":1"},
      {a + ":1-5", a + ":1-5"},
      {a + ":1-5:7", a + ":1-5:7"},
      {a + ":7:1-3:4-5", a + ":1-5:7"},
      {a + ":1-5:2-3:5-6", a + ":1-6"},
      {b + ":1,\n" + a + ":2", a + ":2," + b + ":1"},
      {a + ":1," + a + ":2", a + ":1-2"},
      {"\t" + a + " : 1 - 5 : 7 ,\r\n" + b + ":3 ", a + ":1-5:7," + b + ":3"},
      {"3E11FA47-71CA-11E1-9E33-C80AA9429562:1", a + ":1"},
      {a + ":tag:1-5:7", a + ":tag:1-5:7"},
      {a + ":Tag_2:7:1", a + ":tag_2:1:7"},
      {a + ":1-3:y:5:6:x:1", a + ":1-3:x:1:y:5-6"},
      {a + ":x:1," + a + ":5", a + ":5:x:1"},
      {a + ":9223372036854775806", a + ":9223372036854775806"},
      {a + ":1-9223372036854775806:5", a + ":1-9223372036854775806"},
  };
  for (const auto& [text, canonical] : all) {
    CAPTURE(text);
    CHECK(printed(text) == canonical);
  }
}

TEST_CASE("what is no set is nothing") {
  const std::vector<std::string> all = {
      a,
      a + ":",
      a + ":0",
      a + ":5-4",
      a + ":1-",
      a + ":-1",
      a + ":1:",
      a + ":1,",
      "," + a + ":1",
      a + ":1,," + b + ":1",
      a + ":1 " + b + ":1",
      a + ":1-2-3",
      a + ":tag",
      a + ":tag:",
      a + ":x:y:1",
      a + ":2x:1",
      a + ":x-y:1",
      a + ":" + std::string(33, 'x') + ":1",
      a + ":9223372036854775807",
      a + ":1-9223372036854775807",
      a + ":18446744073709551617",
      a + ":99999999999999999999999",
      a + ":+1",
      a + ":1.5",
      a.substr(1) + ":1",
      a + "0:1",
      "3e11fa4771ca-11e1-9e33-c80aa9429562-:1",
      "3e11fa47-71ca-11e1-9e33-c80aa942956g:1",
      "0-1-5",
      std::string("\0", 1),
  };
  for (const std::string& text : all) {
    CAPTURE(text);
    CHECK(printed(text) == "none");
  }
  CHECK(printed(a + ":" + std::string(32, 'x') + ":1") != "none");
}

TEST_CASE("a set has limits") {
  std::string text = a;
  for (std::size_t i = 0; i < gtid_set::intervals_max; ++i) text += ':' + std::to_string(2 * i + 1);
  auto full = set_of(text);
  CHECK(full.intervals() == gtid_set::intervals_max);
  CHECK(printed(text + ":1000001") == "none");
  CHECK(printed(text + ":2") != "none");
  CHECK_FALSE(full.add(one_of(a + ":1000001")));
  CHECK_FALSE(full.add(set_of(b + ":1")));
  CHECK_FALSE(full.contains(one_of(a + ":1000001")));
  CHECK(full.add(one_of(a + ":2")));
  CHECK(full.intervals() == gtid_set::intervals_max - 1);
  CHECK(printed(std::string(gtid_set::text_max + 1, ' ')) == "none");
}

TEST_CASE("one transaction") {
  CHECK(to_string(one_of("3E11FA47-71ca-11e1-9e33-c80aa9429562:23")) == a + ":23");
  CHECK(to_string(one_of(a + ":Tag:7")) == a + ":tag:7");
  for (const std::string& text : {a + ":1-2", a + ":1:2", a, a + ":0", a + ":1," + b + ":1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_gtid(text).has_value());
  }
  auto set = set_of(a + ":1-5");
  CHECK_FALSE(set.add(gtid{one_of(a + ":1").source, 0}));
  CHECK_FALSE(set.add(gtid{one_of(a + ":1").source, gtid::number_max + 1}));
  CHECK(set.add(one_of(a + ":6")));
  CHECK(set.text() == a + ":1-6");
  CHECK(set.contains(one_of(a + ":6")));
  CHECK_FALSE(set.contains(one_of(a + ":7")));
  CHECK_FALSE(set.contains(one_of(a + ":x:6")));
  CHECK_FALSE(set.contains(one_of(b + ":6")));
}

TEST_CASE("what a set contains") {
  const auto whole = set_of(a + ":1-5:7," + b + ":1-9223372036854775806");
  CHECK(whole.contains(gtid_set{}));
  CHECK(whole.contains(whole));
  CHECK(whole.contains(set_of(a + ":2-3:5:7")));
  CHECK_FALSE(whole.contains(set_of(a + ":5-7")));
  CHECK_FALSE(whole.contains(set_of(a + ":x:1")));
  CHECK_FALSE(gtid_set{}.contains(whole));
}

TEST_CASE("sets are what sets of numbers are") {
  std::mt19937 dice(20);
  for (int round = 0; round < 1500; ++round) {
    auto one = random_twins(dice);
    const auto other = random_twins(dice);
    REQUIRE(same(one.made, one.simple));
    CAPTURE(one.made.text());
    CAPTURE(other.made.text());
    REQUIRE((one.made == other.made) == (one.simple == other.simple));
    REQUIRE(one.made.contains(other.made) == std::ranges::includes(one.simple, other.simple));
    for (const auto& source : sources)
      for (std::uint64_t number = 1; number < 36; ++number)
        REQUIRE(one.made.contains(one_of(source + std::to_string(number))) ==
                one.simple.contains({source, number}));
    gtid_set left = one.made;
    left.subtract(other.made);
    naive left_simple;
    std::ranges::set_difference(one.simple, other.simple,
                                std::inserter(left_simple, left_simple.end()));
    REQUIRE(same(left, left_simple));
    REQUIRE(one.made.add(other.made));
    one.simple.insert(other.simple.begin(), other.simple.end());
    REQUIRE(same(one.made, one.simple));
    REQUIRE(one.made.contains(left));
  }
}
