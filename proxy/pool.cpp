#include "proxy/pool.hpp"

namespace skein::proxy {

using std::chrono::steady_clock;

// Sessions that pool in another way leave other things behind on a server.
std::string pool::key_of(const errand& what) {
  std::string key;
  const auto add = [&key](std::string_view part) { key.append(part).append(1, '\0'); };
  add(what.who.user);
  add(what.request.database);
  key += static_cast<char>('0' + static_cast<int>(what.mode));
  for (const auto& [name, value] : what.request.parameters) {
    add(name);
    add(value);
  }
  return key;
}

pool::pool(const pool_ground& on, std::string member, member_address address, budget& places,
           unsigned number)
    : core_(on.core),
      cluster_(on.cluster),
      member_(std::move(member)),
      address_(std::move(address)),
      places_(places),
      counters_(on.counters),
      keys_(on.keys),
      opening_(on.core, on.dial, on.cluster, on.counters),
      number_(number),
      tls_turn_(on.cluster->server_tls_turn),
      line_(places.waiters(), number_),
      idle_check_(on.core.wheel(), [this] { look_after_idle(); }),
      dice_(std::random_device{}()),
      warmers_(on.core.where()),
      tasks_(on.core.where()) {}

// One whose coroutine waits, for as long as its errand may take.
struct pool::caller final : pool::waiter {
  caller(net::executor where, net::steady_time until) : alarm(where, until) {}
  void your_turn() override { alarm.cancel(); }
  net::timer alarm;
};

net::awaitable<result<lease>> pool::borrow(target to, errand& what) {
  const std::string key = key_of(what);
  // Its turn was at another member.
  if (what.place && !what.place->is_of(places_)) what.place.reset();
  if (!what.place && !closing_) {
    caller self(core_.where(), what.until);
    self.wanted = {key, to.epoch};
    self.ticket = what.ticket;
    line_up(self);
    if (self.waits()) co_await self.alarm.async_wait(net::use_result);
    what.ticket = self.ticket;
    what.place = std::exchange(self.place, std::nullopt);
    lease warm = std::exchange(self.warm, nullptr);
    leave_line(self);
    if (warm) co_return std::move(warm);
  }
  if (closing_ || to.epoch != epoch_) {
    what.place.reset();
    if (closing_) co_return std::unexpected(gone());
    co_return failure(error_kind::unavailable, fault::server, "the lead has moved: try again");
  }
  if (!what.place) co_return std::unexpected(waited_too_long());
  budget::slot place = std::move(*what.place);
  what.place.reset();
  auto opened = co_await opening_.open(std::move(place), to.member, to.epoch, what);
  if (opened && closing_) {
    (*opened)->close();
    co_return std::unexpected(gone());
  }
  if (opened) {
    take_in(*opened, key, to.leads);
    if (cluster_->pool.min_idle > 0) keep_warm(key, to, what);
  }
  co_return opened;
}

error pool::gone() const {
  return {error_kind::unavailable,
          fault::server,
          {},
          "member \"" + member_ + "\" is not of cluster \"" + cluster_->name + "\" any more",
          {}};
}

error pool::waited_too_long() const {
  const std::string whose = "member \"" + member_ + "\" of cluster \"" + cluster_->name + "\"";
  const std::string all = places_.used_up()
                              ? "all " + std::to_string(places_.size()) + " to " + whose +
                                    " are in use; try again, or raise pool.size"
                              : std::to_string(places_.logins_max()) + " to " + whose +
                                    " are being opened for others; try again, or raise pool.logins";
  return {error_kind::limit,
          fault::us,
          {},
          "no server connection became free within " + in_words(cluster_->pool.wait) + ": " + all,
          {}};
}

// Without waiting, and so not while others wait: a warm connection, else a place for a new one, if
// need be that of an idle connection which this login cannot use.
bool pool::look(waiter& who) {
  if (places_.anybody_waits()) return false;
  who.warm = take_idle(who.wanted.key, who.wanted.epoch);
  if (who.warm) return true;
  who.place = places_.try_take();
  if (!who.place && !idle_.empty() && places_.may_sign_in_anew(idle_.front()->place)) {
    const lease oldest = std::move(idle_.front());
    idle_.erase(idle_.begin());
    who.place = std::move(oldest->place);
    oldest->close();
    count();
  }
  return who.place.has_value();
}

void pool::line_up(waiter& who) {
  if (look(who)) return;
  counters_.pool_waiting.add();
  who.at_ = this;
  line_.join(who);
  places_.look_for_one(number_, who.wanted);
  if (!idle_.empty()) offer_one_idle(who.wanted);
}

void pool::leave_line(waiter& who) {
  if (who.waits()) {
    who.at_->counters_.pool_waiting.subtract();
    who.at_->line_.leave(who);
  }
  who.place.reset();
  if (who.warm) give_back(std::exchange(who.warm, nullptr));
}

void pool::rouse(waiter& who) {
  leave_line(who);
  who.your_turn();
}

lease pool::take_warm(const std::string& key, std::uint64_t epoch) {
  return places_.anybody_waits() ? nullptr : take_idle(key, epoch);
}

lease pool::take_idle(std::string_view key, std::uint64_t epoch) {
  for (auto it = idle_.rbegin(); it != idle_.rend(); ++it) {
    if ((*it)->epoch != epoch || (*it)->key != key) continue;
    lease found = std::move(*it);
    idle_.erase(std::next(it).base());
    count();
    return found;
  }
  return nullptr;
}

// For as long as it is open, whoever uses it.
net::awaitable<> pool::look_after(lease opened) {
  ++open_;
  count();
  co_await attend(core_, opened, counters_);
  --open_;
  std::erase(idle_, opened);
  count();
  if (opened->leaves_for) send_off(*opened);
}

// A cancel that is still on its way must find the connection with its old client, or closed.
net::awaitable<> pool::await_cancels(lease used) {
  const auto until = steady_clock::now() + cluster_->pool.settle_timeout;
  // Not both in one condition: GCC 12 would wait first and look then.
  while (used->cancels > 0) {
    if (!co_await used->cancels_over.wait(until)) break;
  }
  if (used->cancels > 0 || used->cancel_lost) {
    used->close();
  } else {
    put_back(std::move(used));
  }
}

void give_back(lease clean) {
  if (!clean->stream.open()) return;
  pool& home = *clean->home;
  home.put_back(std::move(clean));
}

void pool::put_back(lease clean) {
  // The lead or the rules may have moved since it was lent: nobody would be given it any more.
  if (clean->epoch != epoch_ || clean->cancel_lost || !clean->out.empty() ||
      clean->tls_turn != tls_turn_ || closing_) {
    return clean->close();
  }
  if (clean->cancels > 0) return tasks_.spawn(await_cancels(std::move(clean)));
  clean->used = clean->idle_since = core_.wheel().read_clock();
  shelve(std::move(clean));
}

void pool::shelve(lease clean) {
  if (clean->retires <= clean->idle_since) return give_place(std::move(clean));
  if (places_.overdrawn(clean->place)) return clean->close();
  waiting_line::verdict told;
  if (places_.anybody_waits()) told = line_.offer({clean->key, clean->epoch}, places_.free());
  switch (told.what) {
    case waiting_line::fate::handed_on: {
      auto& who = static_cast<waiter&>(*told.who);
      counters_.pool_waiting.subtract();
      who.warm = std::move(clean);
      return who.your_turn();
    }
    case waiting_line::fate::elsewhere:
      clean->leaves_for = told.core;
      clean->go_on.ring_all();
      return clean->stream.cancel();  // who reads it lets it go
    case waiting_line::fate::closes:
      return give_place(std::move(clean));
    case waiting_line::fate::stays:
      idle_.push_back(std::move(clean));
      count();
      if (!idle_check_.armed()) idle_check_.arm(cluster_->pool.idle_check);
      if (places_.may_be_called(number_, true) && places_.anybody_waits()) offer_one_idle({});
  }
}

// Its place is free at once, whoever still holds the connection.
void pool::give_place(lease closed) {
  closed->close();
  const budget::slot freed = std::move(closed->place);
}

void pool::keep_only(std::uint64_t epoch) {
  epoch_ = epoch;
  close_those([&](const lease& idle) { return idle->epoch != epoch; });
  std::erase_if(pairs_, [&](const auto& each) { return each.second.epoch != epoch; });
  // What waits for a connection to another leader chooses anew, and keeps its place in the line.
  for (auto* each = line_.first(); each;) {
    auto& who = static_cast<waiter&>(*std::exchange(each, waiting_line::behind(*each)));
    if (who.wanted.epoch != epoch) rouse(who);
  }
}

void pool::close_idle() {
  close_those([](const lease&) { return true; });
}

void pool::retire() {
  closing_ = true;
  close_idle();
  pairs_.clear();
  idle_check_.disarm();
  places_.may_be_called(number_, false);
  if (warming_) {
    warming_->called_off = true;
    warmers_.cancel();
  }
  while (auto* const first = line_.first()) rouse(static_cast<waiter&>(*first));
}

net::awaitable<> pool::close() {
  retire();
  co_await warmers_.join();
  co_await tasks_.join();
}

void pool::count() {
  const auto idle = static_cast<std::int64_t>(idle_.size());
  const auto lent = static_cast<std::int64_t>(open_) - idle;
  counters_.server_connections_idle.add(idle - std::exchange(told_idle_, idle));
  counters_.server_connections_active.add(lent - std::exchange(told_lent_, lent));
}

}  // namespace skein::proxy
