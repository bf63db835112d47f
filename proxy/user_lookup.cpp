#include "proxy/user_lookup.hpp"

#include <algorithm>
#include <iterator>

namespace skein::proxy {

namespace log = metrics::log;
using std::chrono::steady_clock;

namespace {

error stopping() {
  return {error_kind::shutdown, fault::us, {}, "Skein is stopping: connect again", {}};
}

}  // namespace

user_lookup::user_lookup(lookup_settings how, open_directory open)
    : how_(std::move(how)), open_(std::move(open)), cache_(how_.cache) {}

void user_lookup::start() {
  thread_ = std::thread([this] { work(); });
}

void user_lookup::stop() {
  {
    const std::lock_guard held(mutex_);
    stopping_ = true;
    for (auto* const all : {&directories_, &retired_}) {
      for (auto& [at, each] : *all) each->interrupt();
    }
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void user_lookup::adopt(lookup_settings how, open_directory open) {
  {
    const std::lock_guard held(mutex_);
    how_ = std::move(how);
    open_ = std::move(open);
    cache_ = user_cache(how_.cache);
    std::ranges::move(std::exchange(directories_, {}), std::back_inserter(retired_));
    ++way_;
  }
  if (!thread_.joinable()) start();
}

void user_lookup::see(routing::view now) {
  {
    const std::lock_guard held(mutex_);
    view_ = std::move(now);
  }
  changed_.notify_all();
}

std::optional<user_lookup::answer> user_lookup::ask(const std::string& user,
                                                    std::function<void(answer)> tell) {
  const std::lock_guard held(mutex_);
  if (auto known = cache_.find(user, steady_clock::now())) return answer(std::move(*known));
  if (stopping_) return answer(std::unexpected(stopping()));
  if (!asked_.contains(user)) {
    auto& line = cache_.has_known(user) ? familiar_ : strangers_;
    if (line.size() >= how_.users_waiting_max) {
      return answer(
          failure(error_kind::limit, fault::us, "too many users wait to be looked up: try again"));
    }
    line.push_back(user);
  }
  asked_[user].push_back(std::move(tell));
  changed_.notify_all();
  return std::nullopt;
}

void user_lookup::doubt(const std::string& user) {
  const std::lock_guard held(mutex_);
  cache_.doubt(user, steady_clock::now());
}

void user_lookup::work() {
  lock held(mutex_);
  for (;;) {
    changed_.wait(held, [this] { return stopping_ || anybody(); });
    if (stopping_) return tell_all(held, stopping());
    const auto leader = await_leader(held);
    if (!leader) continue;
    const std::uint64_t way = way_;
    auto& line = next_line();
    const std::string user = line.front();
    held.unlock();
    answer said = ask_leader(user, *leader);
    held.lock();
    retired_.clear();
    if (way != way_ && !stopping_) continue;  // what was said in the old way is worth nothing
    if (!said) {
      // What holds for one holds for all who wait: each would wait as long again.
      tell_all(held, said.error());
      continue;
    }
    cache_.keep(user, *said, steady_clock::now());
    const waiters waiting = std::move(asked_.extract(user).mapped());
    line.pop_front();
    held.unlock();
    for (const auto& tell : waiting) tell(said);
    held.lock();
  }
}

// One in which somebody waits.
std::deque<std::string>& user_lookup::next_line() {
  const bool strange = familiar_.empty() || (stranger_next_ && !strangers_.empty());
  stranger_next_ = !strange;
  return strange ? strangers_ : familiar_;
}

std::optional<member_address> user_lookup::await_leader(lock& held) {
  const auto led = [this] { return view_ && view_->leader; };
  changed_.wait_for(held, how_.patience, [&] { return stopping_ || led(); });
  if (stopping_) return std::nullopt;
  if (led()) return view_->members[*view_->leader].address;
  tell_all(held, {error_kind::unavailable,
                  fault::server,
                  {},
                  "users cannot be looked up while cluster \"" + how_.cluster +
                      "\" has no leader: try again",
                  view_ ? view_->reason : ""});
  return std::nullopt;
}

user_lookup::answer user_lookup::ask_leader(const std::string& user, const member_address& at) {
  answer said = directory_at(at).find(user);
  if (said) return said;
  note(said.error());
  // An answer without sense is no password, and the client hears no more than that.
  if (said.error().kind == error_kind::unsupported) return std::nullopt;
  return failure(said.error().kind, said.error().whose,
                 "the user cannot be looked up: see auth_query of cluster \"" + how_.cluster +
                     "\", and Skein's log",
                 said.error().text_for_client + ": " + said.error().detail_for_log);
}

directory& user_lookup::directory_at(const member_address& at) {
  const std::lock_guard held(mutex_);
  const auto known =
      std::ranges::find(directories_, at, [](const auto& each) { return each.first; });
  if (known != directories_.end()) return *known->second;
  auto& made = directories_.emplace_back(at, open_(at)).second;
  if (stopping_) made->interrupt();
  return *made;
}

void user_lookup::tell_all(lock& held, const error& why) {
  const auto all = std::exchange(asked_, {});
  familiar_.clear();
  strangers_.clear();
  held.unlock();
  for (const auto& [user, waiting] : all) {
    for (const auto& tell : waiting) tell(std::unexpected(why));
  }
  held.lock();
}

void user_lookup::note(const error& why) {
  if (why.kind == error_kind::shutdown) return;
  log::write_limited(
      quiet_, log::level::warn, "users cannot be looked up",
      {{"cluster", how_.cluster}, {"error", why.text_for_client}, {"detail", why.detail_for_log}});
}

}  // namespace skein::proxy
