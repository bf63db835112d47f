// The record of the lead and what Skeins say of themselves: as they are written, and what is made
// of those that are not ours.
#include <doctest/doctest.h>

#include "coordination/keys.hpp"

using namespace skein::coordination;

TEST_CASE("a record of the lead is read as it was written") {
  const lead_record what{7, lead_state::led, "a", "db-a:5432", "skein-1.0a", "\"b\" is dead"};
  CHECK(read_lead_record(to_text(what)) == what);
  CHECK(to_text(what) == R"({"format":1,"epoch":7,"state":"led","member":"a",)"
                         R"("address":"db-a:5432","by":"skein-1.0a","why":"\"b\" is dead",)"
                         R"("before":"","held":false,"mark":""})");
  lead_record nobody;
  nobody.epoch = 8;
  CHECK(read_lead_record(to_text(nobody)) == nobody);
}

TEST_CASE("a record may say more than is known of its format, and less than must be is refused") {
  CHECK(read_lead_record(R"({"format":1,"epoch":3,"state":"announced","since":[1,2]})"));
  for (const std::string_view bad :
       {"", "7", "{}", R"({"epoch":3,"state":"announced"})", R"({"format":1,"state":"announced"})",
        R"({"format":1,"epoch":3})", R"({"format":1,"epoch":3,"state":"lost"})",
        R"({"format":1,"epoch":3,"state":"led"})", R"({"format":1,"epoch":"x","state":"led"})",
        R"({"format":1,"epoch":-3,"state":"announced"})", R"({"format":"one","epoch":3})",
        R"({"format":1,"epoch":3,"state":"led","member":5})"}) {
    CAPTURE(bad);
    const auto read = read_lead_record(bad);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == unreadable::garbage);
  }
  const auto newer = read_lead_record(R"({"format":2,"leaders":["a","b"]})");
  REQUIRE_FALSE(newer);
  CHECK(newer.error().kind == unreadable::newer);
  CHECK(newer.error().format == 2);
}

TEST_CASE("what a Skein says of itself") {
  const presence what{12, "host-1"};
  CHECK(read_presence(to_text(what)) == what);
  CHECK_FALSE(read_presence(R"({"format":3})"));
  CHECK_FALSE(read_presence("here"));
}

TEST_CASE("a picture is made of the keys of one cluster") {
  const cluster_keys keys("/skein", "shop");
  range_answer read;
  read.header = {1, 2, 40, 5};
  const lead_record lead{7, lead_state::led, "a", "db-a:5432", "x", ""};
  read.found.push_back({"/skein/shop/decider", "x.1", 30, 31, 99});
  read.found.push_back({"/skein/shop/lead", to_text(lead), 10, 39, 0});
  read.found.push_back({"/skein/shop/present/x.1", to_text(presence{7, "h"}), 29, 38, 99});
  read.found.push_back({"/skein/shop/present/y.2", "?", 28, 28, 98});
  read.found.push_back({"/skein/shop/wishes", "of a newer Skein", 1, 1, 0});
  const picture made = picture_of(read, keys);
  CHECK(made.revision == 40);
  CHECK(made.term == 5);
  REQUIRE(made.lead);
  CHECK(made.lead->value == lead);
  CHECK(made.lead->changed == 39);
  CHECK(made.decider->value == "x.1");
  CHECK(made.decider->created == 30);
  REQUIRE(made.present.size() == 2);
  CHECK(made.present.at("x.1").value->acknowledged == 7);
  CHECK_FALSE(made.present.at("y.2").value);
  CHECK(newest_change(made) == 39);
}
