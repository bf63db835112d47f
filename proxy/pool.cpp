#include "proxy/pool.hpp"

namespace skein::proxy {

using std::chrono::steady_clock;

namespace {

// Sessions that pool in another way leave other things behind on a server.
std::string key_of(const std::string& member, const errand& what) {
  std::string key = member + '\0' + what.who.user + '\0' + what.request.database + '\0';
  key += static_cast<char>('0' + static_cast<int>(what.mode));
  for (const auto& [name, value] : what.request.parameters) {
    for (const std::string* part : {&name, &value}) key.append(1, '\0').append(*part);
  }
  return key;
}

}  // namespace

pool::pool(net::core& core, net::dialer& dial, const cluster_in_force& cluster, budget& places,
           metrics::core_counters& counters)
    : core_(core),
      cluster_(cluster),
      places_(places),
      counters_(counters),
      opening_(core, dial, cluster, counters),
      number_(places.join({[this](std::uint64_t ticket, budget::slot place) {
                             core_.post([this, ticket, place = std::move(place)]() mutable {
                               serve(ticket, {nullptr, std::move(place)});
                             });
                           },
                           [this] { core_.post([this] { offer_idle(); }); }})),
      idle_check_(core.wheel(), [this] { look_after_idle(); }),
      dice_(std::random_device{}()),
      tasks_(core.where()) {}

net::awaitable<result<lease>> pool::borrow(const routing::member_view& member, std::uint64_t epoch,
                                           errand& what) {
  const std::string key = key_of(member.name, what);
  found at_hand = look(key, epoch);
  if (!at_hand) at_hand = co_await wait_for_turn(key, epoch, what);
  if (at_hand.warm) co_return std::move(at_hand.warm);
  if (epoch != epoch_) {
    co_return failure(error_kind::unavailable, fault::server, "the lead has moved: try again");
  }
  if (at_hand.place) {
    auto opened = co_await opening_.open(std::move(*at_hand.place), member, epoch, what);
    if (opened) {
      take_in(*opened, key);
      if (cluster_->pool.min_idle > 0) {
        pairs_.insert_or_assign(
            key, pair{what.who, what.request, member, epoch, core_.wheel().read_clock()});
        if (!idle_check_.armed()) idle_check_.arm(cluster_->pool.idle_check);
      }
    }
    co_return opened;
  }
  co_return std::unexpected(waited_too_long());
}

error pool::waited_too_long() {
  const std::string all = places_.used_up()
                              ? "all " + std::to_string(places_.size()) + " of cluster \"" +
                                    cluster_->name + "\" are in use; try again, or raise pool.size"
                              : std::to_string(places_.logins_max()) +
                                    " are being opened for others; try again, or raise pool.logins";
  return {error_kind::limit,
          fault::us,
          {},
          "no server connection became free within " + in_words(cluster_->pool.wait) + ": " + all,
          {}};
}

// Without waiting, and so not while others wait: a warm connection, else a place for a new one, if
// need be that of an idle connection which this login cannot use.
pool::found pool::look(const std::string& key, std::uint64_t epoch) {
  if (places_.anybody_waits()) return {};
  if (lease warm = take_idle(key, epoch)) return {std::move(warm), {}};
  std::optional<budget::slot> place = places_.try_take();
  if (!place && !idle_.empty() && places_.may_sign_in_anew(idle_.front()->place)) {
    const lease oldest = std::move(idle_.front());
    idle_.erase(idle_.begin());
    place = std::move(oldest->place);
    oldest->close();
    count();
  }
  return {nullptr, std::move(place)};
}

net::awaitable<pool::found> pool::wait_for_turn(const std::string& key, std::uint64_t epoch,
                                                errand& what) {
  if (auto place = places_.take_or_wait(what.ticket, {number_, key, epoch})) {
    co_return found{nullptr, std::move(place)};
  }
  waiter self{net::timer(core_.where(), what.until), epoch};
  waiters_.emplace(what.ticket, &self);
  counters_.pool_waiting.add();
  co_await self.alarm.async_wait(net::use_result);
  counters_.pool_waiting.subtract();
  waiters_.erase(what.ticket);
  places_.stop_waiting(what.ticket);
  co_return std::move(self.got);
}

// A place for one who has gone meanwhile is let go of, and so goes to the next.
void pool::serve(std::uint64_t ticket, found with) {
  const auto found = waiters_.find(ticket);
  if (found == waiters_.end()) return;
  found->second->got = std::move(with);
  found->second->alarm.cancel();
}

lease pool::take_warm(const std::string& key, std::uint64_t epoch) {
  return places_.anybody_waits() ? nullptr : take_idle(key, epoch);
}

lease pool::take_idle(const std::string& key, std::uint64_t epoch) {
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

void pool::put_back(lease clean) {
  if (!clean->stream.open()) return;
  // The lead or the rules may have moved since it was lent: nobody would be given it any more.
  if (clean->epoch != epoch_ || clean->cancel_lost || !clean->out.empty() ||
      clean->tls_turn != tls_turn_) {
    return clean->close();
  }
  if (clean->cancels > 0) return tasks_.spawn(await_cancels(std::move(clean)));
  clean->used = clean->idle_since = core_.wheel().read_clock();
  shelve(std::move(clean));
}

void pool::shelve(lease clean) {
  if (clean->retires <= clean->idle_since) return give_place(std::move(clean));
  const auto told = places_.offer({number_, clean->key, clean->epoch});
  switch (told.what) {
    case waiting_line::fate::handed_on:
      return serve(told.ticket, {std::move(clean), {}});
    case waiting_line::fate::closes:
      return give_place(std::move(clean));
    case waiting_line::fate::stays:
      idle_.push_back(std::move(clean));
      count();
      if (!idle_check_.armed()) idle_check_.arm(cluster_->pool.idle_check);
  }
}

// Its place is free at once, whoever still holds the connection.
void pool::give_place(lease closed) {
  closed->close();
  const budget::slot freed = std::move(closed->place);
}

// Somebody waits: what is idle here is treated as if it came back now, the oldest first.
void pool::offer_idle() {
  for (lease& each : std::exchange(idle_, {})) shelve(std::move(each));
  count();
}

void pool::keep_only(std::uint64_t epoch) {
  epoch_ = epoch;
  close_those([&](const lease& idle) { return idle->epoch != epoch; });
  std::erase_if(pairs_, [&](const auto& each) { return each.second.epoch != epoch; });
  // What waits for a connection to another leader chooses anew, and keeps its place in the line.
  for (const auto& [ticket, waiting] : waiters_) {
    if (waiting->epoch != epoch) waiting->alarm.cancel();
  }
}

void pool::close_idle() {
  close_those([](const lease&) { return true; });
}

net::awaitable<> pool::close() {
  closing_ = true;
  close_idle();
  if (warming_) {
    warming_->called_off = true;
    tasks_.cancel();
  }
  co_await tasks_.join();
}

void pool::count() {
  counters_.server_connections_idle.set(static_cast<std::int64_t>(idle_.size()));
  counters_.server_connections_active.set(static_cast<std::int64_t>(open_ - idle_.size()));
}

}  // namespace skein::proxy
