#include "tests/faults/several_scenarios.hpp"

#include <array>

namespace skein::servers::faults {
namespace {

using namespace std::chrono_literals;

constexpr auto detect_after = 3s;  // the default of the settings
constexpr auto longer_than_the_lease = several::lease + 2s;

// In turn the one that decides, and one that does not.
std::size_t in_turn(const several& at, int round) {
  return round % 2 == 0 ? at.one_that_obeys() : at.decider();
}

void leader_killed(several& at, int) {
  at.writers_write();
  at.pass(at.any(1s, 2s));
  at.kill_leader();
  at.wait_until_writes_are_taken();
  at.pass(1s);
}

// Its lease must run out before another may decide.
void leader_and_decider_killed(several& at, int round) {
  at.writers_write();
  at.pass(at.any(1s, 2s));
  const auto who = at.decider();
  if (round % 2 == 0) at.kill(who);
  at.kill_leader();
  if (round % 2 != 0) {
    at.pass(at.any(0ms, 800ms));  // in the midst of what it does
    at.kill(who);
  }
  at.wait_until_writes_are_taken(at.all_but(who));
  at.comes_back(who);
  at.wait_until_writes_are_taken();
  at.pass(1s);
}

// The leader is alive, and the one that was paused still reaches it, alone: what its clients write
// there when it goes on would be acknowledged by the server.
void paused(several& at, int round) {
  at.writers_write();
  at.pass(at.any(1s, 2s));
  const auto who = in_turn(at, round);
  at.pause(who);
  at.cut_leader_off_from_all_but(who);
  at.wait_until_writes_are_taken(at.all_but(who));
  at.pass(8s - std::min<milliseconds>(8s, at.now() - *at.struck));
  at.goes_on(who);
  at.pass(1s);
  at.leader_returns();
  at.wait_until_writes_are_taken();
  at.pass(1s);
}

void cut_off_from_etcd(several& at, int round) {
  at.writers_write();
  at.pass(at.any(1s, 2s));
  const auto who = in_turn(at, round);
  at.cut_off_from_etcd(who);
  at.pass(longer_than_the_lease);
  at.wait_until_status_says(who, "etcd");
  at.wait_until_writes_are_taken(at.all_but(who));
  at.wait_until_reads_go_on({who});
  at.none_was_acknowledged({who}, *at.struck, "by a Skein that was cut off from etcd");
  at.is_reached_again(who);
  at.wait_until_writes_are_taken();
  at.pass(1s);
}

void cut_off_from_all(several& at, int round) {
  at.writers_write();
  at.pass(at.any(1s, 2s));
  const auto who = in_turn(at, round);
  at.cut_off_from_all(who);
  at.pass(longer_than_the_lease);
  at.wait_until_writes_are_taken(at.all_but(who));
  at.is_reached_again(who);
  at.wait_until_writes_are_taken();
  at.pass(1s);
}

void etcd_leader_killed(several& at, int) {
  at.writers_write();
  at.pass(at.any(1s, 2s));
  at.kill_leader_of_etcd();
  at.pass(longer_than_the_lease);
  at.wait_until_writes_are_taken();
}

void etcd_gone(several& at, int) {
  at.writers_write();
  at.pass(at.any(1s, 2s));
  at.kill_etcd();
  at.pass(longer_than_the_lease);
  for (const std::size_t each : {0UZ, 1UZ, 2UZ}) at.wait_until_status_says(each, "etcd");
  at.wait_until_reads_go_on({0, 1, 2});
  at.none_was_acknowledged({0, 1, 2}, *at.struck, "while etcd was away");
  at.etcd_returns();
  at.wait_until_writes_are_taken();
  at.pass(1s);
}

// Nobody who writes hears of it, wherever it was asked for.
void switchover(several& at, int round) {
  at.writers_write();
  at.pass(at.any(1s, 2s));
  at.ask_for_lead(in_turn(at, round), "b");
  at.wait_until_writes_are_taken();
  at.pass(1s);
}

constexpr several_options lossless{};
constexpr several_options quick{.keeps = durability::async};
constexpr several_options unparted{.parted = false};
constexpr several_options at_odds{.keeps = durability::async, .agree = false};

constexpr std::array<several_scenario, 9> scenarios = {{
    {"several_killed", "the leader is killed", lossless, leader_killed, {.first_write_worst = 10s}},
    {"several_both_killed",
     "the leader is killed, and the Skein that decides, which comes back",
     lossless,
     leader_and_decider_killed,
     {.first_write_worst = several::lease + 10s}},
    {"several_paused",
     "a Skein stands still (SIGSTOP) for 8 s, and the leader that it alone reaches is replaced",
     quick,
     paused,
     {.first_write_worst = several::lease + detect_after + 10s}},
    {"several_cut_off_from_etcd",
     "a Skein cannot reach etcd: its clients' writes stop with its lease, all others go on",
     lossless,
     cut_off_from_etcd,
     {.moves = 0}},
    {"several_cut_off",
     "a Skein can reach neither etcd nor the members",
     lossless,
     cut_off_from_all,
     {.moves = 0}},
    {"several_etcd_leader_killed",
     "the leader of etcd's servers is killed: nobody hears an error",
     lossless,
     etcd_leader_killed,
     {.moves = 0, .no_errors = true}},
    {"several_etcd_gone",
     "all of etcd is away, and comes back: writes stop and go on, reads go on",
     lossless,
     etcd_gone,
     {.moves = 0}},
    {"several_switchover",
     "the lead is moved by an order, given to a Skein that decides or does not: nobody hears of it",
     unparted,
     switchover,
     {.no_errors = true}},
    {"several_at_odds",
     "the checker fails when each Skein decides for itself",
     at_odds,
     paused,
     {.checker_fails = true}},
}};

}  // namespace

std::span<const several_scenario> several_scenarios() {
  return scenarios;
}

}  // namespace skein::servers::faults
