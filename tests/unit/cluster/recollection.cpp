// Who led before Skein was started, by what members say, a row a situation. A member is "leads" or
// "follows", with what it has of who led: "2b" is epoch 2, led by b.
#include "cluster/recollection.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace skein;
using namespace skein::cluster;
using namespace std::chrono_literals;

namespace {

const moment present = moment{} + 1h;

// "a leads 1a", "b follows a 1a", "c refuses", "b follows behind 1a", "a leads fenced 1a"
member_facts read(const std::string& told, std::size_t of) {
  std::istringstream words(told);
  member_facts out;
  out.met = contact::answers;
  out.examined = true;
  out.received = out.applied = {1, 10, "10", {}};
  words >> out.name;
  for (std::string each; words >> each;) {
    if (each == "leads") {
      out.role = member_role::leader;
    } else if (each == "follows") {
      out.role = member_role::follower;
    } else if (each == "a" || each == "b" || each == "c") {
      if (static_cast<std::size_t>(each[0] - 'a') != of) out.follows = each[0] - 'a';
    } else if (each == "behind") {
      out.applied.rank = 9;
    } else if (each == "refuses") {
      out.met = contact::refuses;
    } else if (each == "unseen") {
      out.met = contact::unseen;
    } else if (each == "unasked") {
      out.examined = false;
    } else if (each == "mute") {
      out.examined = false;
      out.unheard = "permission denied";
    } else if (each == "fenced") {
      out.fenced = true;
    } else if (each == "acknowledges") {
      out.acks = 1;
    } else {
      out.last_lead = lead_record{.epoch = std::stoul(each), .member = each.substr(1)};
    }
  }
  return out;
}

struct row {
  const char* title;
  std::vector<std::string> members;
  std::chrono::milliseconds waited;
  const char* does;  // "b 2, without a": b led in epoch 2, and a has lost the lead; "waits"
  const char* says;
};

std::string in_text(const situation& now, const recollection& told) {
  if (!told.over) return "waits";
  std::string text = told.leader ? now.members[*told.leader].name : "nobody";
  text += " " + std::to_string(told.epoch);
  for (const std::size_t each : told.outdated) text += ", without " + now.members[each].name;
  return text;
}

void check(const std::vector<row>& rows, const failover_policy& policy) {
  for (const row& each : rows) {
    CAPTURE(each.title);
    situation now{.now = present};
    for (std::size_t i = 0; i < each.members.size(); ++i)
      now.members.push_back(read(each.members[i], i));
    const recollection told = recollect(now, policy, present - each.waited);
    CHECK(in_text(now, told) == each.does);
    CHECK(told.why == std::string(each.says));
  }
}

}  // namespace

TEST_CASE("who led last is known by the highest epoch that is written down") {
  check({{"a new cluster",
          {"a leads", "b follows a", "c follows a"},
          0s,
          "nobody 0",
          "it is not known yet who leads"},
         {"all is well",
          {"a leads 3a", "b follows a 3a", "c follows a 3a"},
          0s,
          "a 3",
          "a led last, in epoch 3, by what a, b and c have of that"},
         {"who leads is dead",
          {"a refuses", "b follows 3a", "c follows 3a"},
          0s,
          "a 3",
          "a led last, in epoch 3, by what b and c have of that"},
         {"the old one came back, and both claim to lead",
          {"a leads 1a", "b leads 2b", "c follows b 2b"},
          0s,
          "b 2, without a",
          "b led last, in epoch 2, by what b and c have of that"},
         {"the old one came back, and the new one is dead",
          {"a leads 1a", "b refuses", "c follows 2b"},
          0s,
          "b 2, without a",
          "b led last, in epoch 2, by what c has of that"},
         {"the old one came back, fenced",
          {"a leads fenced 1a", "b leads 2b", "c follows b 2b"},
          0s,
          "b 2, without a",
          "b led last, in epoch 2, by what b and c have of that"},
         {"a server that was made anew",
          {"a leads", "b refuses", "c follows 2b"},
          0s,
          "b 2, without a",
          "b led last, in epoch 2, by what c has of that"},
         {"promoted, and not written down yet",
          {"a refuses", "b leads 1a", "c follows 1a"},
          0s,
          "a 1",
          "a led last, in epoch 1, by what b and c have of that"},
         {"moved to b, and not written down yet",
          {"a leads fenced 1a", "b leads 1a", "c follows 1a"},
          0s,
          "a 1, without a",
          "a led last, in epoch 1, by what a, b and c have of that"},
         {"fenced, and nobody promoted yet",
          {"a leads fenced 1a", "b follows 1a", "c follows 1a"},
          0s,
          "a 1",
          "a led last, in epoch 1, by what a, b and c have of that"},
         {"a person promoted one beside it",
          {"a leads 1a", "b leads 1a", "c follows 1a"},
          0s,
          "a 1",
          "a led last, in epoch 1, by what a, b and c have of that"}},
        {});
}

TEST_CASE("what nobody can tell is left to a person") {
  check(
      {{"who led is no member any more",
        {"a follows 4z", "b follows 4z", "c follows 4z"},
        0s,
        "nobody 4",
        "it is not known yet who leads: z, which led last, in epoch 4, is no member any more:"
        " promote one of them by hand"},
       {"two of one epoch",
        {"a leads 2a", "b leads 2b", "c follows 1a"},
        0s,
        "nobody 2",
        "it is not known yet who leads: a and b do not agree who led in epoch 2: a person must say"
        " which is right"}},
      {});
}

TEST_CASE("who may know of a later leader is waited for, and where nothing is lost not for ever") {
  check({{"nobody has been looked at",
          {"a leads 1a", "b unseen", "c unseen"},
          9s,
          "waits",
          "it is not known yet who leads: waiting for the first look at b"},
         {"nobody has been asked",
          {"a leads 1a", "b follows unasked", "c follows 1a"},
          9s,
          "waits",
          "it is not known yet who leads: b is being asked who led last"},
         {"one of three is gone",
          {"a leads 1a", "b refuses", "c follows a 1a"},
          0s,
          "a 1",
          "a led last, in epoch 1, by what a and c have of that"},
         {"two of three are gone",
          {"a leads 1a", "b refuses", "c refuses"},
          500ms,
          "waits",
          "it is not known yet who leads: b and c, or one of them, may know of a later leader, and"
          " cannot be asked for 500 ms"},
         {"two of three are gone for long",
          {"a leads 1a", "b refuses", "c refuses"},
          3s,
          "a 1",
          "a led last, in epoch 1, by what a has of that"},
         {"one of two is gone",
          {"a leads 1a", "b refuses"},
          1s,
          "waits",
          "it is not known yet who leads: b may know of a later leader, and cannot be asked for"
          " 1 s"},
         {"we may not ask",
          {"a leads mute", "b follows mute", "c follows mute"},
          4s,
          "nobody 0",
          "it is not known yet who leads"},
         {"one has yet to apply what it has received",
          {"a leads 1a", "b follows behind 1a", "c refuses"},
          1s,
          "waits",
          "it is not known yet who leads: b and c, or one of them, may know of a later leader, and"
          " cannot be asked for 1 s"},
         {"one that follows who leads is always a little behind",
          {"a leads 1a", "b follows behind a 1a", "c refuses"},
          0s,
          "a 1",
          "a led last, in epoch 1, by what a and b have of that"},
         {"what was acknowledged may be elsewhere",
          {"a leads acknowledges 1a", "b refuses", "c refuses"},
          1min,
          "waits",
          "it is not known yet who leads: b and c, or one of them, may know of a later leader, and"
          " cannot be asked: what was acknowledged may be there alone"},
         {"who acknowledged is among those that were asked",
          {"a refuses", "b follows acknowledges 1a", "c follows 1a"},
          0s,
          "a 1",
          "a led last, in epoch 1, by what b and c have of that"}},
        {});
  check({{"it goes on with fewer",
          {"a leads acknowledges 1a", "b refuses", "c refuses"},
          3s,
          "a 1",
          "a led last, in epoch 1, by what a has of that"}},
        {.assured = 1, .degrade = true});
}

TEST_CASE("people hear what is known by what was written down alone, and what could not be") {
  situation now{.members = {read("a leads 3a", 0)}, .led = lead{.member = 0, .epoch = 3}};
  decision made{.why = "a leads"};
  add_what_is_recalled(now, made);
  CHECK(made.why == "a leads");
  now.members[0].unrecorded = "no room";
  add_what_is_recalled(now, made);
  CHECK(made.what == step::wait);
  CHECK(made.why ==
        "a leads; a Skein that is restarted will not know that, for it could not be written down:"
        " no room");
  now.members[0].unrecorded.clear();
  now.led->recalled = true;
  made = {.what = step::promote, .why = "b is to lead"};
  add_what_is_recalled(now, made);
  CHECK(made.why ==
        "b is to lead; that a led last, in epoch 3, is known by what was written down, and not how"
        " much is lost");
}
