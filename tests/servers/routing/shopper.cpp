#include "tests/servers/routing/shopper.hpp"

#include <utility>

namespace skein::servers::freshness {
namespace {

using namespace std::chrono_literals;

// Longer than any strike and Skein's own deadlines together.
constexpr auto patience = 20s;

constexpr int sessions_per_client = 1'000'000;

instant now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

std::string table_sql(std::size_t clients) {
  return "create table freshness (id int primary key, v bigint not null);"
         "insert into freshness select n, 0 from generate_series(0, " +
         std::to_string(clients) + ") n";
}

shopper::shopper(std::size_t number, std::uint64_t seed, workload what, way to)
    : number_(number),
      what_(what),
      to_(std::move(to)),
      random_(seed + number),
      thread_(&shopper::run, this) {}

shopper::~shopper() {
  stop();
}

void shopper::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

// Operations fall due at random, and who is late does not rest: so some follow each other at once.
void shopper::run() {
  const auto rest_max_us = static_cast<std::uint64_t>(2e6 / what_.paced_per_second);
  for (auto due = now(); !stopping_; due += std::chrono::microseconds(below(rest_max_us + 1))) {
    std::this_thread::sleep_until(due);
    if (below(100) < what_.writes_percent) {
      write(connections_[writes_begun_++ % 2]);
    } else {
      read(connections_[below(2)]);
    }
  }
  for (auto& each : connections_) each.open.reset();
}

bool shopper::connect(connection& one) {
  try {
    one.open = std::make_unique<door>(to_, " application_name=shopper" + std::to_string(number_));
  } catch (const pg_refusal& refusal) {
    std::this_thread::sleep_for(20ms);
    return note("login " + refusal.sqlstate, refusal.what());
  }
  one.session = static_cast<int>(number_) * sessions_per_client + sessions_begun_++;
  return true;
}

void shopper::write(connection& on) {
  if (on.open == nullptr && !connect(on)) return;
  const auto row = below(4) == 0 ? 0 : number_;
  bool well = false;
  switch (below(6)) {
    case 0:
      well = write_in_block(on, row);
      break;
    case 1:
      well = write_in_pipeline(on, row, false);
      break;
    case 2:
      well = write_in_pipeline(on, row, true);
      break;
    default:
      well = write_alone(on, row);
  }
  if (!well) on.open.reset();
}

void shopper::read(connection& on) {
  if (on.open == nullptr && !connect(on)) return;
  bool well = false;
  switch (below(8)) {
    case 0:
      well = read_in_block(on);
      break;
    case 1:
      well = read_in_pipeline(on);
      break;
    default:
      well = read_alone(on);
  }
  if (!well) on.open.reset();
}

bool shopper::write_alone(connection& on, std::size_t row) {
  auto one = begun(on, row);
  auto& to = on.open->writer();
  send_write(to, any_protocol(), row);
  if (!take_write(to, one)) return false;
  told_.push_back(one);
  return true;
}

// What the block saw is history only when it has committed: until then its own write may vanish.
bool shopper::write_in_block(connection& on, std::size_t row) {
  auto& to = on.open->writer();
  if (!say(to, "begin")) return false;
  auto changed = begun(on, row);
  send_write(to, any_protocol(), row);
  if (!take_write(to, changed)) return false;
  auto looked = begun(on);
  looked.may_follow = false;
  send_read(to, any_protocol());
  if (!take_read(to, looked) || !say(to, "commit")) return false;
  changed.heard = now();
  told_.push_back(changed);
  told_.push_back(looked);
  return true;
}

// A write and a read, all sent before anything is heard: in one transaction, or the read behind a
// Sync, a transaction by itself.
bool shopper::write_in_pipeline(connection& on, std::size_t row, bool in_one) {
  auto& to = on.open->writer();
  PQenterPipelineMode(to.raw());
  auto changed = begun(on, row);
  send_write(to, below(2) == 0 ? protocol::extended : protocol::prepared, row);
  if (!in_one) PQpipelineSync(to.raw());
  auto looked = begun(on);
  // Behind a Sync a follower may serve it, but only once it has what precedes it.
  looked.may_follow = !in_one;
  send_read(to, below(2) == 0 ? protocol::extended : protocol::prepared);
  PQpipelineSync(to.raw());
  if (!take_write(to, changed)) return false;
  if (!in_one) {
    if (!take_plain(to)) return false;
    changed.heard = now();
    told_.push_back(changed);
  }
  if (!take_read(to, looked) || !take_plain(to)) return false;
  if (in_one) {
    changed.heard = now();
    told_.push_back(changed);
  }
  told_.push_back(looked);
  return PQexitPipelineMode(to.raw()) == 1;
}

bool shopper::read_alone(connection& on) {
  auto one = begun(on);
  auto& to = on.open->next_reader();
  send_read(to, any_protocol());
  if (!take_read(to, one)) return false;
  told_.push_back(one);
  return true;
}

bool shopper::read_in_block(connection& on) {
  const bool read_only = below(2) == 0;
  auto& to = read_only ? on.open->next_reader() : on.open->writer();
  if (!say(to, read_only ? "begin read only" : "begin")) return false;
  for (int count = 0; count < 2; ++count) {
    auto one = begun(on);
    one.may_follow = read_only;
    send_read(to, any_protocol());
    if (!take_read(to, one)) return false;
    told_.push_back(one);
  }
  return say(to, "commit");
}

bool shopper::read_in_pipeline(connection& on) {
  auto& to = on.open->next_reader();
  PQenterPipelineMode(to.raw());
  std::array<operation, 2> both;
  for (auto& one : both) {
    one = begun(on);
    send_read(to, below(2) == 0 ? protocol::extended : protocol::prepared);
    PQpipelineSync(to.raw());
  }
  for (auto& one : both) {
    if (!take_read(to, one) || !take_plain(to)) return false;
    told_.push_back(one);
  }
  return PQexitPipelineMode(to.raw()) == 1;
}

operation shopper::begun(const connection& on, std::size_t row) const {
  return {.session = on.session, .sent = now(), .heard = {}, .row = row};
}

bool shopper::take_write(pg_session& from, operation& into) {
  const auto heard = from.finish(patience);
  into.heard = now();
  if (!heard.ok()) return note(heard.sqlstate, heard.text);
  if (heard.lines.size() != 1) return note("odd", "a write did not change one row");
  into.value = std::stoll(heard.lines[0][0].value());
  return true;
}

bool shopper::take_read(pg_session& from, operation& into) {
  const auto heard = from.finish(patience);
  into.heard = now();
  if (!heard.ok()) return note(heard.sqlstate, heard.text);
  for (const auto& line : heard.lines) {
    if (line[0] != std::to_string(into.seen.size())) return note("odd", "a read lacks a row");
    into.seen.push_back(std::stoll(line[1].value()));
  }
  if (into.seen.size() != what_.clients + 1) return note("odd", "a read has not all rows");
  return true;
}

bool shopper::take_plain(pg_session& from) {
  const auto heard = from.finish(patience);
  return heard.ok() || note(heard.sqlstate, heard.text);
}

bool shopper::say(pg_session& to, const char* sql) {
  PQsendQuery(to.raw(), sql);
  return take_plain(to);
}

bool shopper::note(const std::string& sqlstate, const std::string& text) {
  ++error_count_;
  errors_.try_emplace(sqlstate, text);
  return false;
}

}  // namespace skein::servers::freshness
