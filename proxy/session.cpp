#include "proxy/session.hpp"

#include "metrics/log.hpp"
#include "net/frames.hpp"
#include "proxy/cancel.hpp"

namespace skein::proxy {

namespace log = metrics::log;
using std::chrono::steady_clock;

session::session(branch& home, session_table& table, admission& doors, listener_in_force listener,
                 const cancel_router& cancels, net::stream client, console_desk* console)
    : home_(home),
      table_(table),
      doors_(doors),
      listener_(std::move(listener)),
      cluster_(home.in_force()),
      cancels_(cancels),
      client_(std::move(client)),
      mode_(cluster_->pool.mode),
      desk_(console),
      number_(console ? console->next_number() : 0),
      began_(steady_clock::now()) {}

// An idle client is in here, and in `run`: whatever was needed to let it in has gone by then.
net::awaitable<> session::live() {
  home_.counters().clients_active.add();
  const bool inside = co_await arrive();
  if (inside && asks_console()) {
    co_await serve_console();
  } else if (inside) {
    const bool welcomed = co_await settle();
    if (welcomed) {
      co_await net::drop_kept_frames();
      const exchange_end how = co_await life_->run();
      timed_ = false;
      clock_.reset();
      co_await close_exchange(how);
    }
  }
  if (life_) part();
  home_.counters().clients_active.subtract();
  client_.close();
}

// True: the client has proved who it is.
net::awaitable<bool> session::arrive() {
  const std::chrono::milliseconds brief{2000};  // for who is only let in to hear why not
  const auto hurry = std::min(brief, listener_->startup_timeout);
  patience startup(home_.core(), client_);
  startup_ = &startup;
  startup.arm(ending_ || crowded_ ? hurry : listener_->startup_timeout);
  bool met = true;
  if (listener_->proxy_protocol) met = co_await meet();
  result<admission::place> address;
  if (met) {
    const std::string from = peer();
    login_ = begin_login(from);
    address = doors_.from(from);
  }
  if (address) {
    from_ = std::move(*address);
  } else {
    turn_away(address.error());
    startup.arm(hurry);
  }
  bool inside = false;
  if (met) inside = co_await sign_in();
  if (inside) asked_ = login_->request();
  startup_ = nullptr;
  co_return inside;
}

void session::turn_away(const error& why) {
  if (ending_) return;
  home_.counters().clients_refused.add();
  ending_ = std::make_unique<error>(why);
}

// True: the client has been welcomed.
net::awaitable<bool> session::settle() {
  who_.proven = login_->take_proven();
  if (!who_.proven.empty()) key_shared_ = home_.pools().share_key(who_);
  shared_ = home_.cluster().database->shared_request(mode_, asked_);
  auto inside = doors_.let_in(*cluster_, asked_);
  if (!inside) {
    turn_away(inside.error());
    co_await refuse(*ending_);
    co_return false;
  }
  inside_ = std::move(*inside);
  result<lease> got = warm_start();
  if (!*got) got = co_await borrow(sent_.rest);
  if (ending_ || !got) {
    if (got) proxy::give_back(std::move(*got));
    if (!got && got.error().kind == error_kind::login) doubt_user();
    co_await refuse(ending_ ? *ending_ : got.error());
    co_return false;
  }
  key_ = table_.add(*this, login_->secret_bytes());
  if (!key_) {
    proxy::give_back(std::move(*got));
    const error full{
        error_kind::limit, fault::us, {}, "this core has no room for more sessions", {}};
    co_await refuse(full);
    co_return false;
  }
  home_.counters().sessions_active.add();
  co_return co_await welcome(std::move(*got));
}

net::awaitable<bool> session::welcome(lease first) {
  talk_ = home_.cluster().database->start_conversation(mode_, asked_, home_.memory());
  lender& servers = *this;
  life_ = std::make_unique<exchange>(home_.core(), client_, *talk_, servers, home_.counters());
  find_ways();
  life_->hold_at_rest(home_.paused());
  life_->settle_in(std::move(first));
  if (life_->settling()) {
    co_await life_->settled(steady_clock::now() + home_.cluster().pool.settle_timeout);
  }
  const auto greeting = life_->greeting();
  if (!greeting || ending_) {
    life_->cut_off();
    co_await refuse(ending_ ? *ending_ : greeting.error());
    co_return false;
  }
  home_.counters().login_latency.observe(steady_clock::now() - began_);
  const std::string words = login_->welcome(*greeting, *key_);
  login_.reset();
  listener_.reset();
  cluster_.reset();
  check_epoch();
  timed_ = true;
  keep_time();
  life_->welcome(words, std::move(sent_.rest));
  co_return true;
}

void session::part() {
  unlisten_all();
  life_.reset();
  table_.remove(*key_);
  home_.counters().sessions_active.subtract();
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
        ending_ ? *ending_ : error{error_kind::shutdown, fault::us, {}, "Skein is stopping", {}};
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
  if (!ending_) ending_ = std::make_unique<error>(std::move(why));
  if (life_) life_->interrupt();
  if (console_) console_->end(*ending_);
  if (fetching_) fetching_->call_off();
  if (looking_up_) looking_up_->ring_all();
  if (signing_in_) startup_->arm({});  // cancels also a wait that begins only now
  client_.cancel();
}

void session::drain(error why) {
  if (!life_) return end(std::move(why));
  if (!ending_) ending_ = std::make_unique<error>(std::move(why));
  life_->interrupt_at_rest();
}

void session::check_epoch() {
  const lease server = borrowed();
  if (!server || !server->leads || home_.may_go_on(server->epoch)) return;
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
                      {"client", peer()},
                      {"user", request.user},
                      {"database", request.database},
                      {"kind", to_string(why.kind)},
                      {"error", why.text_for_client},
                      {"detail", why.detail_for_log}});
}

}  // namespace skein::proxy
