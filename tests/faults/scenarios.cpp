#include "tests/faults/scenarios.hpp"

#include <array>

namespace skein::servers::faults {
namespace {

using namespace std::chrono_literals;

double minutes_long = 10;

constexpr auto detect_after = 3s;  // the default of the settings
constexpr int full_disk_round = 3;

scene_options plain(int) {
  return {};
}
scene_options parted(int) {
  return {.parted = true};
}
scene_options with_small_disk(int) {
  return {.small_disk = true};
}
scene_options kept_by_quorum(int round) {
  return {.keeps = durability::quorum,
          .parted = true,
          .small_disk = round % 4 == full_disk_round && may_have_small_disks()};
}
scene_options without_fence(int) {
  return {.may_fence = false};
}

void killed(scene& at, int) {
  at.writers_write();
  at.pass(at.any(1s, 2s));
  at.kill_leader();
  at.wait_until_writes_are_taken();
  at.pass(1s);
}

void stopped(scene& at, int) {
  at.writers_write();
  at.pass(at.any(1s, 2s));
  at.freeze_leader();
  at.wait_until_writes_are_taken();
  at.pass(1s);
  at.leader_returns();
  at.pass(1s);
}

void cut_off(scene& at, int) {
  at.writers_write();
  at.pass(at.any(1s, 2s));
  at.cut_leader_off();
  at.wait_until_writes_are_taken();
  at.pass(1s);
  at.leader_returns();
  at.pass(1s);
}

// Who leads goes on to take writes, and is alive: its followers catch up later.
void cut_off_from_followers(scene& at, int) {
  at.writers_write();
  at.pass(at.any(1s, 2s));
  at.cut_leader_off_from_followers();
  at.pass(2 * detect_after);
  at.leader_returns();
  at.wait_until_writes_are_taken();
}

// Others reach it, so its followers hear of it: nobody else may lead.
void cut_off_from_skein(scene& at, int) {
  at.writers_write();
  at.writers_go_past_skein("a");
  at.pass(at.any(1s, 2s));
  at.cut_leader_off_from_skein();
  at.pass(2 * detect_after);
  at.leader_returns();
  at.wait_until_writes_are_taken();
  at.pass(500ms);
}

void full_disk(scene& at, int) {
  at.writers_write();
  at.pass(at.any(1s, 2s));
  at.fill_leaders_disk();
  at.wait_until_writes_are_taken();
  at.pass(500ms);
  at.leader_returns();
  at.pass(1s);
}

// Every way to lose a leader in turn. One follower applies late, and the old leader is back while
// the next one is being found.
void quorum(scene& at, int round) {
  at.delay("c", 5);
  at.writers_write();
  at.pass(at.any(1s, 2s));
  milliseconds noticed = detect_after + 300ms;
  switch (at.how.small_disk ? full_disk_round : round % full_disk_round) {
    case 0:
      at.kill_leader();
      noticed = 300ms;
      break;
    case 1:
      at.freeze_leader();
      break;
    case 2:
      at.cut_leader_off();
      break;
    case full_disk_round:
      at.fill_leaders_disk();
  }
  at.pass(noticed + at.any(0ms, 1200ms));
  at.leader_returns();
  at.wait_until_writes_are_taken();
  at.pass(1s);
}

// What followers had not received is lost. Who led has it all, and it can be told what it is.
void async(scene& at, int) {
  at.writers_write();
  at.pass(at.any(1s, 2s));
  at.cut_leader_off_from_followers();
  at.pass(at.any(300ms, 1500ms));
  at.kill_leader();
  at.wait_until_writes_are_taken();
  at.leader_returns();
  at.wait_until_outside("a");
}

// Clients that do not go through Skein hear from who led that it takes no more writes.
void fenced(scene& at, int) {
  at.writers_write();
  at.pass(1s);
  at.freeze_leader();
  at.wait_until_writes_are_taken();
  at.leader_returns();
  at.wait_until_takes_no_writes("a");
  at.writers_go_past_skein("a");
  at.pass(1s);
}

// The same, but that nothing stops them: what they are told is not true, and must be found.
void unfenced(scene& at, int) {
  at.writers_write();
  at.pass(1s);
  at.freeze_leader();
  at.wait_until_writes_are_taken();
  at.leader_returns();
  at.writers_go_past_skein("a");
  at.pass(1s);
}

// Who has a transaction under way ends it, who begins one waits: nobody hears of it.
void switchover(scene& at, int) {
  at.writers_write();
  at.pass(at.any(1s, 2s));
  at.move_lead_to("b");
  at.wait_until_writes_are_taken();
  at.pass(1s);
}

// Nobody has failed, and nobody may take over.
void restless(scene& at, int) {
  at.skeins_ways_are_slow(300ms);
  at.writers_write();
  const auto end = steady::now() + std::chrono::duration<double, std::ratio<60>>(minutes_long);
  for (auto stop_next = steady::now(); steady::now() < end;) {
    at.pass(100ms);
    for (const char* each : {"a", "b", "c"})
      if (at.any(1ms, 100ms) <= 5ms) at.reset_connections_to(each);
    if (steady::now() < stop_next) continue;
    at.freeze_leader();
    at.pass(at.any(200ms, detect_after - 500ms));
    at.thaw_leader();
    stop_next = steady::now() + at.any(5s, 15s);
  }
  at.wait_until_writes_are_taken();
}

constexpr promise as_dead{.first_write_median = 2s, .first_write_worst = 5s};
constexpr promise as_silent{.first_write_worst = detect_after + 2s};

constexpr std::array<scenario, 12> scenarios = {{
    {"killed", "the leader's processes are killed", plain, killed, as_dead},
    {"stopped", "the leader hangs (SIGSTOP), and goes on later", plain, stopped, as_silent},
    {"cut_off", "the leader is cut off from everybody, and is back later", parted, cut_off,
     as_silent},
    {"cut_off_from_followers",
     "only its followers do not reach the leader",
     parted,
     cut_off_from_followers,
     {.moves = 0}},
    {"cut_off_from_skein",
     "only Skein does not reach the leader; others write there",
     parted,
     cut_off_from_skein,
     {.moves = 0}},
    {"full_disk", "the leader's disk is full, and has room later (root only)", with_small_disk,
     full_disk, as_silent},
    {"quorum",
     "nothing acknowledged is lost: SIGKILL, SIGSTOP, partition and full disk in turn, with one"
     " follower 5 s behind and the old leader returning in mid-election",
     kept_by_quorum,
     quorum,
     {.moves = std::nullopt}},
    {"async",
     "what followers had not received is lost, and the old leader has it",
     parted,
     async,
     {}},
    {"fenced", "clients past Skein cannot write to an old leader", plain, fenced, {}},
    {"unfenced",
     "the checker fails when Skein may not fence an old leader",
     without_fence,
     unfenced,
     {.checker_fails = true}},
    {"switchover",
     "the lead is moved by an order, under load: nobody hears an error",
     plain,
     switchover,
     {.first_write_median = 1s, .no_errors = true}},
    {"restless",
     "300 ms of latency, resets, short SIGSTOPs: nobody takes over (--minutes)",
     parted,
     restless,
     {.moves = 0},
     true},
}};

}  // namespace

std::span<const scenario> all_scenarios() {
  return scenarios;
}

void set_minutes(double minutes) {
  minutes_long = minutes;
}

}  // namespace skein::servers::faults
