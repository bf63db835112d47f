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
                 const cancel_router& cancels, net::stream client)
    : home_(home),
      table_(table),
      listener_(listener),
      cancels_(cancels),
      client_(std::move(client)),
      login_(home.cluster().database->receive_login(
          {listener.tls, listener.tls_context ? listener.tls_context->endpoint_hash() : "",
           client_.local()})),
      startup_(home.core(), client_),
      began_(steady_clock::now()) {}

net::awaitable<> session::live() {
  const std::chrono::milliseconds brief{2000};  // for who is only let in to hear why not
  startup_.arm(ending_ ? std::min(brief, listener_.startup_timeout) : listener_.startup_timeout);
  home_.counters().clients_active.add();
  if (co_await sign_in()) {
    if (const auto who = find_user(login_->request().user)) {
      co_await serve(*who);
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
      client_, *login_, tls, [this](const std::string& user) { return find_user(user); }, ending_,
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

net::awaitable<> session::serve(credentials who) {
  auto got = co_await obtain(who);
  if (ending_ || !got) {
    if (got) home_.connections().put_back(std::move(*got));
    co_await refuse(ending_ ? *ending_ : got.error());
    co_return;
  }
  key_ = table_.add(*this, login_->secret_bytes());
  if (!key_) {
    co_await refuse(
        {error_kind::limit, fault::us, {}, "this core has no room for more sessions", {}});
    co_return;
  }
  auto& counters = home_.counters();
  counters.sessions_active.add();
  counters.server_connections_active.add();
  counters.login_latency.observe(steady_clock::now() - began_);
  server_ = std::move(*got);
  co_await exchange(server_, login_->welcome(server_->greeting, *key_));
  table_.remove(*key_);
  server_.reset();
  counters.server_connections_active.subtract();
  counters.sessions_active.subtract();
}

// A server may be long in coming: meanwhile the client may leave, and we may be told to end.
net::awaitable<result<lease>> session::obtain(const credentials& who) {
  fetching now{{who, login_->request(), steady_clock::now() + home_.cluster().pool.wait},
               net::task_group(home_.core().where())};
  fetching_ = &now;
  now.task.spawn(fetch(now));
  const bool left = co_await hear_client_leave(now);
  if (left || ending_) now.call_off();
  co_await now.task.join();
  fetching_ = nullptr;
  if (!left) co_return std::move(*now.got);
  if (*now.got) home_.connections().put_back(std::move(**now.got));
  co_return failure(error_kind::lost, fault::client,
                    "the client left while it waited for a server connection");
}

net::awaitable<> session::fetch(fetching& now) {
  now.got = co_await home_.obtain(now.what);
  client_.cancel();  // ends the wait for its leaving
}

void session::fetching::call_off() {
  if (got) return;
  what.called_off = true;
  task.cancel();
}

// False once the wait is over for another reason, or the client has sent so much that we stop
// listening. What it sends is kept for the server.
net::awaitable<bool> session::hear_client_leave(const fetching& now) {
  std::string& early = sent_.rest;
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

net::awaitable<> session::exchange(lease server, std::string welcome) {
  talk_ = home_.cluster().database->start_conversation();
  relay pumps(home_.core(), client_, server->stream, *talk_, home_.counters());
  pumps_ = &pumps;
  if (ending_) pumps.interrupt();
  check_epoch();
  const relay_end how = co_await pumps.run(std::move(welcome), std::move(sent_.rest));
  co_await close_exchange(pumps, std::move(server), how);
  pumps_ = nullptr;
}

net::awaitable<> session::close_exchange(relay& pumps, lease server, relay_end how) {
  if (how == relay_end::server_failed) {
    const std::string words = pumps.failure() ? pumps.failure().message() : "it closed";
    error why{error_kind::lost,
              fault::server,
              {},
              "the connection to member \"" + server->member + "\" was lost: " + words,
              {}};
    note(why);
    server->stream.close();
    co_await pumps.tell_client(talk_->break_off(std::move(why)));
    co_return;
  }
  // Where bytes are left over the server may be in the middle of a message.
  const bool at_rest = talk_->at_rest() && pumps.all_sent();
  if (how == relay_end::interrupted) {
    error why =
        ending_.value_or(error{error_kind::shutdown, fault::us, {}, "Skein is stopping", {}});
    // A server that may go on with what its client will not hear of is cut off first.
    if (!at_rest) server->stream.close();
    co_await pumps.tell_client(talk_->break_off(std::move(why)));
  } else {
    std::string nothing_more;
    co_await pumps.tell_client(std::move(nothing_more));
    client_.close();
    co_await pumps.send_rest(home_.cluster().pool.settle_timeout);
  }
  client_.close();
  const bool reusable = at_rest && how != relay_end::interrupted;
  co_await home_.connections().give_back(std::move(server), reusable, talk_->reset_request());
}

void session::end(error why) {
  if (!ending_) ending_ = std::move(why);
  if (pumps_) {
    pumps_->interrupt();
    return;
  }
  if (fetching_) fetching_->call_off();
  if (signing_in_) startup_.arm({});  // cancels also a wait that begins only now
  client_.cancel();
}

void session::drain(error why) {
  if (!pumps_) return end(std::move(why));
  if (!ending_) ending_ = std::move(why);
  pumps_->interrupt_at_rest();
}

void session::check_epoch() {
  if (!server_ || home_.may_go_on(server_->epoch)) return;
  end({error_kind::unavailable,
       fault::server,
       {},
       "the lead of cluster \"" + home_.cluster().name + "\" has moved: " + home_.now()->reason +
           "; connect again",
       {}});
}

// Holds the lease, not the session, which may end meanwhile.
net::awaitable<> session::cancel_running() {
  branch& home = home_;
  const lease server = server_;
  if (!server || !talk_ || !talk_->busy()) co_return;
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
  const auto& request = login_->request();
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
