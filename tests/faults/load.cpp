#include "tests/faults/load.hpp"

#include <algorithm>

#include "tests/faults/wire.hpp"

namespace skein::servers::faults {
namespace {

using namespace std::chrono_literals;

constexpr int block_every = 4;  // writes: one that is a transaction of several statements
constexpr auto reading_pace = 5ms;

std::string insert_sql(const tongue& in, const write& one) {
  return "insert into numbered values (" + std::to_string(one.client) + ", " +
         std::to_string(one.number) +
         (in.which == engine::postgres ? ", inet_server_port())" : ", @@port)");
}

// A failed statement before the commit, and one that was never sent, left nothing.
outcome put(const tongue& in, wire& over, const write& one, reaction& heard) {
  const auto judge = [&](bool commits) {
    if (heard.ok()) return outcome::acknowledged;
    return commits && leaves_in_doubt(in, heard) ? outcome::in_doubt : outcome::refused;
  };
  if (one.number % block_every != 0) {
    heard = over.say(insert_sql(in, one));
    return judge(true);
  }
  heard = over.say("begin");
  if (heard.ok()) heard = over.say(insert_sql(in, one));
  if (!heard.ok()) return judge(false);
  heard = over.say("commit");
  return judge(true);
}

}  // namespace

struct load::writer {
  int client = 0;
  mutable std::mutex mutex = {};
  std::vector<write> told = {};
};

load::load(const tongue& in, load_settings how) : in_(in), how_(how) {
  for (int index = 0; index < how_.writers; ++index) {
    writers_.push_back(std::make_unique<writer>());
    writers_.back()->client = how_.first_client + index;
  }
  for (auto& each : writers_) threads_.emplace_back(&load::write_on, this, std::ref(*each));
  for (int index = 0; index < how_.readers; ++index)
    threads_.emplace_back(&load::read_on, this, index);
}

load::~load() {
  stop();
}

void load::stop() {
  stopping_ = true;
  for (auto& each : threads_) each.join();
  threads_.clear();
}

milliseconds load::now() const {
  return std::chrono::duration_cast<milliseconds>(steady::now() - how_.begun);
}

bool load::has_acknowledged_since(steady::time_point when) const {
  return latest_ > when.time_since_epoch().count();
}

std::vector<write> load::told() const {
  std::vector<write> all;
  for (const auto& each : writers_) {
    const std::lock_guard lock(each->mutex);
    all.insert(all.end(), each->told.begin(), each->told.end());
  }
  return all;
}

heard_errors load::errors() const {
  const std::lock_guard lock(mutex_);
  return errors_;
}

void load::note(const std::string& code, const std::string& text) {
  const std::lock_guard lock(mutex_);
  auto& error = errors_[code];
  if (++error.times == 1) error.text = text;
}

// Each has its share of the pace, and does not catch up with what it could not do in time.
void load::write_on(writer& one) {
  std::unique_ptr<wire> over;
  const auto share = how_.writes_per_second > 0
                         ? std::chrono::duration_cast<steady::duration>(
                               std::chrono::duration<double>(how_.writers / how_.writes_per_second))
                         : steady::duration{0};
  auto due = steady::now() + share * (one.client - how_.first_client) / how_.writers;
  for (std::int64_t number = 1; !stopping_;) {
    std::this_thread::sleep_until(due);
    due = std::max(due + share, steady::now() - 100ms);
    reaction heard;
    if (!over) over = open_wire(in_.which, how_.port, heard);
    if (!over) {
      note("login " + heard.code, heard.text);
      std::this_thread::sleep_for(10ms);
      continue;
    }
    write made{.client = one.client, .number = number++, .sent = now()};
    const auto sent = steady::now();
    made.what = put(in_, *over, made, heard);
    made.answered = now();
    if (made.what == outcome::acknowledged) {
      ++acknowledged_;
      auto before = latest_.load();
      const auto mine = sent.time_since_epoch().count();
      while (before < mine && !latest_.compare_exchange_weak(before, mine)) {
      }
    } else {
      note(heard.code, heard.text);
      over.reset();
    }
    const std::lock_guard lock(one.mutex);
    one.told.push_back(made);
  }
}

// A number of goods is its id, for ever.
void load::read_on(int number) {
  std::unique_ptr<wire> over;
  for (int id = number; !stopping_; id = (id + 7) % 100) {
    std::this_thread::sleep_for(reading_pace);
    reaction heard;
    if (!over) over = open_wire(in_.which, how_.port, heard);
    if (over) heard = over->say("select n from goods where id = " + std::to_string(id + 1));
    if (heard.ok()) {
      ++reads_;
      if (heard.value != std::to_string(id + 1)) ++wrong_reads_;
      continue;
    }
    note("read " + heard.code, heard.text);
    over.reset();
    std::this_thread::sleep_for(10ms);
  }
}

}  // namespace skein::servers::faults
