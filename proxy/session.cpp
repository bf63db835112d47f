#include "proxy/session.hpp"

#include "metrics/log.hpp"
#include "net/frames.hpp"
#include "proxy/cancel.hpp"
#include "proxy/coded_wire.hpp"

namespace skein::proxy {

namespace log = metrics::log;
using std::chrono::steady_clock;

session::session(branch& home, session_table& table, admission& doors,
                 const listener_in_force& door, const cancel_router& cancels, net::stream client,
                 console_desk* console)
    : home_(home),
      table_(table),
      doors_(doors),
      door_(door),
      listener_(door),
      cluster_(home.in_force()),
      cancels_(cancels),
      client_(std::move(client)),
      mode_(cluster_->pool.mode),
      desk_(console),
      number_(console ? console->next_number() : 0),
      began_(steady_clock::now()),
      login_began_(began_) {}

session::~session() {
  if (key_) table_.remove(*key_);
  if (giver_) *giver_ = nullptr;
}

// An idle client is in here, and in `run`: whatever was needed to let it in has gone by then.
net::awaitable<> session::live() {
  home_.counters().clients_active.add();
  bool inside = co_await arrive();
  if (inside && asks_console()) {
    inside = false;
    co_await serve_console();
  }
  if (inside) inside = co_await settle(nullptr);
  while (inside) {
    co_await net::drop_kept_frames();
    const exchange_end how = co_await life_->run();
    timed_ = false;
    clock_.reset();
    if (how == exchange_end::signs_in_again) {
      inside = co_await begin_anew();
    } else {
      co_await close_exchange(how);
      inside = false;
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
    if (home_.cluster().database->names_sessions_early()) key_ = table_.add_without_secret(*this);
    login_ = home_.cluster().database->receive_login(login_settings(from));
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

// What is asked for at the start is not to lower what durability promises.
std::optional<error> session::why_not_promised() const {
  if (!cluster_->keeps_promise) return std::nullopt;
  const std::string name = home_.cluster().database->lowers_promise(asked_);
  if (name.empty()) return std::nullopt;
  return error{error_kind::unsupported,
               fault::client,
               {},
               name +
                   " cannot be lowered here, because durability promises that followers have "
                   "what is acknowledged: leave it out of the connection settings, or set "
                   "durability.mode to async",
               {}};
}

// True: the client has been welcomed. `before` is what it had here until now.
net::awaitable<bool> session::settle(std::unique_ptr<conversation> before) {
  if (wiped proven = login_->take_proven(); !proven.empty()) {
    who_.proven = std::move(proven);
    key_shared_ = home_.pools().share_key(who_);
  }
  shared_ = home_.cluster().database->shared_request(mode_, asked_);
  auto inside = doors_.let_in(*cluster_, asked_, std::move(inside_));
  if (!inside) {
    turn_away(inside.error());
    co_await refuse(*ending_);
    co_return false;
  }
  inside_ = std::move(*inside);
  if (auto why = why_not_promised()) {
    turn_away(*why);
    co_await refuse(*ending_);
    co_return false;
  }
  result<lease> got = warm_start();
  if (!*got) got = co_await borrow(sent_.rest);
  if (ending_ || !got) {
    if (got) proxy::give_back(std::move(*got));
    if (!got && got.error().kind == error_kind::login) doubt_user();
    co_await refuse(ending_ ? *ending_ : got.error());
    co_return false;
  }
  if (!key_) key_ = table_.add(*this, login_->secret_bytes());
  if (!key_) {
    proxy::give_back(std::move(*got));
    const error full{
        error_kind::limit, fault::us, {}, "this core has no room for more sessions", {}};
    co_await refuse(full);
    co_return false;
  }
  home_.counters().sessions_active.add();
  co_return co_await welcome(std::move(*got), std::move(before));
}

net::awaitable<bool> session::welcome(lease first, std::unique_ptr<conversation> before) {
  talk_ = home_.cluster().database->start_conversation(mode_, asked_, home_.memory());
  if (before) talk_->follow(*before);
  before.reset();
  lender& servers = *this;
  life_ = std::make_unique<exchange>(home_.core(), client_, *talk_, servers, home_.counters());
  ways_ ? ways_->follow(words_of_client()) : find_ways();
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
  home_.counters().login_latency.observe(steady_clock::now() - login_began_);
  const std::string words = login_->welcome(*greeting, *key_);
  std::string early = std::move(sent_.rest);
  if (auto by = login_->take_coder())
    code(client_, std::move(by), words.size(), std::exchange(early, {}));
  login_.reset();
  listener_.reset();
  cluster_.reset();
  check_epoch();
  timed_ = true;
  keep_time();
  life_->welcome(words, std::move(early));
  co_return true;
}

void session::part() {
  unlisten_all();
  life_.reset();
  home_.counters().sessions_active.subtract();
}

net::awaitable<> session::close_exchange(exchange_end how) {
  if (how == exchange_end::server_failed) {
    error why = life_->take_loss();
    note(why);
    co_await life_->tell_client(talk_->break_off(std::move(why)));
  } else if (how == exchange_end::client_erred) {
    error why{error_kind::protocol, fault::client, {}, life_->failure().message(), {}};
    note(why);
    if (!talk_->at_rest()) life_->cut_off();
    co_await life_->tell_client(talk_->break_off(std::move(why)));
    life_->cut_off();
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

// Holds the lease, not the session, which may end meanwhile.
net::awaitable<result<void>> session::cancel_running() {
  if (console_) console_->cancel();
  branch& home = home_;
  const lease server = life_ ? life_->borrowed() : nullptr;
  if (!server || !talk_->busy()) co_return result<void>{};
  ++server->cancels;
  credentials who = who_;
  auto sent = co_await send_cancel(home, *server, std::move(who));
  if (--server->cancels > 0) co_return sent;
  server->holds_client = false;
  server->cancels_over.ring_all();
  co_return sent;
}

result<void> session::obeys(const session_order& what) const {
  if (asked_.user.empty() || unproven_) return std::unexpected(no_such_session());
  const bool own = home_.cluster().name == what.cluster && asked_.user == what.user;
  return own ? result<void>{} : std::unexpected(not_the_users_own());
}

// What is asked outlives a session that ends meanwhile, and is not answered while it is asked.
void session::order(std::uint32_t session, bool for_good) {
  if (!giver_) giver_ = std::make_shared<class session*>(this);
  session_order what{session, for_good, home_.cluster().name, asked_.user};
  home_.core().post([&home = home_, &by = cancels_, what = std::move(what), giver = giver_] {
    home.see_to(carry_order(by, what, giver));
  });
}

void session::carried_out(const result<void>& outcome) {
  if (life_) life_->cancelled(outcome);
}

net::awaitable<> session::refuse(error why) {
  note(why);
  patience last_words(home_.core(), client_);
  last_words.arm(std::chrono::seconds(2));
  co_await client_.write_all(login_->refuse(why));
}

void session::note_refused_token(std::string_view why) {
  home_.note_refused_token((login_ ? login_->request() : asked_).user, why);
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
