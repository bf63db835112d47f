#include "cluster/agreement.hpp"

#include <algorithm>
#include <future>
#include <utility>

#include "metrics/log.hpp"

namespace skein::cluster {

namespace log = metrics::log;
using coordination::boot_clock;
using coordination::council_settings;
using coordination::outlook;

namespace {

constexpr std::chrono::milliseconds after_refusal{100};
// For cores to pass what they are told before others may go on.
constexpr std::chrono::milliseconds passing{300};

// All of a member that is spoken of.
bool same_members(const std::vector<member_settings>& one,
                  const std::vector<member_settings>& other) {
  return std::ranges::equal(one, other, [](const auto& a, const auto& b) {
    return a.name == b.name && a.address == b.address;
  });
}

}  // namespace

agreement::agreement(std::optional<council_settings> with, std::vector<member_settings> members,
                     watch& tells, passer cores)
    : with_(std::move(with)),
      members_(std::move(members)),
      watch_(tells),
      cores_(std::move(cores)) {}

void agreement::start() {
  if (!with_) return;
  auto council =
      std::make_unique<coordination::council>(*with_, [this](const outlook& news) { hear(news); });
  {
    const std::lock_guard lock(mutex_);
    stopping_ = deaf_ = false;
    told_ = {};
    council_ = std::move(council);
  }
  council_->start();
  speaking_ = std::thread([this] { speak(); });
}

void agreement::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    next_ = {};
  }
  wake_.notify_all();
  if (council_) lay_down();
  if (council_) council_->stop();
  if (speaking_.joinable()) speaking_.join();
  const std::lock_guard lock(mutex_);
  council_.reset();
}

// Others may have somebody else lead as soon as what is held here is given back: no core may pass
// on by then that something was written.
void agreement::lay_down() {
  agreed_lead last;
  {
    const std::lock_guard lock(mutex_);
    last = agreed_from(told_.told, members_);
  }
  last.writes_until = {};
  last.why = "this Skein leaves the others, or reads its settings anew";
  {
    const std::lock_guard lock(hearing_);
    deaf_ = true;
    watch_.agree(last);
  }
  const auto passed = std::make_shared<std::promise<void>>();
  cores_([passed] { passed->set_value(); });
  passed->get_future().wait_for(passing);
}

bool agreement::differs(const std::optional<council_settings>& with,
                        const std::vector<member_settings>& members) const {
  return with_ != with || (with_ && !same_members(members_, members));
}

void agreement::adopt(std::optional<council_settings> with, std::vector<member_settings> members) {
  stop();
  {
    const std::lock_guard lock(mutex_);
    with_ = std::move(with);
    members_ = std::move(members);
  }
  start();
}

// On a thread of the council's. A core has passed an epoch when it has seen a view of it.
void agreement::hear(const outlook& news) {
  {
    const std::lock_guard lock(hearing_);
    if (deaf_) return;
    watch_.agree(agreed_from(news, members_));
  }
  outlook before;
  {
    const std::lock_guard lock(mutex_);
    before = std::exchange(told_.told, news);
  }
  if (before.trouble != news.trouble || before.decider != news.decider ||
      before.present != news.present)
    log::write(
        news.trouble.empty() ? log::level::info : log::level::error, "several Skeins",
        {{"cluster", with_->cluster}, {"skein", news.self}, {"stands", cluster::in_words(news)}});
  if (!news.lead || (before.lead && before.lead->epoch == news.lead->epoch)) return;
  cores_([this, epoch = news.lead->epoch] {
    const std::lock_guard lock(mutex_);
    if (council_) council_->acknowledge(epoch);
  });
}

bool agreement::alone() const {
  const std::lock_guard lock(mutex_);
  return !with_;
}

agreement::standing agreement::now() const {
  const std::lock_guard lock(mutex_);
  return told_;
}

bool agreement::tell(const standing& where, const intention& what, std::uint64_t seen) {
  if (alone()) return true;
  const speech next = next_speech(where.told, what, members_, seen);
  {
    const std::lock_guard lock(mutex_);
    if (!busy_ && next != speech::nothing) next_ = {next, what, seen};
  }
  if (next != speech::nothing) wake_.notify_all();
  return next != speech::announce && where.told.may_promote;
}

void agreement::offer(bool willing) {
  const std::lock_guard lock(mutex_);
  if (council_) council_->offer(willing);
}

std::string agreement::in_words() const {
  const std::lock_guard lock(mutex_);
  if (!with_) return {};
  return cluster::in_words(told_.told) + (told_.trouble.empty() ? "" : "; " + told_.trouble);
}

bool agreement::all_hold() const {
  const std::lock_guard lock(mutex_);
  return !with_ || (told_.told.lead && told_.told.lead->held);
}

std::expected<coordination::lead_record, std::string> agreement::say(const word& what) {
  const member_settings& member = members_[*what.meant.member];
  const std::string address = to_string(member.address);
  switch (what.what) {
    case speech::hold:
      return council_->hold(what.meant.why);
    case speech::release:
      return council_->hold({});
    case speech::settle:
      return council_->settle(member.name, address, what.meant.why, what.meant.mark);
    case speech::announce:
    case speech::nothing:
      break;
  }
  return council_->announce(member.name, address, what.meant.why, what.seen);
}

// What is said waits for etcd, for which no decision is to wait.
void agreement::speak() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait(lock, [this] { return stopping_ || next_.what != speech::nothing; });
    if (stopping_) return;
    const word said = std::exchange(next_, {});
    busy_ = true;
    lock.unlock();
    const auto taken = say(said);
    lock.lock();
    busy_ = false;
    next_ = {};  // what was meant before this was known may be meant no longer
    told_.trouble = taken ? "" : taken.error();
    if (!taken) wake_.wait_for(lock, after_refusal, [this] { return stopping_; });
  }
}

bool decides(const agreement& whose, const agreement::standing& where) {
  return whose.alone() || (where.told.decides && boot_clock::now() < where.told.decides_until);
}

}  // namespace skein::cluster
