#include "proxy/commit_inquiries.hpp"

#include <algorithm>
#include <iterator>

#include "metrics/log.hpp"
#include "net/boot_clock.hpp"

namespace skein::proxy {

namespace log = metrics::log;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds pace{50};
constexpr std::size_t marks_max = 64;

std::string_view in_words(commit_fate fate) {
  switch (fate) {
    case commit_fate::committed:
      return "it was committed";
    case commit_fate::rolled_back:
      return "it was rolled back";
    case commit_fate::unknown:
      break;
  }
  return "nobody can tell";
}

}  // namespace

commit_inquiries::commit_inquiries(std::string cluster, open_inquiry open)
    : cluster_(std::move(cluster)), open_(std::move(open)) {}

void commit_inquiries::start() {
  thread_ = std::thread([this] { work(); });
}

void commit_inquiries::stop() {
  {
    const std::lock_guard held(mutex_);
    stopping_ = true;
    for (auto* const all : {&places_, &retired_}) {
      for (auto& [at, each] : *all) each->interrupt();
    }
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  const std::lock_guard held(mutex_);
  asked_.clear();  // who waits lets go with the teller
}

void commit_inquiries::adopt(open_inquiry open) {
  const std::lock_guard held(mutex_);
  open_ = std::move(open);
  std::ranges::move(std::exchange(places_, {}), std::back_inserter(retired_));
}

void commit_inquiries::see(const routing::view& now) {
  {
    const std::lock_guard held(mutex_);
    news_ |= !view_ || view_->epoch != now->epoch || view_->leader != now->leader;
    view_ = now;
    if (now->leader && !now->lead_mark.empty()) marks_[now->epoch] = now->lead_mark;
    if (marks_.size() > marks_max) marks_.erase(marks_.begin());
    if (!news_ || asked_.empty()) return;
  }
  changed_.notify_all();
}

void commit_inquiries::ask(std::string token, std::uint64_t epoch, routing::moment until,
                           teller tell) {
  {
    const std::lock_guard held(mutex_);
    asked_.push_back({std::move(token), epoch, until, std::move(tell)});
    news_ = true;
  }
  changed_.notify_all();
}

void commit_inquiries::work() {
  lock held(mutex_);
  while (!stopping_) {
    changed_.wait(held, [this] { return stopping_ || !asked_.empty(); });
    std::vector<question> open = std::exchange(asked_, {});
    while (!open.empty() && !stopping_) {
      question one = std::move(open.back());
      open.pop_back();
      const auto fate = try_to_tell(held, one);
      if (!fate) {
        asked_.push_back(std::move(one));
        continue;
      }
      held.unlock();
      log::write(*fate == commit_fate::unknown ? log::level::warn : log::level::info,
                 "a commit whose answer was lost was asked for",
                 {{"cluster", cluster_},
                  {"transaction", one.token},
                  {"epoch", one.epoch},
                  {"found", in_words(*fate)}});
      one.tell(*fate);
      held.lock();
    }
    retired_.clear();
    news_ = false;
    if (!asked_.empty()) changed_.wait_for(held, pace, [this] { return stopping_ || news_; });
  }
}

// All who have led since are asked for by their marks: one that is not known breaks the chain.
std::optional<commit_inquiries::way> commit_inquiries::way_for(const question& asked) const {
  if (!view_ || !view_->leader || view_->two_claimants) return std::nullopt;
  if (net::since_boot() >= view_->writes_until) return std::nullopt;
  way found{.at = view_->members[*view_->leader].address, .epoch = view_->epoch};
  for (std::uint64_t each = asked.epoch + 1; each <= view_->epoch; ++each) {
    const auto mark = marks_.find(each);
    found.known &= mark != marks_.end();
    found.marks.push_back(mark != marks_.end() ? mark->second : std::string());
  }
  return found;
}

bool commit_inquiries::leads_still(const way& by) const {
  return view_->leader && view_->epoch == by.epoch && !view_->two_claimants &&
         net::since_boot() < view_->writes_until;
}

// Nothing: not yet.
std::optional<commit_fate> commit_inquiries::try_to_tell(lock& held, const question& asked) {
  const bool late = steady_clock::now() >= asked.until;
  const auto by = way_for(asked);
  if (by) {
    commit_inquiry* const whom = inquiry_at(by->at);
    if (whom && (by->known || !whom->goes_by_marks())) {
      held.unlock();
      const auto told = whom->ask(asked.token, by->marks);
      held.lock();
      if (told && *told && leads_still(*by)) return **told;
    }
  }
  // The mark of who leads comes with a view, and may come a little later than the lead.
  if (late) return commit_fate::unknown;
  return std::nullopt;
}

commit_inquiry* commit_inquiries::inquiry_at(const member_address& at) {
  const auto known = std::ranges::find(places_, at, [](const auto& each) { return each.first; });
  if (known != places_.end()) return known->second.get();
  auto made = open_ ? open_(at) : nullptr;
  if (!made) return nullptr;
  if (stopping_) made->interrupt();
  return places_.emplace_back(at, std::move(made)).second.get();
}

}  // namespace skein::proxy
