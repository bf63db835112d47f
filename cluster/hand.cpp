#include "cluster/hand.hpp"

#include <algorithm>
#include <utility>

#include "metrics/log.hpp"

namespace skein::cluster {

namespace log = metrics::log;

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds examine_calmly{1000};
constexpr milliseconds examine_often{100};  // while something is wrong
constexpr milliseconds try_again{100};
constexpr milliseconds ask_for_leave_again{30'000};

std::string words_of(const error& why) {
  return why.detail_for_log.empty() ? why.text_for_client
                                    : why.text_for_client + ": " + why.detail_for_log;
}

}  // namespace

bool same_order(const order& one, const order& other) {
  return one.what == other.what && one.of == other.of && one.acks == other.acks;
}

hand::hand(std::string cluster, std::string member, std::unique_ptr<role_changer> changer,
           milliseconds beat_interval)
    : cluster_(std::move(cluster)),
      member_(std::move(member)),
      changer_(std::move(changer)),
      beat_interval_(beat_interval) {}

hand::~hand() {
  stop();
}

void hand::start() {
  if (orders_.joinable()) return;
  orders_ = std::thread([this] { carry(); });
  beats_ = std::thread([this] { pulse(); });
}

void hand::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  changer_->interrupt();
  if (orders_.joinable()) orders_.join();
  if (beats_.joinable()) beats_.join();
}

void hand::obey(order next, bool hurried) {
  {
    const std::lock_guard lock(mutex_);
    const bool known = same_order(next_, next) && hurried_ == hurried;
    next_ = std::move(next);
    hurried_ = hurried;
    if (known) return;
  }
  wake_.notify_all();
}

void hand::expect(bool leads, std::uint64_t epoch) {
  const std::lock_guard lock(mutex_);
  if (leads && (!leads_ || epoch_ != epoch)) wake_.notify_all();
  leads_ = leads;
  if (epoch_ != epoch) word_.beat = {};
  if (epoch_ != epoch) word_.record = {};
  if (epoch_ != epoch && !leads) word_.promoted = false;
  epoch_ = epoch;
  if (!leads) word_.beat.failing.reset();
  if (!leads) word_.record.failing.reset();
}

hand_word hand::word() const {
  const std::lock_guard lock(mutex_);
  return word_;
}

void hand::carry() {
  std::unique_lock lock(mutex_);
  moment begun{};
  while (!stopping_) {
    const auto due = [&] { return begun + (hurried_ ? examine_often : examine_calmly); };
    while (!stopping_ && next_.what == step::rest && steady_clock::now() < due())
      wake_.wait_until(lock, due());
    if (stopping_) return;
    order what = std::exchange(next_, {});
    lock.unlock();
    if (coordination::boot_clock::now() > what.until) what = {};
    const bool done = what.what == step::rest || carry_out(what);
    begun = steady_clock::now();
    auto told = changer_->examine();
    lock.lock();
    note(begun, std::move(told));
    if (!done) wake_.wait_for(lock, try_again, [this] { return stopping_; });
  }
}

void hand::note(moment begun, result<duties> told) {
  if (!told) {
    if (told.error().kind != error_kind::shutdown) word_.unheard = words_of(told.error());
    return;
  }
  word_.unheard.clear();
  word_.examined = begun;
  if (!word_.told) word_.examined_since = begun;
  const auto before = std::exchange(word_.told, std::move(*told));
  if (word_.told->fenced && !(before && before->fenced)) word_.fenced_since = begun;
  if (word_.told->receives) word_.told_to_stop = false;
  note_record(begun);
  if (!before) return;
  // What it acknowledged by while it led still holds for what it acknowledged.
  if (word_.told->fenced || told_last_ == step::fence)
    word_.told->acks = std::max(word_.told->acks, before->acks);
  const bool grows = before->received && word_.told->received &&
                     word_.told->received->rank > before->received->rank;
  if (grows) word_.grew = steady_clock::now();
}

// Somebody may have brought back what stood there before.
void hand::note_record(moment begun) {
  if (!leads_ || word_.record.epoch != epoch_ || begun < recorded_) return;
  const auto& stands = word_.told->last_lead;
  record_again_ = !stands || stands->epoch != epoch_ || stands->member != member_;
}

// False: it is not over.
result<bool> hand::give(const order& what) {
  const auto over = [](result<void> done) -> result<bool> {
    if (!done) return std::unexpected(std::move(done.error()));
    return true;
  };
  switch (what.what) {
    case step::stop_receiving:
      return over(changer_->stop_receiving());
    case step::promote:
      return promote();
    case step::resume:
      return changer_->promote();
    case step::follow:
      return over(changer_->follow(what.of));
    case step::assure:
      return over(changer_->assure(what.acks));
    case step::fence:
      return over(changer_->fence());
    case step::hold: {
      const auto begun = steady_clock::now();
      const auto open = changer_->open_transactions();
      if (!open) return std::unexpected(open.error());
      const std::lock_guard lock(mutex_);
      word_.open = *open;
      word_.counted = begun;
      return true;
    }
    case step::rest:
    case step::wait:
    case step::propose:
    case step::rejoin:
      break;
  }
  return true;
}

// What it is asked right after that is asked before anybody else writes there, our heart included.
// One that cannot say where its history begins leads all the same.
result<bool> hand::promote() {
  {
    const std::lock_guard lock(mutex_);
    begins_ = !word_.promoted;
  }
  const auto leads = changer_->promote();
  std::string mark;
  if (leads && *leads)
    if (auto told = changer_->mark()) mark = std::move(*told);
  const std::lock_guard lock(mutex_);
  // Once it has begun, what a later order finds is no beginning.
  if (word_.promoted || !leads || !*leads) return leads;
  begins_ = false;
  wake_.notify_all();
  word_.promoted = true;
  word_.mark = std::move(mark);
  return leads;
}

// False: it failed, or is not over.
bool hand::carry_out(const order& what) {
  const auto done = give(what);
  const std::lock_guard lock(mutex_);
  if (done && what.what == step::stop_receiving) word_.told_to_stop = true;
  if (done && what.what == step::follow) word_.told_to_stop = false;
  if (what.what == step::follow || what.what == step::fence) begins_ = false;
  const bool ended = !done && done.error().kind == error_kind::shutdown;
  const std::string trouble = done || ended ? "" : words_of(done.error());
  if (!trouble.empty() && trouble != word_.trouble)
    log::write(log::level::error, "an order about the lead failed",
               {{"cluster", cluster_}, {"error", trouble}});
  word_.trouble = trouble;
  if (trouble.empty()) {
    word_.troubled.reset();
  } else if (!word_.troubled || told_last_ != what.what) {
    word_.troubled = steady_clock::now();
  }
  told_last_ = what.what;
  return done && *done;
}

bool hand::must_record() const {
  if (!leads_ || begins_ || (word_.record.epoch == epoch_ && !record_again_)) return false;
  return !word_.record.refused || steady_clock::now() - record_tried_ > ask_for_leave_again;
}

void hand::record_lead(std::unique_lock<std::mutex>& lock) {
  const auto begun = record_tried_ = steady_clock::now();
  const auto epoch = epoch_;
  lock.unlock();
  const auto done = changer_->record_lead({.epoch = epoch, .member = member_});
  lock.lock();
  if (!leads_ || epoch != epoch_) return;
  lead_writing& record = word_.record;
  if (done) {
    record = {.epoch = epoch};
    recorded_ = steady_clock::now();
    record_again_ = false;
  } else if (done.error().kind != error_kind::shutdown) {
    record.failing = record.failing.value_or(begun);
    record.refused = done.error().kind == error_kind::unsupported;
    const std::string trouble = words_of(done.error());
    if (std::exchange(record.trouble, trouble) == trouble) return;
    log::write(log::level::error, "who leads could not be written down",
               {{"cluster", cluster_}, {"member", member_}, {"error", trouble}});
  }
}

void hand::pulse() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (leads_ && !begins_) {
      const auto sent = steady_clock::now();
      const auto epoch = epoch_;
      word_.beating = sent;
      if (must_record()) record_lead(lock);
      lock.unlock();
      auto taken = changer_->beat();
      lock.lock();
      word_.beating.reset();
      if (epoch != epoch_) continue;
      if (taken) {
        word_.beat = {.taken = sent};
      } else if (leads_ && taken.error().kind != error_kind::shutdown) {
        word_.beat.failing = word_.beat.failing.value_or(sent);
        word_.beat.trouble = words_of(taken.error());
      }
    }
    wake_.wait_for(lock, beat_interval_, [this] {
      return stopping_ || (must_record() && !record_again_ && !word_.record.failing);
    });
  }
}

}  // namespace skein::cluster
