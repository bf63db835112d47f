#include "proxy/session.hpp"

#include "metrics/log.hpp"
#include "proxy/cancel.hpp"

namespace skein::proxy {

namespace log = metrics::log;
using std::chrono::steady_clock;

namespace {

// What a client may send ahead while it waits for a server; then it is not listened to.
constexpr std::size_t early_bytes_max = 64UZ * 1024;

}  // namespace

session::session(branch& home, session_table& table, const listener_settings& listener,
                 const cancel_router& cancels, net::stream client, console_desk* console)
    : home_(home),
      table_(table),
      listener_(listener),
      cancels_(cancels),
      client_(std::move(client)),
      login_(home.cluster().database->receive_login(
          {listener.tls, listener.tls_context ? listener.tls_context->endpoint_hash() : "",
           client_.local()})),
      desk_(console),
      number_(console ? console->next_number() : 0),
      startup_(home.core(), client_),
      began_(steady_clock::now()) {}

net::awaitable<> session::live() {
  const std::chrono::milliseconds brief{2000};  // for who is only let in to hear why not
  startup_.arm(ending_ ? std::min(brief, listener_.startup_timeout) : listener_.startup_timeout);
  home_.counters().clients_active.add();
  if (co_await sign_in()) {
    asked_ = login_->request();
    if (asks_console()) {
      co_await serve_console();
    } else if (const auto who = find_user(asked_.user)) {
      who_ = *who;
      shared_ = home_.cluster().database->shared_request(home_.cluster().pool.mode, asked_);
      co_await serve();
    }
  }
  home_.counters().clients_active.subtract();
  client_.close();
}

std::optional<credentials> session::find_user(const std::string& name) const {
  const auto& users = home_.cluster().users;
  const auto found = users.find(name);
  if (found == users.end()) return std::nullopt;
  return found->second;
}

// True: the client has proved who it is and waits for a server.
net::awaitable<bool> session::sign_in() {
  const net::tls_context* tls = listener_.tls_context ? &*listener_.tls_context : nullptr;
  signing_in_ = true;
  const auto done = co_await carry_client_login(
      client_, *login_, tls, [this](const std::string& user) { return who_comes(user); }, ending_,
      sent_);
  startup_.disarm();
  signing_in_ = false;
  // Also of a client too many: it is most wanted when every place is taken.
  if (done && *done == login_want::cancel) {
    home_.counters().cancels_requested.add();
    co_await cancels_(login_->cancelled());
    co_return false;
  }
  if (!done && sent_.silent) co_return false;  // counted as accepted, which is all that it was
  if (ending_) {
    co_await refuse(*ending_);
    co_return false;
  }
  if (!done && startup_.lost()) {
    const error late{error_kind::timeout,
                     fault::client,
                     {},
                     "the login was not finished in time: see limits.startup_timeout",
                     {}};
    co_await refuse(late);
    co_return false;
  }
  if (!done) {
    home_.counters().logins_failed.add();
    note(done.error());
    co_return false;
  }
  co_return true;
}

net::awaitable<> session::serve() {
  auto got = co_await borrow(sent_.rest);
  if (ending_ || !got) {
    if (got) give_back(std::move(*got));
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
    const exchange_end how = co_await life.run(std::move(words), std::move(sent_.rest));
    co_await close_exchange(how);
  }
  life_ = nullptr;
}

lease session::try_borrow() {
  if (!home_.may_go_on(pool_epoch_)) return nullptr;
  return home_.connections().take_warm(pool_key_, pool_epoch_);
}

void session::give_back(lease server) {
  home_.connections().put_back(std::move(server));
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

// Holds the lease, not the session, which may end meanwhile.
net::awaitable<> session::cancel_running() {
  if (console_) console_->cancel();
  branch& home = home_;
  const lease server = life_ ? life_->borrowed() : nullptr;
  if (!server || !talk_->busy()) co_return;
  ++server->cancels;
  co_await send_cancel(home, *server);
  if (--server->cancels == 0) server->cancels_over.ring_all();
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
