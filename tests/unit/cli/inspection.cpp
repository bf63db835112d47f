// What is made of the answers of servers, before any of them is relied on.
#include "cli/inspection.hpp"

#include <doctest/doctest.h>

using namespace skein;
using namespace skein::cli;

namespace {

member_answer answer(const std::string& name, member_role role, std::int64_t started) {
  member_answer out{.name = name, .address = {name, 5432}};
  out.seen = observation{.role = role,
                         .written = {1, 100, "0/64", {}},
                         .server_version = "15.8",
                         .started_at_us = started};
  duties told{.cluster_identity = "77"};
  if (role == member_role::follower) told.source = member_address{"a", 5432};
  out.told = told;
  return out;
}

std::vector<member_answer> shop() {
  return {answer("a", member_role::leader, 1), answer("b", member_role::follower, 2),
          answer("c", member_role::follower, 3)};
}

std::string found(const std::vector<member_answer>& all, bool moved = false) {
  const inspection made = inspect(all, moved);
  std::string out;
  for (const finding& each : made.findings)
    out += std::string(each.wrong ? "wrong: " : "advice: ") + each.text + "\n";
  CHECK(made.good() == (out.find("wrong: ") == out.npos));
  return out;
}

duties& duties_of(member_answer& one) {
  return **one.told;
}

}  // namespace

TEST_CASE("a cluster in which all is well") {
  CHECK(found(shop(), true).empty());
  CHECK(inspect(shop(), true).members ==
        std::vector<std::string>{"a  a:5432  leads, version 15.8",
                                 "b  b:5432  follows a, version 15.8",
                                 "c  c:5432  follows a, version 15.8"});
}

TEST_CASE("who is not there, or lets nobody in") {
  auto all = shop();
  all[2].seen = failure(error_kind::lost, fault::server, "cannot be connected to", "refused\nmore");
  all[2].told.reset();
  all[1].told = failure(error_kind::unavailable, fault::server, "permission denied");
  CHECK(found(all) ==
        "wrong: b takes no orders about the lead: permission denied (see `skein grants --feature "
        "failover`)\nwrong: c (c:5432): cannot be connected to: refused\n");
  CHECK(inspect(all, false).members[2] == "c  c:5432  out");
}

TEST_CASE("what does not belong together") {
  auto all = shop();
  duties_of(all[2]).cluster_identity = "78";
  CHECK(found(all).starts_with("wrong: a and c are of different clusters (77, 78): "));
  all = shop();
  all[2].seen->started_at_us = 2;
  CHECK(found(all) ==
        "wrong: b and c are one server, started in the same microsecond: list it once\n");
  all[2].seen->written.text = "0/65";  // by chance
  CHECK(found(all).empty());
  all = shop();
  duties_of(all[1]).server_identity = duties_of(all[2]).server_identity = "u-1";
  CHECK(found(all).starts_with("wrong: b and c say that they are one server (u-1): "));
  all = shop();
  duties_of(all[1]).source = member_address{"d", 5432};
  CHECK(found(all).starts_with("advice: b follows d:5432, which is no member by that address: "));
}

TEST_CASE("nobody leads, or two do") {
  auto all = shop();
  all[1].seen->role = member_role::leader;
  CHECK(found(all).starts_with("wrong: a and b take writes: "));
  all[1].seen->role = all[0].seen->role = member_role::follower;
  CHECK(found(all) == "wrong: nobody takes writes: promote one of them\n");
  // Whom nobody has heard may lead.
  all[0].seen = failure(error_kind::lost, fault::server, "cannot be connected to");
  CHECK(found(all) == "wrong: a (a:5432): cannot be connected to\n");
}

TEST_CASE("what servers cannot do that is wanted of them") {
  auto all = shop();
  duties_of(all[0]).unfit = "is of a kind that waits for one follower at most";
  duties_of(all[1]).cannot_apply = "it cannot apply: no such table";
  duties_of(all[1]).remark = "its commits wait for nobody";
  CHECK(found(all) ==
        "wrong: a is of a kind that waits for one follower at most\n"
        "advice: b: it cannot apply: no such table\nadvice: b: its commits wait for nobody\n");
}

TEST_CASE("who comes back by hand alone, where the lead moves by itself") {
  auto all = shop();
  for (auto& each : all) each.follows_while_it_runs = false;
  all[1].hooks = all[2].hooks = true;
  CHECK(found(all).empty());
  CHECK(
      found(all, true) ==
      "advice: a has no hooks: if it loses the lead a person brings it back (`skein rejoin a`)\n");
}
