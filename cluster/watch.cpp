#include "cluster/watch.hpp"

#include <random>

#include "metrics/log.hpp"

namespace skein::cluster {

namespace log = metrics::log;

namespace {

// One line for each thing that changed, in the words of the view.
void log_changes(const routing::cluster_view& before, const routing::cluster_view& now) {
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    const auto& was = before.members[i];
    const auto& is = now.members[i];
    if (was.reachable == is.reachable && was.role == is.role && before.observed) continue;
    if (was.reason == is.reason) continue;
    log::write(is.reachable ? log::level::info : log::level::warn, "member changed",
               {{"cluster", now.cluster},
                {"member", is.name},
                {"role", to_string(is.role)},
                {"why", is.name + " " + is.reason}});
  }
  if (before.epoch == now.epoch && before.leader == now.leader &&
      before.two_claimants == now.two_claimants) {
    return;
  }
  log::write(now.leader ? log::level::info : log::level::error, "leader changed",
             {{"cluster", now.cluster}, {"epoch", now.epoch}, {"why", now.reason}});
}

bool same(const watch_settings& one, const watch_settings& other) {
  return one.members == other.members && one.tls == other.tls && one.who.user == other.who.user &&
         one.who.password == other.who.password && one.database == other.database &&
         one.interval == other.interval && one.timeout == other.timeout;
}

// What the observer says, and the first line of what it heard.
std::string in_words(const error& why) {
  std::string heard = why.detail_for_log;
  heard.resize(std::min(heard.size(), heard.find('\n')));
  return heard.empty() ? why.text_for_client : why.text_for_client + ": " + heard;
}

}  // namespace

watch::watch(watch_settings settings, const backend& database, publish tell)
    : settings_(std::move(settings)),
      database_(database),
      tell_(std::move(tell)),
      news_(settings_.members.size()) {
  open_observers();
  now_ = std::make_shared<routing::cluster_view>(
      judge(settings_.cluster, settings_.members, news_, nullptr));
}

watch::~watch() {
  stop();
}

void watch::open_observers() {
  observers_.clear();
  for (const auto& member : settings_.members) {
    observers_.push_back(database_.start_observer(
        {member.address, settings_.tls, settings_.who, settings_.database, settings_.timeout}));
  }
}

void watch::adopt(watch_settings next) {
  if (same(settings_, next)) return;
  stop();
  {
    const std::lock_guard lock(mutex_);
    const auto moved = move_members(*now_, news_, next.members);
    settings_ = std::move(next);
    news_ = moved.news;
    now_ = std::make_shared<routing::cluster_view>(
        judge(settings_.cluster, settings_.members, news_, &moved.before));
    stopping_ = false;
  }
  open_observers();
  start();
}

void watch::start() {
  tell_(now_);
  for (std::size_t member = 0; member < observers_.size(); ++member) {
    threads_.emplace_back([this, member] { observe(member); });
  }
}

void watch::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& observer : observers_) observer->interrupt();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

routing::view watch::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

void watch::observe(std::size_t member) {
  std::minstd_rand random(std::random_device{}());
  std::uniform_real_distribution<double> jitter(0.9, 1.1);
  for (;;) {
    auto seen = observers_[member]->look();
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    hear(member, std::move(seen));
    std::unique_lock lock(mutex_);
    const auto pause = settings_.interval * jitter(random);
    if (wake_.wait_for(lock, pause, [this] { return stopping_; })) return;
  }
}

void watch::hear(std::size_t member, result<observation> seen) {
  const std::lock_guard order(telling_);
  routing::view before;
  routing::view next;
  {
    const std::lock_guard lock(mutex_);
    member_news& news = news_[member];
    news.looked = true;
    if (seen) {
      news.before = *seen;
      news.seen = std::move(*seen);
      news.trouble.clear();
    } else {
      news.seen.reset();
      news.trouble = in_words(seen.error());
    }
    before = now_;
    next = std::make_shared<routing::cluster_view>(
        judge(settings_.cluster, settings_.members, news_, before.get()));
    now_ = next;
  }
  log_changes(*before, *next);
  tell_(next);
}

}  // namespace skein::cluster
