#include "cluster/watch.hpp"

#include <random>

#include "metrics/log.hpp"

namespace skein::cluster {

namespace log = metrics::log;

using std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds hurry_lasts{1};

// What went on without a word, as a rule: that a follower serves reads, or no longer.
bool same_service(const routing::member_view& was, const routing::member_view& is) {
  const bool followed = was.role == member_role::follower && is.role == member_role::follower;
  const bool from_the_start = is.serves_reads && is.serves_since == routing::moment{};
  return !followed || was.serves_reads == is.serves_reads || from_the_start;
}

// One line for each thing that changed, in the words of the view.
void log_changes(const routing::cluster_view& before, const routing::cluster_view& now) {
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    const auto& was = before.members[i];
    const auto& is = now.members[i];
    const bool same_role = was.reachable == is.reachable && was.role == is.role && before.observed;
    if (same_role && same_service(was, is)) continue;
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
         one.interval == other.interval && one.quick_interval == other.quick_interval &&
         one.timeout == other.timeout && one.max_lag == other.max_lag;
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
  now_ = judge_all(nullptr);
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
    readers_ = move_readers(readers_, now_->members, next.members);
    settings_ = std::move(next);
    news_ = moved.news;
    now_ = judge_all(&moved.before);
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
  do {
    const auto asked = steady_clock::now();
    auto seen = observers_[member]->look();
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    hear(member, asked, std::move(seen));
  } while (rest(member, jitter(random)));
}

// Who does not answer is not asked more often for that: somebody waits for those who do.
bool watch::rest(std::size_t member, double stretch) {
  std::unique_lock lock(mutex_);
  const bool answers = news_[member].seen.has_value();
  const auto since = steady_clock::now();
  const auto after = [&](std::chrono::milliseconds pause) {
    return since + std::chrono::duration_cast<steady_clock::duration>(pause * stretch);
  };
  if (answers && hurried(since)) {
    const auto pause = std::min(settings_.quick_interval, settings_.interval);
    return !wake_.wait_until(lock, after(pause), [this] { return stopping_; });
  }
  wake_.wait_until(lock, after(settings_.interval),
                   [&] { return stopping_ || (answers && hurried(steady_clock::now())); });
  return !stopping_;
}

bool watch::hurried(routing::moment at) const {
  return at < hurried_until_.load(std::memory_order_relaxed);
}

// Observers sleep slowly only where they have seen, under the lock, that nobody hurries. Who finds
// that it would have ended soon cannot tell whether they have seen that, and wakes them.
void watch::hurry() {
  const auto now = steady_clock::now();
  const bool under_way = hurried(now + hurry_lasts / 2);
  hurried_until_.store(now + hurry_lasts, std::memory_order_relaxed);
  if (under_way) return;
  {
    const std::lock_guard lock(mutex_);
  }
  wake_.notify_all();
}

std::shared_ptr<routing::cluster_view> watch::judge_all(const routing::cluster_view* previous) {
  auto made = std::make_shared<routing::cluster_view>(
      judge(settings_.cluster, settings_.members, news_, previous));
  judge_readers(*made, readers_, settings_.max_lag, steady_clock::now());
  return made;
}

void watch::hear(std::size_t member, routing::moment asked, result<observation> seen) {
  const std::lock_guard order(telling_);
  routing::view before;
  routing::view next;
  {
    const std::lock_guard lock(mutex_);
    member_news& news = news_[member];
    news.looked = true;
    if (seen) {
      news.before = *seen;
      news.asked = asked;
      news.seen = std::move(*seen);
      news.trouble.clear();
    } else {
      news.seen.reset();
      news.trouble = in_words(seen.error());
    }
    before = now_;
    next = judge_all(before.get());
    now_ = next;
  }
  log_changes(*before, *next);
  tell_(next);
}

}  // namespace skein::cluster
