#include "tests/servers/routing/shopper.hpp"

#include <utility>

namespace skein::servers::freshness {
namespace {

using namespace std::chrono_literals;

constexpr int sessions_per_client = 1'000'000;

instant now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

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
    one.open = std::make_unique<door>(to_, "shopper" + std::to_string(number_));
  } catch (const refusal& why) {
    std::this_thread::sleep_for(20ms);
    return note("login " + why.code, why.what());
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
  to.send_write(any_protocol(), row);
  if (!take_write(to, one)) return false;
  told_.push_back(one);
  return true;
}

// What the block saw is history only when it has committed: until then its own write may vanish.
bool shopper::write_in_block(connection& on, std::size_t row) {
  auto& to = on.open->writer();
  if (!begin(to, false)) return false;
  auto changed = begun(on, row);
  to.send_write(any_protocol(), row);
  if (!take_write(to, changed)) return false;
  auto looked = begun(on);
  looked.may_follow = false;
  to.send_read(any_protocol());
  if (!take_read(to, looked) || !commit(to)) return false;
  changed.heard = now();
  told_.push_back(changed);
  told_.push_back(looked);
  return true;
}

// A write and a read, all sent before anything is heard: in one transaction, or the read behind a
// Sync, a transaction by itself.
bool shopper::write_in_pipeline(connection& on, std::size_t row, bool in_one) {
  auto& to = on.open->writer();
  if (!to.begin_pipeline()) return write_alone(on, row);
  auto changed = begun(on, row);
  to.send_write(below(2) == 0 ? protocol::extended : protocol::prepared, row);
  if (!in_one) to.sync();
  auto looked = begun(on);
  // Behind a Sync a follower may serve it, but only once it has what precedes it.
  looked.may_follow = !in_one;
  to.send_read(below(2) == 0 ? protocol::extended : protocol::prepared);
  to.sync();
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
  return to.end_pipeline();
}

bool shopper::read_alone(connection& on) {
  auto one = begun(on);
  auto& to = on.open->next_reader();
  to.send_read(any_protocol());
  if (!take_read(to, one)) return false;
  told_.push_back(one);
  return true;
}

bool shopper::read_in_block(connection& on) {
  const bool read_only = below(2) == 0;
  auto& to = read_only ? on.open->next_reader() : on.open->writer();
  if (!begin(to, read_only)) return false;
  for (int count = 0; count < 2; ++count) {
    auto one = begun(on);
    one.may_follow = read_only;
    to.send_read(any_protocol());
    if (!take_read(to, one)) return false;
    told_.push_back(one);
  }
  return commit(to);
}

bool shopper::read_in_pipeline(connection& on) {
  auto& to = on.open->next_reader();
  if (!to.begin_pipeline()) return read_alone(on);
  std::array<operation, 2> both;
  for (auto& one : both) {
    one = begun(on);
    to.send_read(below(2) == 0 ? protocol::extended : protocol::prepared);
    to.sync();
  }
  for (auto& one : both) {
    if (!take_read(to, one) || !take_plain(to)) return false;
    told_.push_back(one);
  }
  return to.end_pipeline();
}

operation shopper::begun(const connection& on, std::size_t row) const {
  return {.session = on.session, .sent = now(), .heard = {}, .row = row};
}

bool shopper::take_write(session& from, operation& into) {
  const auto heard = from.finish();
  into.heard = now();
  if (!heard.ok()) return note(heard.code, heard.text);
  if (heard.lines.size() != 1) return note("odd", "a write did not change one row");
  into.value = std::stoll(heard.lines[0][0].value());
  return true;
}

bool shopper::take_read(session& from, operation& into) {
  const auto heard = from.finish();
  into.heard = now();
  if (!heard.ok()) return note(heard.code, heard.text);
  for (const auto& line : heard.lines) {
    if (line[0] != std::to_string(into.seen.size())) return note("odd", "a read lacks a row");
    into.seen.push_back(std::stoll(line[1].value()));
  }
  if (into.seen.size() != what_.clients + 1) return note("odd", "a read has not all rows");
  if (heard.lines[0].size() > 2) ++served_[heard.lines[0][2].value()];
  return true;
}

bool shopper::take_plain(session& from) {
  const auto heard = from.finish();
  return heard.ok() || note(heard.code, heard.text);
}

bool shopper::begin(session& to, bool read_only) {
  to.send_begin(read_only);
  return take_plain(to);
}

bool shopper::commit(session& to) {
  to.send_commit();
  return take_plain(to);
}

bool shopper::note(const std::string& code, const std::string& text) {
  ++error_count_;
  errors_.try_emplace(code, text);
  return false;
}

}  // namespace skein::servers::freshness
