// The upkeep of a pool: closes what is old or has not been used for long, keeps a few warm for who
// has had clients lately. Each core looks now and then, never on the path of a query.
#include "proxy/lifetime.hpp"
#include "proxy/pool.hpp"

namespace skein::proxy {

void pool::take_in(const lease& opened, const std::string& key, bool leads) {
  opened->key = key;
  opened->leads = leads;
  opened->home = this;
  if (cluster_->pool.lifetime.count() > 0) {
    const double die = std::uniform_real_distribution(0.0, 1.0)(dice_);
    opened->retires = core_.wheel().read_clock() + lifetime_of_one(cluster_->pool.lifetime, die);
  }
  tasks_.spawn(look_after(opened));
}

void pool::keep_warm(const std::string& key, const target& to, const errand& what) {
  credentials who = what.who;
  const bool by_key = !std::exchange(who.proven, {}).empty();
  const auto now = core_.wheel().read_clock();
  pairs_.insert_or_assign(
      key, pair{std::move(who), by_key, what.request, to.member, to.epoch, to.leads, now});
  if (!idle_check_.armed()) idle_check_.arm(cluster_->pool.idle_check);
}

// What was opened with another password goes on; what was under other rules of TLS or compression,
// or is beyond pool.size, goes when nobody has it. How long a connection lives was drawn when it
// was opened.
void pool::adopt(const cluster_settings& before) {
  const auto as_before = [&](const std::string& user) {
    const auto was = before.users.find(user);
    const auto is = cluster_->users.find(user);
    if (was == before.users.end() || is == cluster_->users.end())
      return was == before.users.end() && is == cluster_->users.end();
    return was->second.password == is->second.password &&
           was->second.verifier == is->second.verifier;
  };
  std::erase_if(pairs_, [&](const auto& each) { return !as_before(each.second.who.user); });
  tls_turn_ = cluster_->server_tls_turn;
  close_those([&](const lease& idle) { return idle->tls_turn != tls_turn_; });
  offer_idle();
  if (!idle_.empty() || !pairs_.empty()) idle_check_.arm(cluster_->pool.idle_check);
}

void pool::look_after_idle() {
  const auto now = core_.wheel().read_clock();
  for (const lease& idle : idle_) {
    const auto of = pairs_.find(idle->key);
    if (of != pairs_.end()) of->second.used = std::max(of->second.used, idle->used);
  }
  std::erase_if(pairs_,
                [&](const auto& each) { return now - each.second.used > cluster_->pool.lately; });
  keys_.forget_gone();
  close_worn(now);
  if (!pairs_.empty() && !warming_ && !closing_) warmers_.spawn(warm());
  if (!idle_.empty() || !pairs_.empty()) idle_check_.arm(cluster_->pool.idle_check);
}

std::map<std::string_view, std::size_t> pool::idle_by_key() const {
  std::map<std::string_view, std::size_t> found;
  for (const lease& idle : idle_) ++found[idle->key];
  return found;
}

// The longest idle stand in front: the last of a pair are those that are kept.
void pool::close_worn(net::steady_time now) {
  auto left = idle_by_key();
  close_those([&](const lease& idle) {
    std::size_t& same = left[idle->key];
    const std::size_t kept = pairs_.contains(idle->key) ? cluster_->pool.min_idle : 0;
    const bool unused = now - idle->idle_since > cluster_->pool.idle && same > kept;
    if (!unused && idle->retires > now) return false;
    --same;
    return true;
  });
}

// One after the other, and none in whose place somebody else could have one. What fails is tried
// again at the next look.
net::awaitable<> pool::warm() {
  std::vector<std::string> cold;  // as often as one is missing
  auto idle = idle_by_key();
  for (const auto& [key, of] : pairs_) {
    for (std::size_t have = idle[key]; have < cluster_->pool.min_idle; ++have) cold.push_back(key);
  }
  for (const std::string& key : cold) {
    const bool going_on = co_await warm_one(key);
    if (!going_on) co_return;
  }
}

net::awaitable<bool> pool::warm_one(std::string key) {
  const auto found = pairs_.find(key);
  if (found == pairs_.end()) co_return true;
  pair of = found->second;
  if (of.by_key) {
    const auto proven = keys_.of(of.who.user);
    if (!proven) co_return true;  // what stands open stays so until a session brings the key again
    of.who.proven = *proven;
  }
  auto place = places_.try_take();
  if (!place || closing_) co_return false;
  errand what{of.who, of.request, std::chrono::steady_clock::now() + cluster_->pool.wait};
  warming_ = &what;
  auto opened = co_await opening_.open(std::move(*place), of.member, of.epoch, what);
  warming_ = nullptr;
  if (!opened) {
    // Such as a password that has changed: who comes next will say whether it is right again.
    if (opened.error().kind != error_kind::unavailable) pairs_.erase(key);
    co_return opened.error().kind != error_kind::unavailable;
  }
  take_in(*opened, key, of.leads);
  if (closing_ || of.epoch != epoch_) {
    (*opened)->close();
    co_return false;
  }
  (*opened)->idle_since = core_.wheel().read_clock();
  shelve(std::move(*opened));
  co_return true;
}

}  // namespace skein::proxy
