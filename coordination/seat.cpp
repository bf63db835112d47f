// What a seat knows and tells; seat_rounds.cpp has what it reads and writes.
#include "coordination/seat.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>

namespace skein::coordination {

using std::chrono::milliseconds;

namespace {

std::string host_name() {
  std::array<char, 256> name = {};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

// Nobody shares it, so that a Skein that comes back is never taken for the one that was.
std::string make_id(std::string name) {
  if (name.empty()) name = host_name();
  std::random_device chance;
  std::array<char, 16> digits = {};
  std::snprintf(digits.data(), digits.size(), "%08x", static_cast<unsigned>(chance()));
  return name + "." + digits.data();
}

milliseconds attempt_of(const council_settings& settings) {
  return settings.lease / 5;
}

}  // namespace

seat::seat(council_settings settings, council::tell on_change)
    : settings_(std::move(settings)),
      tell_(std::move(on_change)),
      keys_(settings_.prefix, settings_.cluster),
      id_(make_id(settings_.skein)),
      host_(host_name()),
      renewer_(settings_.etcd, attempt_of(settings_)),
      watcher_(settings_.etcd, attempt_of(settings_)),
      speaker_(settings_.etcd, attempt_of(settings_)) {
  known_.cluster = settings_.cluster;
  known_.self = id_;
  known_.members = settings_.members;
}

outlook seat::now() const {
  const std::lock_guard lock(mutex_);
  return look_out(known_);
}

knowledge seat::known() const {
  const std::lock_guard lock(mutex_);
  return known_;
}

void seat::ring() {
  rung_ = true;
  wake_.notify_all();
}

void seat::acknowledge(std::uint64_t epoch) {
  const std::lock_guard lock(mutex_);
  if (epoch <= known_.acknowledged) return;
  known_.acknowledged = epoch;
  if (look_out(known_).writes_until == boot_time{}) permit_.withdraw();
  ring();
}

void seat::offer(bool willing) {
  const std::lock_guard lock(mutex_);
  if (known_.willing == willing) return;
  known_.willing = willing;
  ring();
}

void seat::retire() {
  const std::lock_guard lock(mutex_);
  known_.retired = true;
  permit_.withdraw();
  ring();
}

void seat::end(milliseconds patience) {
  {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, patience, [this] { return given_up_; });
    ending_ = true;
    wake_.notify_all();
  }
  renewer_.interrupt();
  watcher_.interrupt();
  speaker_.interrupt();
}

bool seat::rest(milliseconds at_most) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, at_most, [this] { return ending_ || rung_; });
  rung_ = false;
  return !ending_;
}

// A read that was sent when an older revision was known than it shows is older than what has been
// absorbed meanwhile, if it shows less; one that shows less than was known when it was sent comes
// from an etcd that has lost what it had.
void seat::absorb(picture read, std::int64_t known_before, const std::optional<renewal>& renewed) {
  const std::lock_guard lock(mutex_);
  known_.etcd_trouble.clear();
  if (renewed && confirms(known_.held, renewed->term, read, id_))
    known_.held.until = std::max(known_.held.until, renewed->until);
  const bool restored = read.revision < known_before;
  if (known_.met && !restored && read.revision < known_.seen.revision) return;
  known_.met = true;
  if (read.lead && read.lead->value)
    known_.highest_epoch = std::max(known_.highest_epoch, read.lead->value->epoch);
  // Others may have gone on without it.
  if (!is_there(read, id_) && (restored || read.revision >= known_.held.since)) known_.held = {};
  known_.seen = std::move(read);
}

// What was proven of the lease before holds on: the new one was granted later and ends later.
void seat::move_to(tenure next) {
  const std::lock_guard lock(mutex_);
  if (known_.seen.revision > next.since && !is_there(known_.seen, id_)) return;  // gone already
  next.until = known_.held.until;
  known_.held = next;
}

bool seat::complain(const etcd_error& what) {
  const std::lock_guard lock(mutex_);
  known_.etcd_trouble = advise(what, {settings_.etcd.user, settings_.prefix});
  return false;
}

bool seat::complain_of_chore(const etcd_error& what) {
  const std::lock_guard lock(mutex_);
  known_.chore_trouble = advise(what, {settings_.etcd.user, settings_.prefix});
  return false;
}

void seat::chores_done() {
  const std::lock_guard lock(mutex_);
  known_.chore_trouble.clear();
}

void seat::publish() {
  const std::lock_guard order(telling_);
  outlook made;
  {
    const std::lock_guard lock(mutex_);
    made = look_out(known_);
    permit_.grant(made.lead ? made.lead->epoch : 0, made.writes_until);
  }
  if (told_ == made) return;
  told_ = made;
  tell_(made);
}

}  // namespace skein::coordination
