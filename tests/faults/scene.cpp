#include "tests/faults/scene.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "tests/faults/reading_back.hpp"
#include "tests/faults/wire.hpp"
#include "tests/servers/lead_mover.hpp"
#include "tests/servers/mysql/client.hpp"
#include "tests/servers/mysql/tree.hpp"
#include "tests/servers/waiting.hpp"

namespace skein::servers::faults {
namespace {

using namespace std::chrono_literals;

constexpr auto peak_time = 2s;
constexpr auto admin_token = "orders";

// One other member must have received what is acknowledged. Skein does not set this yet.
std::vector<std::string> settings_of(engine which, durability keeps) {
  if (keeps == durability::async) return {};
  switch (which) {
    case engine::postgres:
      return {"synchronous_standby_names = 'ANY 1 (a, b, c)'"};
    case engine::mariadb:
      return {"rpl_semi_sync_slave_enabled = ON"};
    case engine::mysql:
      return {"plugin_dir = " + (mysql::tree() / "usr/lib/mysql/plugin").string(),
              "plugin_load_add = semisync_source.so", "plugin_load_add = semisync_replica.so",
              "rpl_semi_sync_replica_enabled = ON"};
  }
  std::unreachable();
}

cluster start_cluster(engine which, const scene_options& how) {
  return cluster::start(which, {.followers = 2,
                                .relayed = how.parted,
                                .server = {.settings = settings_of(which, how.keeps)}});
}

}  // namespace

scene::scene(engine which, scene_options options, std::uint64_t seed)
    : stage(seed),
      in(tongue_of(which)),
      how(std::move(options)),
      members(start_cluster(which, how)) {
  make_goods(members);
  members.leader().query_as(app, table_sql);
  make_lead_mover(members);
  members.wait_until_caught_up();
  if (!how.may_fence) withhold_fence();
  if (how.small_disk) {
    auto& a = members.member("a");
    a.stop();
    // Who writes its log only in advance is full when it needs a new piece of it.
    const bool log_alone = which == engine::postgres;
    disk_ = std::make_unique<small_disk>(log_alone ? a.data() / "pg_wal" : a.data(),
                                         log_alone ? 128 : 400);
    a.start();
    for (const char* each : {"b", "c"})
      wait_until([&] { return members.member(each).is_receiving(); }, 30s, "followers are back");
  }
  if (how.keeps == durability::quorum) have_leader_wait();
  skein.emplace(members, skein_options{.health = "database: app",
                                       .pool_wait = 20s,
                                       .health_interval = 200ms,
                                       .health_timeout = 2000ms,
                                       .linked = how.parted,
                                       .routing = "reads: followers",
                                       .failover = how.failover + ", " + moves_lead_as(),
                                       .admin = "token: " + std::string(admin_token)});
  chronicle_.emplace(*skein, admin_token, begun_);
}

scene::~scene() {
  load_.reset();
  past_skein_.reset();
  chronicle_.reset();
  skein.reset();
  if (disk_ && members.member("a").is_running()) members.member("a").kill();
  disk_.reset();
}

// Of semi-sync the half that waits. A follower that has it, too, waits for ever for followers of
// its own when it applies something; so it is for who leads alone, and whoever is promoted needs it
// then.
void scene::have_leader_wait() {
  if (in.which == engine::postgres) return;
  const bool of_mariadb = in.which == engine::mariadb;
  const std::string side = of_mariadb ? "master" : "source";
  auto& a = members.member("a");
  a.query("set global rpl_semi_sync_" + side + "_timeout = 1000000000");
  a.query("set global rpl_semi_sync_" + side + "_wait_point = 'AFTER_SYNC'");
  a.query("set global rpl_semi_sync_" + side + "_enabled = 1");
  // They say that they acknowledge when they connect.
  const std::string word = of_mariadb ? "slave" : "replica";
  for (const char* each : {"b", "c"}) {
    members.member(each).query("stop " + word + " io_thread");
    members.member(each).query("start " + word + " io_thread");
  }
  wait_until(
      [&] {
        const auto told = a.query("show global status like 'Rpl_semi_sync_" + side + "_clients'");
        return !told.empty() && told[0][1] == "2";
      },
      30s, "both followers acknowledge");
}

// Only who led first needs it, for the others may yet have to be promoted with the same right.
void scene::withhold_fence() {
  auto& a = members.member("a");
  if (in.which == engine::postgres) {
    a.query("revoke alter system on parameter synchronous_standby_names from " + lead_mover.user);
    members.wait_until_caught_up();
    return;
  }
  mysql::client alone({"tcp://127.0.0.1:" + std::to_string(a.port()), a.admin()});
  const std::string right =
      in.which == engine::mariadb ? "read_only admin" : "system_variables_admin";
  for (const std::string& each : {std::string("set sql_log_bin = 0"),
                                  "revoke " + right + " on *.* from '" + lead_mover.user + "'@'%'"})
    if (const auto done = alone.ask(each); !done.ok()) throw std::runtime_error(done.text);
}

// What it writes is in a table of its own numbers: below 0.
double scene::measure_peak(int writers) {
  using kind = std::tuple<engine, durability, bool, bool>;
  static std::map<kind, double> known;
  double& peak = known[{in.which, how.keeps, how.parted, how.small_disk}];
  if (peak > 0) return peak;
  load trial(in, {.port = skein->port(), .first_client = 1, .writers = writers, .begun = begun_});
  wait_until([&] { return trial.acknowledged() > 100; }, 30s, "the load is under way");
  const auto from = steady::now();
  const auto before = trial.acknowledged();
  std::this_thread::sleep_for(peak_time);
  const auto made = static_cast<double>(trial.acknowledged() - before);
  peak = made / std::chrono::duration<double>(steady::now() - from).count();
  trial.stop();
  members.leader().query_as(app, "delete from numbered");
  members.wait_until_caught_up();
  return peak;
}

void scene::writers_write(double share, int writers) {
  peak_per_second = measure_peak(writers);
  load_began_ = now();
  load_ = std::make_unique<load>(in, load_settings{.port = skein->port(),
                                                   .writers = writers,
                                                   .writes_per_second = peak_per_second * share,
                                                   .begun = begun_});
  wait_until([&] { return load_->acknowledged() > 0; }, 30s, "the first write is acknowledged");
}

void scene::writers_go_past_skein(const std::string& member) {
  past_skein_ = std::make_unique<load>(in, load_settings{.port = members.member(member).port(),
                                                         .first_client = 1001,
                                                         .writers = 2,
                                                         .readers = 0,
                                                         .writes_per_second = 100,
                                                         .begun = begun_});
}

void scene::writers_are_done() {
  if (load_) load_->stop();
  if (past_skein_) past_skein_->stop();
}

void scene::kill_leader() {
  strike();
  members.member("a").kill();
  nobody_listens_at("a");
}

// As where nothing stands between: a link would let everybody in, and then close.
void scene::nobody_listens_at(const std::string& member) {
  if (!how.parted) return;
  for (const char* from : {"skein", "b", "c"}) members.link(from, member).refuse();
}

void scene::freeze_leader() {
  strike();
  members.member("a").freeze();
}

void scene::thaw_leader() {
  members.member("a").thaw();
}

void scene::cut_leader_off() {
  strike();
  members.isolate("a");
}

void scene::cut_leader_off_from_followers() {
  strike();
  for (const char* each : {"b", "c"}) members.part("a", each);
}

void scene::cut_leader_off_from_skein() {
  strike();
  members.part("a", "skein");
}

void scene::fill_leaders_disk() {
  strike();
  disk_->fill();
  if (in.which != engine::postgres) return;
  // What is left of the piece of its log that it has would do for a long time.
  try {
    for (int piece = 0; piece < 20; ++piece)
      members.leader().query(
          "select pg_logical_emit_message(false, 'full', 'disk'), pg_switch_wal()");
  } catch (const std::exception&) {  // it has crashed
  }
  wait_until([&] { return !members.leader().is_running(); }, 20s, "a has given up");
  nobody_listens_at("a");
}

void scene::leader_returns() {
  auto& a = members.member("a");
  members.heal();
  if (disk_) disk_->free_up();
  if (a.is_running()) a.thaw();
  // One whose disk was full may be about to end.
  if (disk_ && in.which == engine::postgres)
    wait_until([&] { return !a.is_running() || !a.query("select 1").empty(); }, 20s,
               "a has ended, or goes on");
  if (!a.is_running()) a.launch();
}

void scene::move_lead_to(const std::string& member) {
  strike();
  const auto told = skein->command(
      {"switchover", skein->settings_file().string(), "--to", member, "--leave-outside"});
  if (told.exit_code != 0) throw std::runtime_error("no switchover: " + told.output + told.errors);
}

// It receives at once, and applies late.
void scene::delay(const std::string& follower, int seconds) {
  auto& late = members.member(follower);
  const std::string time = std::to_string(seconds);
  if (in.which == engine::postgres) {
    late.query("alter system set recovery_min_apply_delay = '" + time + "s'");
    late.query("select pg_reload_conf()");
    return;
  }
  const bool of_mariadb = in.which == engine::mariadb;
  const std::string word = of_mariadb ? "slave" : "replica";
  const std::string part = of_mariadb ? "" : " sql_thread";  // MariaDB wants all of it to stop
  late.query("stop " + word + part);
  late.query(of_mariadb ? "change master to master_delay = " + time
                        : "change replication source to source_delay = " + time);
  late.query("start " + word + part);
}

void scene::skeins_ways_are_slow(milliseconds there_and_back) {
  for (const auto& each : members.names())
    members.link("skein", each).set_latency(there_and_back / 2);
}

void scene::reset_connections_to(const std::string& member) {
  members.link("skein", member).reset_all();
}

void scene::wait_until_writes_are_taken(milliseconds patience) {
  const auto from = steady::now();
  wait_until([&] { return load_->has_acknowledged_since(from); }, patience,
             "writes are taken again");
}

// By what would change nothing if it were taken.
void scene::wait_until_takes_no_writes(const std::string& member) {
  const auto refuses = [&] {
    reaction heard;
    const auto past = open_wire(in.which, members.member(member).port(), heard);
    return !past || !past->say("delete from goods where id = 0").ok();
  };
  wait_until(refuses, 40s, member + " takes no writes");
}

void scene::wait_until_outside(const std::string& member) {
  wait_until([&] { return stays_outside(status(), member); }, 40s,
             "the status says why " + member + " does not follow");
}

bool scene::hears(const std::string& text) const {
  return status().find(text) != std::string::npos;
}

std::string scene::status() const {
  return skein->get("/status", admin_token).body;
}

}  // namespace skein::servers::faults
