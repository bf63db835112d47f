#include "tests/servers/coordination/fellow.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace skein::servers {

using namespace std::chrono_literals;
using namespace coordination;

std::optional<std::uint64_t> late_epoch(const std::vector<ledger>& all) {
  std::map<std::uint64_t, acknowledged_writes> joined;
  for (const ledger& each : all) {
    for (const auto& [epoch, writes] : each) {
      const auto [at, is_new] = joined.emplace(epoch, writes);
      if (is_new) continue;
      at->second.first = std::min(at->second.first, writes.first);
      at->second.last = std::max(at->second.last, writes.last);
    }
  }
  boot_time newest{};
  for (const auto& [epoch, writes] : joined) {
    // Of any earlier one, not of the last alone.
    if (newest >= writes.first) return epoch;
    newest = std::max(newest, writes.last);
  }
  return std::nullopt;
}

fellow::fellow(const etcd_flock& flock, const std::string& name, unsigned seed) : chance_(seed) {
  settings_.cluster = "shop";
  settings_.skein = name;
  settings_.prefix = "/skein";
  settings_.lease = 2s;
  settings_.members = {"a", "b", "c"};
  for (std::size_t i = 0; i < flock.size(); ++i) {
    relays_.push_back(std::make_unique<fault_relay>(flock.port(i)));
    settings_.etcd.places.push_back({"127.0.0.1", relays_.back()->port(), false});
  }
}

fellow::~fellow() {
  crash();
}

void fellow::come() {
  council_ = std::make_unique<council>(settings_, [this](const outlook& news) { hear(news); });
  gone_ = false;
  {
    const std::lock_guard lock(mutex_);
    view_ = {};
    news_.reset();
  }
  council_->start();
  owner_ = std::thread([this] { own(); });
  core_ = std::thread([this] { write(); });
  keeper_ = std::thread([this] { keep(); });
}

// Parted, so that it cannot give back what it holds.
void fellow::crash() {
  if (gone_) return;
  part();
  {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    paused_ = false;
    changed_.notify_all();
  }
  core_.join();
  owner_.join();
  council_->stop();
  keeper_.join();
  council_.reset();
  heal();
}

void fellow::part() {
  for (auto& each : relays_) each->part();
}

void fellow::slow(std::chrono::milliseconds latency) {
  for (auto& each : relays_) each->set_latency(latency);
}

void fellow::reset() {
  for (auto& each : relays_) each->reset_all();
}

void fellow::heal() {
  for (auto& each : relays_) each->heal();
}

void fellow::pause(bool yes) {
  const std::lock_guard lock(mutex_);
  paused_ = yes;
  changed_.notify_all();
}

outlook fellow::now() const {
  return council_->now();
}

bool fellow::writes() const {
  const std::lock_guard lock(mutex_);
  return boot_clock::now() < view_.writes_until;
}

// On the council's thread: who is paused renews nothing.
void fellow::hear(const outlook& news) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !paused_; });
  news_ = news;
  changed_.notify_all();
}

// What has been heard reaches the core later, and is acknowledged when the core goes by it.
void fellow::own() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return gone_ || news_; });
    if (gone_) return;
    const auto delay = std::chrono::milliseconds(any(4) == 0 ? any(80) : 0);
    lock.unlock();
    std::this_thread::sleep_for(delay);
    lock.lock();
    if (!news_) continue;
    view_ = *std::exchange(news_, {});
    if (view_.lead) council_->acknowledge(view_.lead->epoch);
  }
}

void fellow::write() {
  while (!gone_) {
    {
      // Nobody changes what it goes by between the look at the clock and the note.
      const std::lock_guard lock(mutex_);
      const auto at = boot_clock::now();
      if (at < view_.writes_until) {
        auto& of = ledger_[view_.lead->epoch];
        if (of.count++ == 0) of.first = at;
        of.last = at;
      }
    }
    std::this_thread::sleep_for(1ms);
  }
}

void fellow::keep() {
  const std::array<std::string, 3> members{"a", "b", "c"};
  std::minstd_rand chance(42);
  while (!gone_) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + chance() % 400));
    const outlook seen = now();
    if (!seen.decides || (!moving_ && seen.lead && seen.lead->state == lead_state::led)) continue;
    const std::string& member = members[chance() % 3];
    const auto announced = council_->announce(member, "db-" + member, "because");
    if (!announced) continue;
    for (int i = 0; i < 4000 && !gone_; ++i) {
      const outlook later = now();
      if (!later.decides || !later.lead || later.lead->epoch != announced->epoch) break;
      // Sometimes it asks without having looked, and is to be refused.
      if (later.may_promote || chance() % 64 == 0) {
        if (council_->settle(member, "db-" + member, "because")) {
          ++moves_;
          break;
        }
      }
      std::this_thread::sleep_for(2ms);
    }
  }
}

int fellow::any(int below) {
  return std::uniform_int_distribution<int>(0, below - 1)(chance_);
}

}  // namespace skein::servers
