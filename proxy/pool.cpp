#include "proxy/pool.hpp"

#include "metrics/log.hpp"
#include "proxy/login.hpp"
#include "proxy/patience.hpp"

namespace skein::proxy {

namespace log = metrics::log;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds reset_timeout{5000};
constexpr milliseconds idle_check_every{1000};

std::string key_of(const std::string& member, const credentials& who,
                   const login_request& request) {
  std::string key = member + '\0' + who.user + '\0' + request.database;
  for (const auto& [name, value] : request.parameters) {
    for (const std::string* part : {&name, &value}) key.append(1, '\0').append(*part);
  }
  return key;
}

std::string seconds(milliseconds time) {
  const auto count = time.count();
  return count % 1000 == 0 ? std::to_string(count / 1000) + " s" : std::to_string(count) + " ms";
}

}  // namespace

pool::pool(net::core& core, net::dialer& dial, const cluster_settings& cluster, budget& places,
           metrics::core_counters& counters)
    : core_(core),
      dial_(dial),
      cluster_(cluster),
      places_(places),
      counters_(counters),
      freed_(core.where()),
      idle_check_(core.wheel(), [this] { close_old(); }) {}

net::awaitable<result<lease>> pool::borrow(const routing::member_view& member, std::uint64_t epoch,
                                           const credentials& who, const login_request& request) {
  const std::string key = key_of(member.name, who, request);
  found at_hand = look(key, epoch);
  if (!at_hand) at_hand = co_await wait_for_place(key, epoch);
  if (at_hand.warm) co_return std::move(at_hand.warm);
  if (at_hand.place) {
    co_return co_await open(std::move(*at_hand.place), member, epoch, who, request);
  }
  co_return failure(error_kind::limit, fault::us,
                    "no server connection became free within " + seconds(cluster_.pool.wait) +
                        ": all " + std::to_string(places_.size()) + " of cluster \"" +
                        cluster_.name + "\" are in use; try again, or raise pool.size");
}

// Without waiting: a warm connection, else a place for a new one, if need be that of an idle
// connection which this login cannot use.
pool::found pool::look(const std::string& key, std::uint64_t epoch) {
  if (lease warm = take_idle(key, epoch)) return {std::move(warm), {}};
  std::optional<budget::slot> place = places_.try_take();
  if (!place && !idle_.empty()) {
    close_oldest();
    place = places_.try_take();
  }
  return {nullptr, std::move(place)};
}

net::awaitable<pool::found> pool::wait_for_place(const std::string& key, std::uint64_t epoch) {
  const auto until = steady_clock::now() + cluster_.pool.wait;
  counters_.pool_waiting.add();
  ++waiting_here_;
  places_.start_waiting();
  found at_hand = look(key, epoch);
  while (!at_hand && co_await freed_.wait(until)) at_hand = look(key, epoch);
  places_.stop_waiting();
  --waiting_here_;
  counters_.pool_waiting.subtract();
  co_return at_hand;
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

net::awaitable<result<lease>> pool::open(budget::slot place, const routing::member_view& member,
                                         std::uint64_t epoch, const credentials& who,
                                         const login_request& request) {
  const backend& database = *cluster_.database;
  auto [failed, stream] =
      co_await dial_.dial(endpoint_of(database, member.address), cluster_.pool.connect_timeout);
  if (failed) {
    counters_.server_connections_failed.add();
    co_return failure(error_kind::unavailable, fault::server,
                      "member \"" + member.name + "\" of cluster \"" + cluster_.name +
                          "\" cannot be connected to: " + failed.message() +
                          "; is the server running?",
                      "address " + to_string(member.address));
  }
  auto made = std::make_shared<server_connection>(core_.where(), std::move(place));
  made->stream = std::move(stream);
  made->key = key_of(member.name, who, request);
  made->address = member.address;
  made->member = member.name;
  made->epoch = epoch;
  const auto login =
      database.start_login({cluster_.server_tls, who, request, made->stream.local()});
  patience login_time(core_, made->stream);
  login_time.arm(cluster_.pool.connect_timeout);
  const net::tls_context* tls =
      cluster_.server_tls_context ? &*cluster_.server_tls_context : nullptr;
  const auto signed_in =
      co_await carry_server_login(made->stream, *login, tls, member.address.host);
  if (!signed_in) {
    counters_.server_connections_failed.add();
    error why = signed_in.error();
    if (login_time.lost()) {
      why = {error_kind::unavailable,
             fault::server,
             {},
             "member \"" + member.name + "\" did not finish a login within " +
                 seconds(cluster_.pool.connect_timeout),
             {}};
    }
    // A server that goes away in mid-login is on its way down or up: worth another try.
    if (why.kind == error_kind::lost) why.kind = error_kind::unavailable;
    why.detail_for_log += " (signing in to " + member.name + " as " + who.user + ")";
    co_return std::unexpected(std::move(why));
  }
  made->greeting = login->greeting();
  counters_.server_connections_opened.add();
  co_return made;
}

net::awaitable<> pool::give_back(lease used, bool at_rest, std::string reset_request) {
  // A cancel that is still on its way must find the connection with its old client, or closed.
  const auto until = steady_clock::now() + reset_timeout;
  while (used->cancels > 0 && co_await used->cancels_over.wait(until)) {
  }
  if (!at_rest || used->cancels > 0 || used->cancel_lost || reset_request.empty()) co_return;
  bool clean = co_await reset(*used, reset_request);
  // A cancel may take effect late, on the reset itself: once more tells.
  if (!clean && used->stream.open()) clean = co_await reset(*used, reset_request);
  // The lead may have moved since it was lent: nobody would be given it any more.
  if (!clean || used->epoch != epoch_ || others_turn()) co_return;
  idle_.push_front({std::move(used), steady_clock::now()});
  count_idle();
  idle_check_.arm(idle_check_every);
  freed_.ring_one();
}

// A connection that stays idle here is of no use to who waits on another core: its place is. With
// waiters on both sides every other one goes.
bool pool::others_turn() {
  if (places_.waiting() <= waiting_here_) return false;
  kept_last_ = waiting_here_ > 0 && !kept_last_;
  return !kept_last_;
}

net::awaitable<bool> pool::reset(server_connection& used, const std::string& request) {
  patience reset_time(core_, used.stream);
  reset_time.arm(reset_timeout);
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
}

void pool::close_idle() {
  idle_.clear();
  count_idle();
}

void pool::close_oldest() {
  if (idle_.empty()) return;
  idle_.pop_back();
  count_idle();
}

void pool::close_old() {
  const auto now = steady_clock::now();
  std::erase_if(idle_, [&](const auto& idle) { return now - idle.since > cluster_.pool.idle; });
  count_idle();
  if (!idle_.empty()) idle_check_.arm(idle_check_every);
}

void pool::count_idle() {
  counters_.server_connections_idle.set(static_cast<std::int64_t>(idle_.size()));
}

}  // namespace skein::proxy
