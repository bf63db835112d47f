// One Skein among several, as far as its council goes: behind relays that misbehave, with a core
// that acknowledges writes and a keeper that moves the lead now and then. What it acknowledged, and
// when, is written down by epoch.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <thread>

#include "coordination/council.hpp"
#include "tests/servers/coordination/etcd_flock.hpp"
#include "tests/servers/fault_relay.hpp"

namespace skein::servers {

// The writes of one epoch that were acknowledged.
struct acknowledged_writes {
  coordination::boot_time first = {};
  coordination::boot_time last = {};
  std::uint64_t count = 0;
};
using ledger = std::map<std::uint64_t, acknowledged_writes>;

// The first epoch that began before a write of an earlier one was acknowledged; or none.
std::optional<std::uint64_t> late_epoch(const std::vector<ledger>& all);

class fellow {
 public:
  fellow(const etcd_flock& flock, const std::string& name, unsigned seed);
  ~fellow();
  fellow(const fellow&) = delete;

  void come();   // a new process, as it were
  void crash();  // gone without a word
  void move_lead_often(bool yes) { moving_ = yes; }

  void part();
  void slow(std::chrono::milliseconds latency);
  void reset();
  void heal();
  void pause(bool yes);  // nothing of its council goes on, but the core does

  coordination::outlook now() const;
  bool writes() const;  // the core may
  coordination::council& seat() { return *council_; }
  const ledger& written() const { return ledger_; }  // after crash()
  std::uint64_t moves() const { return moves_; }     // of the lead, by it

 private:
  void hear(const coordination::outlook& news);
  void own();
  void write();
  void keep();
  int any(int below);

  coordination::council_settings settings_;
  std::vector<std::unique_ptr<fault_relay>> relays_ = {};
  std::unique_ptr<coordination::council> council_ = {};
  std::thread owner_ = {};
  std::thread core_ = {};
  std::thread keeper_ = {};
  std::atomic<bool> gone_ = true;
  std::atomic<bool> moving_ = true;
  std::atomic<std::uint64_t> moves_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool paused_ = false;
  std::optional<coordination::outlook> news_ = {};  // what the core has not seen yet
  coordination::outlook view_ = {};                 // what it goes by
  ledger ledger_ = {};
  std::mt19937 chance_;
};

}  // namespace skein::servers
