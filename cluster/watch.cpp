#include "cluster/watch.hpp"

#include <random>

#include "metrics/log.hpp"
#include "net/boot_clock.hpp"

namespace skein::cluster {

namespace log = metrics::log;

using std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds hurry_lasts{1};
constexpr std::chrono::milliseconds knocking{500};

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
         one.timeout == other.timeout && one.max_lag == other.max_lag &&
         one.careful == other.careful && one.vouched == other.vouched &&
         one.together == other.together;
}

// What the observer says, and the first line of what it heard.
std::string in_words(const error& why) {
  std::string heard = why.detail_for_log;
  heard.resize(std::min(heard.size(), heard.find('\n')));
  return heard.empty() ? why.text_for_client : why.text_for_client + ": " + heard;
}

std::string in_words(const routing::shortfall& is) {
  return std::to_string(is.acks) + (is.acks == 1 ? " follower" : " followers") + ", where " +
         std::to_string(is.promised) + (is.promised == 1 ? " is" : " are") +
         " promised (on_shortfall is degrade)";
}

}  // namespace

watch::watch(watch_settings settings, const backend& database, publish tell)
    : settings_(std::move(settings)),
      database_(database),
      tell_(std::move(tell)),
      news_(settings_.members.size()),
      how_(initial_caution()) {
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
    const bool same_members = settings_.members == next.members;
    settings_ = std::move(next);
    const caution before = std::exchange(how_, initial_caution());
    if (same_members && how_.agreed && before.agreed) how_.agreed = before.agreed;
    how_.recalled = how_.recalled || before.recalled;
    if (same_members) how_.falls_short = before.falls_short;
    news_ = moved.news;
    if (!same_members) orphans_->note({});
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

watch::knowledge watch::known() const {
  const std::lock_guard lock(mutex_);
  return {.now = now_, .news = news_, .orphans = orphans_};
}

std::optional<std::chrono::milliseconds> watch::lack(const position& received) const {
  const std::lock_guard lock(mutex_);
  return lack_of(readers_, received);
}

template <typename Change>
void watch::judge_anew(Change change) {
  const std::lock_guard order(telling_);
  routing::view before;
  routing::view next;
  {
    const std::lock_guard lock(mutex_);
    if (!change()) return;
    before = now_;
    next = judge_all(before.get());
    now_ = next;
  }
  log_changes(*before, *next);
  tell_(next);
}

void watch::depose(std::size_t member) {
  judge_anew([&] { return member < news_.size() && !std::exchange(news_[member].deposed, true); });
}

void watch::recall(std::optional<std::size_t> member, std::uint64_t epoch,
                   const std::vector<std::size_t>& outdated) {
  judge_anew([&] {
    bool news = !std::exchange(how_.recalled, true);
    const auto& led = now_->last_leader;
    if ((led && led != member) || (member && *member >= news_.size())) return news;
    for (const std::size_t each : outdated)
      if (!led && each < news_.size()) news = !std::exchange(news_[each].deposed, true) || news;
    if ((led == member || !member) && epoch <= now_->epoch) return news;
    auto known = std::make_shared<routing::cluster_view>(*now_);
    known->epoch = std::max(known->epoch, epoch);
    known->last_leader = member;
    now_ = std::move(known);
    return true;
  });
}

void watch::hold(std::size_t member, std::string why) {
  judge_anew([&] {
    if (why.empty() && !how_.held) return false;
    how_.held.reset();
    if (!why.empty()) how_.held = held_lead{.member = member, .why = std::move(why)};
    return true;
  });
}

void watch::vouch(std::size_t member, bool lasts, routing::moment looked, const std::string& mark) {
  judge_anew([&] {
    if (member >= news_.size() || looked < news_[member].leads_since) return false;
    const bool news = news_[member].vouched != lasts || news_[member].mark != mark;
    news_[member].vouched = lasts;
    news_[member].mark = mark;
    return news;
  });
}

void watch::fall_short(std::optional<unsigned> acks, unsigned promised) {
  judge_anew([&] {
    auto& is = how_.falls_short;
    if (!acks) return std::exchange(is, {}).has_value();
    const auto since = is ? is->since : steady_clock::now();
    const bool news = !is || is->acks != *acks || is->promised != promised;
    is = routing::shortfall{.acks = *acks, .promised = promised, .since = since};
    return news;
  });
}

void watch::agree(agreed_lead what) {
  judge_anew([&] {
    if (!how_.agreed || *how_.agreed == what) return false;
    how_.agreed = std::move(what);
    return true;
  });
}

std::expected<std::string, std::string> watch::drain(const std::string& member, bool out_of_work) {
  std::expected<std::string, std::string> told =
      std::unexpected("no member is called " + (member.empty() ? "that" : member));
  judge_anew([&] {
    for (std::size_t i = 0; i < settings_.members.size(); ++i) {
      if (settings_.members[i].name != member) continue;
      if (out_of_work && now_->last_leader == i) {
        told = std::unexpected(member + " leads: move the lead first (skein switchover)");
        return false;
      }
      news_[i].drained = out_of_work;
      told = member + (out_of_work ? " gets no more reads, and is never promoted, until it is put "
                                     "back (skein drain --back " +
                                         member + ")"
                                   : " works again");
      return true;
    }
    return false;
  });
  return told;
}

void watch::observe(std::size_t member) {
  std::minstd_rand random(std::random_device{}());
  std::uniform_real_distribution<double> jitter(0.9, 1.1);
  do {
    const auto asked = steady_clock::now();
    auto seen = observers_[member]->look();
    contact met = contact::answers;
    if (!seen) met = knock(settings_.members[member].address, seen.error(), knocking);
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    hear(member, asked, met, std::move(seen));
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

caution watch::initial_caution() const {
  caution out{
      .careful = settings_.careful, .vouched = settings_.vouched, .recalled = !settings_.careful};
  if (settings_.together) out.agreed = agreed_lead{};
  return out;
}

std::shared_ptr<routing::cluster_view> watch::judge_all(const routing::cluster_view* previous) {
  how_.since_boot = net::since_boot();
  auto made = std::make_shared<routing::cluster_view>(
      judge(settings_.cluster, settings_.members, news_, previous, how_));
  if (made->whoever_leads()) made->falls_short = how_.falls_short;
  if (made->leader && made->falls_short) {
    made->reason += "; what it acknowledges has reached " + in_words(*made->falls_short);
  }
  judge_readers(*made, readers_, settings_.max_lag, steady_clock::now());
  return made;
}

void watch::hear(std::size_t member, routing::moment asked, contact met, result<observation> seen) {
  judge_anew([&] {
    member_news& news = news_[member];
    news.looked = true;
    // Who hangs up at one look and is not heard at the next has been as absent at both.
    const auto mute = [](contact how) { return how == contact::closes || how == contact::silent; };
    const contact was_met = std::exchange(news.met, met);
    if (was_met != met && !(mute(was_met) && mute(met))) news.met_since = asked;
    if (seen) {
      const bool leads_by_name = now_->last_leader == member;
      if (seen->role == member_role::follower && !leads_by_name) news.deposed = false;
      if (!covers(news.before.written, seen->written)) news.grew = asked;
      const observation& was = news.before;
      if (was.role != seen->role || was.started_at_us != seen->started_at_us) {
        news.leads_since = asked;
        news.vouched = false;
        news.mark.clear();
      }
      news.before = *seen;
      news.asked = asked;
      news.seen = std::move(*seen);
      news.trouble.clear();
    } else {
      news.seen.reset();
      news.trouble = in_words(seen.error());
    }
    return true;
  });
}

}  // namespace skein::cluster
