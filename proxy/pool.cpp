#include "proxy/pool.hpp"

#include "proxy/patience.hpp"

namespace skein::proxy {

using std::chrono::steady_clock;

namespace {

std::string key_of(const std::string& member, const credentials& who,
                   const login_request& request) {
  std::string key = member + '\0' + who.user + '\0' + request.database;
  for (const auto& [name, value] : request.parameters) {
    for (const std::string* part : {&name, &value}) key.append(1, '\0').append(*part);
  }
  return key;
}

}  // namespace

pool::pool(net::core& core, net::dialer& dial, const cluster_settings& cluster, budget& places,
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
      idle_check_(core.wheel(), [this] { look_after_idle(); }) {}

net::awaitable<result<lease>> pool::borrow(const routing::member_view& member, std::uint64_t epoch,
                                           errand& what) {
  const std::string key = key_of(member.name, what.who, what.request);
  found at_hand = look(key, epoch);
  if (!at_hand) at_hand = co_await wait_for_turn(key, epoch, what);
  if (at_hand.warm) co_return std::move(at_hand.warm);
  if (epoch != epoch_) {
    co_return failure(error_kind::unavailable, fault::server, "the lead has moved: try again");
  }
  if (at_hand.place) {
    auto opened = co_await opening_.open(std::move(*at_hand.place), member, epoch, what);
    if (opened) (*opened)->key = key;
    co_return opened;
  }
  co_return failure(error_kind::limit, fault::us,
                    "no server connection became free within " + in_words(cluster_.pool.wait) +
                        ": all " + std::to_string(places_.size()) + " of cluster \"" +
                        cluster_.name + "\" are in use; try again, or raise pool.size");
}

// Without waiting, and so not while others wait: a warm connection, else a place for a new one, if
// need be that of an idle connection which this login cannot use.
pool::found pool::look(const std::string& key, std::uint64_t epoch) {
  if (places_.anybody_waits()) return {};
  if (lease warm = take_idle(key, epoch)) return {std::move(warm), {}};
  std::optional<budget::slot> place = places_.try_take();
  if (!place && !idle_.empty()) {
    place = std::move(idle_.back().connection->place);
    idle_.pop_back();
    count_idle();
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

lease pool::take_idle(const std::string& key, std::uint64_t epoch) {
  for (auto it = idle_.begin(); it != idle_.end();) {
    if (it->connection->key != key || it->connection->epoch != epoch) {
      ++it;
      continue;
    }
    lease found = std::move(it->connection);
    it = idle_.erase(it);
    count_idle();
    // Anything to read now is the server's goodbye or something unasked: not for the next client.
    if (found->stream.quiet()) return found;
  }
  return nullptr;
}

net::awaitable<> pool::give_back(lease used, bool at_rest, std::string reset_request) {
  // A cancel that is still on its way must find the connection with its old client, or closed.
  const auto until = steady_clock::now() + cluster_.pool.settle_timeout;
  // Not both in one condition: GCC 12 would wait first and look then.
  while (used->cancels > 0) {
    if (!co_await used->cancels_over.wait(until)) break;
  }
  if (!at_rest || used->cancels > 0 || used->cancel_lost || reset_request.empty()) co_return;
  bool clean = co_await reset(*used, reset_request);
  // A cancel may take effect late, on the reset itself: once more tells.
  if (!clean && used->stream.open()) clean = co_await reset(*used, reset_request);
  if (clean) put_back(std::move(used));
}

void pool::put_back(lease clean) {
  // The lead may have moved since it was lent: nobody would be given it any more.
  if (clean->epoch != epoch_) return;
  const auto told = places_.offer({number_, clean->key, clean->epoch});
  switch (told.what) {
    case waiting_line::fate::handed_on:
      return serve(told.ticket, {std::move(clean), {}});
    case waiting_line::fate::closes:
      return;
    case waiting_line::fate::stays:
      idle_.push_front({std::move(clean), steady_clock::now()});
      count_idle();
      idle_check_.arm(cluster_.pool.idle_check);
  }
}

// Somebody waits: what is idle here is treated as if it came back now, the oldest first.
void pool::offer_idle() {
  while (!idle_.empty() && places_.anybody_waits()) {
    lease oldest = std::move(idle_.back().connection);
    idle_.pop_back();
    count_idle();
    if (oldest->stream.quiet()) put_back(std::move(oldest));
  }
}

net::awaitable<bool> pool::reset(server_connection& used, const std::string& request) {
  patience reset_time(core_, used.stream);
  reset_time.arm(cluster_.pool.settle_timeout);
  const auto talk = cluster_.database->start_conversation();
  action_list actions;
  talk->from_client(std::as_bytes(std::span(request)), actions);
  bool whole = !co_await used.stream.write_all(request);
  std::string input;
  std::array<std::byte, 1024> chunk;
  while (whole && !talk->at_rest()) {
    const auto [failed, count] = co_await used.stream.read_some(chunk);
    if (failed) {
      whole = false;
      break;
    }
    input.append(reinterpret_cast<const char*>(chunk.data()), count);
    actions.clear();
    talk->from_server(std::as_bytes(std::span(input)), actions);
    for (const action& done : actions.all()) input.erase(0, done.bytes);
  }
  if (!whole) used.stream.close();
  co_return whole && talk->counts().errors_seen == 0;
}

void pool::keep_only(std::uint64_t epoch) {
  epoch_ = epoch;
  std::erase_if(idle_, [&](const auto& idle) { return idle.connection->epoch != epoch; });
  count_idle();
  // What waits for a connection to another leader chooses anew, and keeps its place in the line.
  for (const auto& [ticket, waiting] : waiters_) {
    if (waiting->epoch != epoch) waiting->alarm.cancel();
  }
}

void pool::close_idle() {
  idle_.clear();
  count_idle();
}

// Those unused for long are closed, and those that their server has closed.
void pool::look_after_idle() {
  const auto now = steady_clock::now();
  std::erase_if(idle_, [&](const auto& idle) {
    return now - idle.since > cluster_.pool.idle || !idle.connection->stream.quiet();
  });
  count_idle();
  if (!idle_.empty()) idle_check_.arm(cluster_.pool.idle_check);
}

void pool::count_idle() {
  counters_.server_connections_idle.set(static_cast<std::int64_t>(idle_.size()));
}

}  // namespace skein::proxy
