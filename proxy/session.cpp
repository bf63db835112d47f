#include "proxy/session.hpp"

#include "metrics/log.hpp"
#include "proxy/cancel.hpp"

namespace skein::proxy {

namespace log = metrics::log;
using std::chrono::steady_clock;

namespace {

// What a client may send ahead while it waits for a server; then it is not listened to.
constexpr std::size_t early_bytes_max = 64UZ * 1024;

network place_of(const net::stream& client) {
  if (client.local()) return {.of = network::family::local};
  // "192.0.2.1:4711", "[2001:db8::1]:4711"; one that is gone already fits the rules for anywhere.
  std::string host = client.peer();
  host.resize(std::min(host.size(), host.rfind(':')));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return read_address(host).value_or(network{});
}

}  // namespace

session::session(branch& home, session_table& table, admission& doors,
                 const listener_settings& listener, const cancel_router& cancels,
                 net::stream client, console_desk* console)
    : home_(home),
      table_(table),
      doors_(doors),
      listener_(listener),
      cancels_(cancels),
      client_(std::move(client)),
      login_(home.cluster().database->receive_login(
          {listener.tls, listener.tls_context ? listener.tls_context->endpoint_hash() : "",
           client_.local(), home.cluster().derives_keys, listener.rules, place_of(client_)})),
      desk_(console),
      number_(console ? console->next_number() : 0),
      startup_(home.core(), client_),
      began_(steady_clock::now()) {}

net::awaitable<> session::live() {
  const auto address = doors_.from(client_.peer());
  if (!address) turn_away(address.error());
  const std::chrono::milliseconds brief{2000};  // for who is only let in to hear why not
  startup_.arm(ending_ ? std::min(brief, listener_.startup_timeout) : listener_.startup_timeout);
  home_.counters().clients_active.add();
  if (co_await sign_in()) {
    asked_ = login_->request();
    if (asks_console()) {
      co_await serve_console();
    } else {
      who_.proven = login_->take_proven();
      shared_ = home_.cluster().database->shared_request(home_.cluster().pool.mode, asked_);
      co_await serve();
    }
  }
  home_.counters().clients_active.subtract();
  client_.close();
}

void session::turn_away(const error& why) {
  if (ending_) return;
  home_.counters().clients_refused.add();
  ending_ = why;
}

net::awaitable<> session::serve() {
  const auto inside = doors_.let_in(home_.cluster(), asked_);
  if (!inside) {
    turn_away(inside.error());
    co_await refuse(*ending_);
    co_return;
  }
  auto got = co_await borrow(sent_.rest);
  if (ending_ || !got) {
    if (got) give_back(std::move(*got));
    if (!got && got.error().kind == error_kind::login) doubt_user();
    co_await refuse(ending_ ? *ending_ : got.error());
    co_return;
  }
  key_ = table_.add(*this, login_->secret_bytes());
  if (!key_) {
    give_back(std::move(*got));
    co_await refuse(
        {error_kind::limit, fault::us, {}, "this core has no room for more sessions", {}});
    co_return;
  }
  home_.counters().sessions_active.add();
  co_await welcome(std::move(*got));
  table_.remove(*key_);
  home_.counters().sessions_active.subtract();
}

net::awaitable<> session::welcome(lease first) {
  const cluster_settings& cluster = home_.cluster();
  talk_ = cluster.database->start_conversation(cluster.pool.mode, asked_, home_.memory());
  exchange life(home_.core(), client_, *talk_, *this, home_.counters());
  life_ = &life;
  life.hold_at_rest(home_.paused());
  const auto until = steady_clock::now() + cluster.pool.settle_timeout;
  const auto greeting = co_await life.settle_in(std::move(first), until);
  if (!greeting || ending_) {
    life.cut_off();
    co_await refuse(ending_ ? *ending_ : greeting.error());
  } else {
    home_.counters().login_latency.observe(steady_clock::now() - began_);
    std::string words = login_->welcome(*greeting, *key_);
    login_.reset();
    check_epoch();
    net::deadline clock(home_.core().wheel(), [this] { look_at_time(); });
    clock_ = &clock;
    if (cluster.times.any()) {
      life.keep_time();
      clock.arm(judge(cluster.times, doing::resting, {}).look_again);
    }
    const exchange_end how = co_await life.run(std::move(words), std::move(sent_.rest));
    clock.disarm();
    co_await close_exchange(how);
    clock_ = nullptr;
  }
  unlisten_all();
  life_ = nullptr;
}

lease session::try_borrow() {
  if (!home_.may_go_on(pool_epoch_)) return nullptr;
  return home_.connections().take_warm(pool_key_, pool_epoch_);
}

void session::give_back(lease server) {
  home_.connections().put_back(std::move(server));
}

bool session::listen(std::string_view channel) {
  return home_.announcements().listen(who_, shared_, channel, *this);
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
  fetching now{{who_, shared_, steady_clock::now() + home_.cluster().pool.wait},
               net::task_group(home_.core().where())};
  fetching_ = &now;
  now.task.spawn(fetch(now));
  const bool left = co_await hear_client_leave(now, ahead);
  if (left || ending_) now.call_off();
  co_await now.task.join();
  fetching_ = nullptr;
  if (!left) {
    if (*now.got) {
      pool_key_ = (**now.got)->key;
      pool_epoch_ = (**now.got)->epoch;
    }
    co_return std::move(*now.got);
  }
  if (*now.got) give_back(std::move(**now.got));
  co_return failure(error_kind::lost, fault::client,
                    "the client left while it waited for a server connection");
}

net::awaitable<> session::fetch(fetching& now) {
  while (home_.paused() && !now.what.called_off) {
    now.held = true;
    co_await home_.resumed().wait(net::steady_time::max());
    now.what.until = steady_clock::now() + home_.cluster().pool.wait;
  }
  now.held = false;
  if (now.what.called_off) {
    now.got = failure(error_kind::lost, fault::client, "the client left while all was paused");
  } else {
    now.got = co_await home_.obtain(now.what);
  }
  client_.cancel();  // ends the wait for its leaving
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

net::awaitable<> session::close_exchange(exchange_end how) {
  if (how == exchange_end::server_failed) {
    const std::string words = life_->failure() ? life_->failure().message() : "it closed";
    error why{error_kind::lost,
              fault::server,
              {},
              "the connection to member \"" + life_->member() + "\" was lost: " + words,
              {}};
    note(why);
    co_await life_->tell_client(talk_->break_off(std::move(why)));
  } else if (how == exchange_end::interrupted) {
    error why =
        ending_.value_or(error{error_kind::shutdown, fault::us, {}, "Skein is stopping", {}});
    // A server that may go on with what its client will not hear of is cut off first.
    const bool at_rest = talk_->at_rest();
    if (!at_rest) life_->cut_off();
    std::string last = talk_->break_off(std::move(why));
    co_await life_->tell_client(std::move(last));
    life_->cut_off();
  } else {
    std::string nothing_more;
    co_await life_->tell_client(std::move(nothing_more));
  }
  client_.close();
  co_await life_->let_go(steady_clock::now() + home_.cluster().pool.settle_timeout);
}

void session::end(error why) {
  if (!ending_) ending_ = std::move(why);
  if (life_) life_->interrupt();
  if (console_) console_->end(*ending_);
  if (fetching_) fetching_->call_off();
  if (looking_up_) looking_up_->ring_all();
  if (signing_in_) startup_.arm({});  // cancels also a wait that begins only now
  client_.cancel();
}

void session::drain(error why) {
  if (!life_) return end(std::move(why));
  if (!ending_) ending_ = std::move(why);
  life_->interrupt_at_rest();
}

void session::check_epoch() {
  if (!life_ || !life_->borrowed() || home_.may_go_on(life_->borrowed()->epoch)) return;
  end({error_kind::unavailable,
       fault::server,
       {},
       "the lead of cluster \"" + home_.cluster().name + "\" has moved: " + home_.now()->reason +
           "; connect again",
       {}});
}

void session::look_at_time() {
  const time_limits& limits = home_.cluster().times;
  const auto so_long = home_.core().wheel().read_clock() - life_->since();
  const doing what = life_->does();
  const overtime told = judge(limits, what, so_long);
  clock_->arm(told.look_again);
  if (!told.over || ending_) return;
  // It may have said something that is not read before the cluster goes on.
  if (what == doing::resting && home_.paused()) return;
  const auto late = [](std::string sqlstate, const std::string& text, std::string_view key,
                       std::chrono::milliseconds limit) {
    return error{error_kind::timeout,
                 fault::client,
                 std::move(sqlstate),
                 text + " for longer than timeouts." + std::string(key) + ", " + in_words(limit),
                 {}};
  };
  if (what == doing::running) {
    const lease& server = life_->borrowed();
    if (!server || server->cancels > 0) return;
    note(late("57014", "a statement ran", "statement", limits.statement));
    life_->forgive();
    home_.connections().see_to(cancel_overdue(home_, server));
    return;
  }
  error why = what == doing::resting ? late("57P05", "the session was idle", "idle", limits.idle)
                                     : late("25P03", "the transaction was idle",
                                            "idle_in_transaction", limits.idle_in_transaction);
  why.text_for_client +=
      what == doing::resting ? ": connect again" : ": it is rolled back; connect again";
  note(why);
  end(std::move(why));
}

// Holds the lease, not the session, which may end meanwhile.
net::awaitable<> session::cancel_running() {
  if (console_) console_->cancel();
  branch& home = home_;
  const lease server = life_ ? life_->borrowed() : nullptr;
  if (!server || !talk_->busy()) co_return;
  ++server->cancels;
  co_await send_cancel(home, *server);
  if (--server->cancels > 0) co_return;
  server->holds_client = false;
  server->cancels_over.ring_all();
}

net::awaitable<> session::refuse(error why) {
  note(why);
  patience last_words(home_.core(), client_);
  last_words.arm(std::chrono::seconds(2));
  co_await client_.write_all(login_->refuse(why));
}

void session::note(const error& why) {
  home_.counters().errors[static_cast<std::size_t>(why.kind)].add();
  const login_request& request = login_ ? login_->request() : asked_;
  log::write_limited(home_.errors_of(why.kind),
                     why.whose == fault::client ? log::level::info : log::level::warn,
                     "session error",
                     {{"cluster", home_.cluster().name},
                      {"client", client_.peer()},
                      {"user", request.user},
                      {"database", request.database},
                      {"kind", to_string(why.kind)},
                      {"error", why.text_for_client},
                      {"detail", why.detail_for_log}});
}

}  // namespace skein::proxy
