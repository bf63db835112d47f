// A session as the exchange's lender of servers, and as a listener of the switchboard. Where such
// a connection will do as it had last it stands in the line of its core's pool, and nothing is
// spawned; else it borrows by a task, while it hears whether its client leaves.
#include "proxy/session.hpp"

namespace skein::proxy {

namespace log = metrics::log;
using std::chrono::steady_clock;

void session::standing::leave() {
  limit.disarm();
  pool::leave_line(*this);
}

void session::standing::give_up() {
  leave();
  // It was for who led: who leads next is waited for elsewhere.
  if (!whose.home_.now()->leader) return whose.life_->rouse();
  late = std::make_unique<error>(in_vain());
  whose.life_->rouse();
}

void session::standing::your_turn() {
  limit.disarm();
  // A server that may have closed behind its last answer has a moment to be found so.
  const bool quiet = warm && warm->stream.drained();
  if (quiet) return whose.life_->served();
  whose.life_->rouse();
}

// The first server, where one stands ready: as a rule, once there is a crowd that comes and goes.
lease session::warm_start() {
  lease first = home_.take_warm({.who = who_, .request = shared_, .until = {}, .mode = mode_});
  if (!first || !first->stream.open()) return nullptr;
  pool_key_ = first->key;
  pool_epoch_ = first->epoch;
  return first;
}

router::client_words session::words_of_client() const {
  return {.user = asked_.user,
          .database = asked_.database,
          .application = home_.cluster().database->application_of(asked_),
          .from = place_of(peer())};
}

// Where statements may go to more than one member. In session pooling the first server is the last.
void session::find_ways() {
  const bool chooses = mode_ != pool_mode::session && home_.chooses();
  if (chooses && !ways_) ways_ = std::make_unique<router>(home_, words_of_client());
}

void session::want(const server_wish& what) {
  find_ways();
  if (!ways_) return;
  const auto before = ways_->timeout();
  ways_->want(what);
  if (timed_ && ways_->timeout() != before) keep_time();
}

bool session::server_speaks(const server_connection& server) {
  const bool wrote = talk_->may_have_written();
  if (server.leads && wrote && !home_.led().holds(server.epoch)) return false;
  if (ways_ && ways_->tells_others()) ways_->answered(server, wrote);
  return true;
}

// The pool that has what is wanted now; null: none has, at this moment.
pool* session::source() {
  if (!ways_) return home_.may_go_on(pool_epoch_) ? home_.leading() : nullptr;
  const routing::plan way = ways_->decide();
  if (way.what != routing::plan::act::send) return nullptr;
  pool_epoch_ = home_.now()->epoch;
  return home_.pools().of(way.member).get();
}

lease session::lend_out(lease server, net::steady_time now) {
  if (!ways_ || !talk_ || !server) return server;
  ways_->lent(*server, now);
  if (ways_->is_sample(*server)) log_route(*server);
  return server;
}

// Never the statement itself, whose values are the client's own.
void session::log_route(const server_connection& server) const {
  constexpr std::size_t form_told_max = 200;
  const statement_facts* const facts = ways_->facts();
  log::write(
      log::level::info, "routed",
      {{"cluster", home_.cluster().name},
       {"client", peer()},
       {"user", asked_.user},
       {"database", asked_.database},
       {"member", server.member},
       {"route", ways_->explain()},
       {"fingerprint", facts ? fingerprint_text(facts->fingerprint) : std::string()},
       {"statement", facts ? console::beginning_of(facts->form, form_told_max) : std::string()}});
}

lease session::take_warm() {
  while (pool* const from = source()) {
    lease warm = from->take_warm(pool_key_, pool_epoch_);
    if (!warm || !ways_) return warm;
    if (ways_->trusts(*warm)) return lend_out(std::move(warm), ways_->decided());
    proxy::give_back(std::move(warm));
    if (!home_.now()->leader) return nullptr;
    ways_->shun();
  }
  return nullptr;
}

lease session::try_borrow() {
  if (standing_ && standing_->place) return nullptr;
  if (!standing_ || !standing_->warm) {
    return home_.paused() ? nullptr : take_warm();
  }
  lease brought = std::exchange(standing_->warm, nullptr);
  const bool may_go_on =
      !brought->leads || (home_.may_go_on(brought->epoch) && !home_.now()->withheld);
  const bool trusted = !ways_ || ways_->trusts(*brought);
  if (!may_go_on || !trusted || !brought->stream.open()) {
    proxy::give_back(std::move(brought));
    return nullptr;
  }
  standing_->ticket = 0;
  return lend_out(std::move(brought), steady_clock::now());
}

void session::line_up() {
  pool* const from = home_.paused() ? nullptr : source();
  if (!from) return;
  if (!standing_) standing_ = std::make_unique<standing>(*this);
  const auto wait = home_.cluster().pool.wait;
  standing_->wanted = {pool_key_, pool_epoch_};
  standing_->ticket = 0;
  standing_->late.reset();
  standing_->until = home_.core().wheel().read_clock() + wait;
  from->line_up(*standing_);
  if (standing_->waits()) standing_->limit.arm(wait);
}

bool session::in_line() const {
  return standing_ && standing_->waits();
}

void session::leave_line() {
  if (standing_) standing_->leave();
}

void session::give_back(lease server, net::steady_time answered) {
  if (ways_ && talk_)
    ways_->given_back(*server, {talk_->may_have_written(), talk_->exact_writes()}, answered);
  proxy::give_back(std::move(server));
}

bool session::listen(std::string_view channel) {
  return home_.announcements().listen(channel, *this);
}

void session::unlisten(std::string_view channel) {
  home_.announcements().unlisten(shared_.database, channel, *this);
}

void session::unlisten_all() {
  home_.announcements().forget(shared_.database, *this);
}

void session::channel_live(const result<void>& outcome) {
  if (life_) life_->channel_live(outcome);
}

void session::announced(std::string_view message) {
  if (life_) life_->announce(message);
}

void session::announcements_lost() {
  if (life_) life_->announcements_lost();
}

// A server may be long in coming: meanwhile the client may leave, and we may be told to end.
net::awaitable<result<lease>> session::borrow(std::string& ahead) {
  if (standing_ && standing_->late) co_return std::unexpected(*std::exchange(standing_->late, {}));
  const bool stood = standing_ && standing_->ticket != 0;
  const auto until = stood ? standing_->until : steady_clock::now() + home_.cluster().pool.wait;
  for (;;) {
    fetching now{{.who = who_, .request = shared_, .until = until, .mode = mode_},
                 net::task_group(home_.core().where())};
    // Who is only signing in may as well come again.
    if (talk_) now.what.held_until = until - home_.cluster().pool.wait + home_.cluster().hold;
    if (standing_) now.what.ticket = std::exchange(standing_->ticket, 0);
    if (standing_) now.what.place = std::exchange(standing_->place, std::nullopt);
    fetching_ = &now;
    now.task.spawn(fetch(now));
    const bool left = co_await hear_client_leave(now, ahead);
    if (left || ending_) now.call_off();
    co_await now.task.join();
    fetching_ = nullptr;
    if (left) {
      if (*now.got) proxy::give_back(std::move(**now.got));
      co_return failure(error_kind::lost, fault::client,
                        "the client left while it waited for a server connection");
    }
    if (*now.got) {
      // Since the fetching ended nobody has used it: of its end nobody would ever be told.
      if (!(**now.got)->stream.open()) continue;
      pool_key_ = (**now.got)->key;
      pool_epoch_ = (**now.got)->epoch;
      lend_out(**now.got, steady_clock::now());
    }
    co_return std::move(*now.got);
  }
}

net::awaitable<> session::fetch(fetching& now) {
  while (home_.paused() && !now.what.called_off) {
    now.held = true;
    now.what.place.reset();
    co_await home_.resumed().wait(net::steady_time::max());
    now.what.until = steady_clock::now() + home_.cluster().pool.wait;
    now.what.held_until = steady_clock::now() + home_.cluster().hold;
  }
  now.held = false;
  if (now.what.called_off) {
    now.got = failure(error_kind::lost, fault::client, "the client left while all was paused");
  } else {
    now.got = co_await obtain(now.what);
  }
  client_.cancel();  // ends the wait for its leaving
}

// From wherever it may be had, as long as there is time.
net::awaitable<result<lease>> session::obtain(errand& what) {
  if (!talk_) what.member = home_.stand_in();
  while (ways_ && talk_ && !what.called_off) {
    // A place that its turn has brought is one at the member that was planned then.
    if (what.place && !ways_->last_holds()) what.place.reset();
    const routing::plan way = what.place ? ways_->last() : ways_->decide();
    if (way.what == routing::plan::act::wait) {
      const auto until = std::min(way.until, what.until);
      co_await home_.seen().wait(until);
      continue;
    }
    if (ways_->forbidden()) co_return std::unexpected(ways_->refuse());
    const routing::view seen = home_.now();
    what.member.clear();
    if (way.what == routing::plan::act::refuse || seen->leader == way.member) break;
    what.member = seen->members[way.member].name;
    auto got = co_await home_.obtain(what);
    const bool late = what.called_off || steady_clock::now() >= what.until;
    if (late || (got && ways_->trusts(**got))) co_return got;
    what.place.reset();
    const bool only_young = got && !home_.now()->leader;
    if (got) proxy::give_back(std::move(*got));
    if (!only_young) {
      ways_->shun();
      continue;
    }
    // Nobody else may serve: the next look tells what this connection's server shows.
    home_.look_often(steady_clock::now());
    co_await home_.seen().wait(what.until);
  }
  co_return co_await home_.obtain(what);
}

void session::fetching::call_off() {
  if (got) return;
  what.called_off = true;
  task.cancel();
}

// False once the wait is over for another reason, or the client has sent so much that we stop
// listening. What it sends is kept for the server.
net::awaitable<bool> session::hear_client_leave(const fetching& now, std::string& early) {
  while (!now.got && !ending_ && early.size() < early_bytes_max) {
    const auto room = home_.core().scratch().first(early_bytes_max - early.size());
    const net::attempt read = client_.read_now(room);
    if (read.blocked) {
      const auto [stopped] = co_await client_.wait(net::direction::read);
      if (stopped && stopped != net::asio::error::operation_aborted) co_return true;
    } else if (read.bytes == 0) {
      co_return true;
    } else {
      early.append(reinterpret_cast<const char*>(room.data()), read.bytes);
    }
  }
  co_return false;
}

}  // namespace skein::proxy
