#include "backends/mysql/gtid_position.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace skein::mysql;

namespace {

const std::string uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

std::string printed(std::string_view text) {
  const auto position = domain_position::parse(text);
  return position ? position->text() : "none";
}

gtid_position mysql(const std::string& text) {
  return gtid_position::parse(flavour::mysql, text).value();
}
gtid_position mariadb(const std::string& text) {
  return gtid_position::parse(flavour::mariadb, text).value();
}

}  // namespace

TEST_CASE("a position is printed by its domains") {
  const std::vector<std::pair<std::string, std::string>> all = {
      {"", ""},
      {" ", ""},
      {"0-1-23", "0-1-23"},
      {"7-2-5,0-1-23", "0-1-23,7-2-5"},
      {" 0-1-23 ,\n7-2-5 ", "0-1-23,7-2-5"},
      {"4294967295-4294967295-18446744073709551615", "4294967295-4294967295-18446744073709551615"},
      {"0-0-0", "0-0-0"},
      {"0-1-5,0-2-6", "none"},
      {"0-1", "none"},
      {"0-1-", "none"},
      {"0-1-5-6", "none"},
      {"0-1-5,", "none"},
      {",0-1-5", "none"},
      {"0-1-5 1-1-5", "none"},
      {"0 -1-5", "none"},
      {"-1-5", "none"},
      {"a-1-5", "none"},
      {"4294967296-1-5", "none"},
      {"0-1-18446744073709551616", "none"},
      {uuid + ":1", "none"},
  };
  for (const auto& [text, canonical] : all) {
    CAPTURE(text);
    CHECK(printed(text) == canonical);
  }
}

TEST_CASE("a position has limits") {
  std::string text = "0-1-1";
  for (std::size_t i = 1; i < domain_position::domains_max; ++i)
    text += ',' + std::to_string(i) + "-1-1";
  auto full = domain_position::parse(text).value();
  CHECK(printed(text + ",999999-1-1") == "none");
  CHECK_FALSE(full.advance({999999, 1, 1}));
  CHECK(full.advance({5, 1, 2}));
  CHECK(printed(std::string(1UZ << 20, ' ')) == "none");
}

TEST_CASE("a position goes on and never back") {
  domain_position at;
  CHECK(at.advance({0, 1, 5}));
  CHECK(at.advance({0, 2, 4}));
  CHECK(at.text() == "0-1-5");
  CHECK(at.advance({0, 2, 6}));
  CHECK(at.advance({3, 1, 0}));
  CHECK(at.text() == "0-2-6,3-1-0");
  CHECK(at.covers(domain_gtid{0, 9, 6}));
  CHECK_FALSE(at.covers(domain_gtid{0, 2, 7}));
  CHECK_FALSE(at.covers(domain_gtid{1, 2, 1}));
  CHECK(at.covers(domain_position{}));
  CHECK_FALSE(domain_position{}.covers(at));
}

TEST_CASE("who covers whom is told domain by domain") {
  std::mt19937 dice(21);
  for (int round = 0; round < 2000; ++round) {
    domain_position made[2];
    std::map<std::uint32_t, std::uint64_t> simple[2];
    for (int which = 0; which < 2; ++which) {
      for (unsigned left = dice() % 6; left > 0; --left) {
        const domain_gtid one{static_cast<std::uint32_t>(dice() % 4),
                              static_cast<std::uint32_t>(dice() % 2), 1 + dice() % 5};
        REQUIRE(made[which].advance(one));
        auto& last = simple[which][one.domain];
        last = std::max(last, one.sequence);
      }
      REQUIRE(domain_position::parse(made[which].text()) == made[which]);
    }
    bool covers = true;
    for (const auto& [domain, sequence] : simple[1])
      covers &= simple[0].contains(domain) && simple[0][domain] >= sequence;
    CAPTURE(made[0].text());
    CAPTURE(made[1].text());
    REQUIRE(made[0].covers(made[1]) == covers);
  }
}

TEST_CASE("a position of either flavour") {
  CHECK(mysql(uuid + ":1-5").covers(mysql(uuid + ":2")));
  CHECK_FALSE(mysql(uuid + ":1-5").covers(mysql(uuid + ":6")));
  CHECK(mariadb("0-1-5").covers(mariadb("0-2-4")));
  CHECK_FALSE(mariadb("0-1-5").covers(mysql("")));
  CHECK_FALSE(mysql("").covers(mariadb("")));
  auto one = mysql("");
  CHECK(one.advance(uuid + ":1"));
  CHECK(one.advance(uuid + ":2"));
  CHECK_FALSE(one.advance("0-1-5"));
  CHECK(one.text() == uuid + ":1-2");
  auto other = mariadb("0-1-5");
  CHECK(other.advance("0-1-6"));
  CHECK_FALSE(other.advance(uuid + ":1"));
  CHECK(other.text() == "0-1-6");
  CHECK_FALSE(gtid_position::parse(flavour::mysql, "0-1-5").has_value());
  CHECK_FALSE(gtid_position::parse(flavour::mariadb, uuid + ":1").has_value());
  CHECK_FALSE(one == other);
}

TEST_CASE("a log leads on from what is in it, not from what only has the same number") {
  struct told {
    const char* state;
    const char* taken;
    const char* from;
    bool leads_on;
  };
  const std::vector<told> all = {
      {"0-1-10,0-2-12", "0-1-10", "0-1-10", true},
      {"0-1-10,0-2-12", "0-1-10", "0-2-11", true},
      {"0-1-10,0-2-12", "0-1-10", "0-2-13", false},
      {"0-1-10,0-2-12", "0-1-10", "0-1-11", false},  // of its own, behind where they part
      {"0-1-10,0-2-12", "0-1-10", "0-1-12", false},
      {"0-2-12", "0-1-10", "0-1-10", true},  // copied from another, without its log
      {"0-2-12", "0-1-10", "0-1-11", false},
      {"0-2-12", "", "0-1-5", false},
      {"0-2-12", "", "", true},
      {"", "", "0-1-5", true},
      {"0-2-12", "", "7-1-5", true},  // a domain that another serves
      {"0-2-12,7-2-3", "", "0-2-12,7-1-3", false},
      {"0-2-12,7-2-3", "", "7-2-3,0-2-9", true},
  };
  for (const auto& each : all) {
    CAPTURE(each.state);
    CAPTURE(each.from);
    const auto log = domain_log::parse(each.state, each.taken);
    REQUIRE(log);
    CHECK(log->leads_on_from(domain_position::parse(each.from).value()) == each.leads_on);
  }
  CHECK_FALSE(domain_log::parse("0-1", ""));
  CHECK_FALSE(domain_log::parse("", "0-1-5,0-2-6"));
}
