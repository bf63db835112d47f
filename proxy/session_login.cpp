// The session's first part: who the client is, and whether it has proved it. See session.hpp.
#include "proxy/session.hpp"

#include "proxy/announcement.hpp"

namespace skein::proxy {

using std::chrono::steady_clock;

// "192.0.2.1:4711", "[2001:db8::1]:4711"; one that is gone already fits the rules for anywhere.
network session::place_of(std::string peer) {
  peer.resize(std::min(peer.size(), peer.rfind(':')));
  if (peer.starts_with('[') && peer.ends_with(']')) peer = peer.substr(1, peer.size() - 2);
  return read_address(peer).value_or(network{});
}

// Behind a load balancer nobody is local, also whom it does not name: without an address that one
// fits the rules for anywhere.
client_login_settings session::login_settings(const std::string& from) const {
  const bool local = client_.local() && !listener_->proxy_protocol;
  return {listener_->tls,
          listener_->tls_context ? listener_->tls_context->endpoint_hash() : "",
          local,
          cluster_->derives_keys,
          listener_->rules,
          local ? network{.of = network::family::local} : place_of(from),
          home_.server_version(),
          key_ ? key_->id : 0};
}

net::awaitable<result<std::optional<credentials>>> session::find_user(std::string name) {
  if (crowded_ && !asks_console()) {
    turn_away(*crowded_);
    co_return std::optional<credentials>{};
  }
  const auto& users = cluster_->users;
  const bool ours = comes_as_ourselves();
  std::optional<credentials> known;
  if (ours && listener_->rules.empty()) {
    // Known by that alone.
  } else if (const auto found = users.find(name); found != users.end()) {
    known = found->second;
  } else if (home_.users()) {
    auto told = co_await look_up(name);
    if (!told && !ours) co_return std::unexpected(std::move(told.error()));
    if (told) known = std::move(*told);
  }
  // Rules that ask for a password let nobody in by this one, which has none.
  if (!known && ours) {
    known = credentials{.user = name, .trusted = true};
    unproven_ = true;
  }
  if (known) who_ = *known;
  co_return known;
}

// What is asked outlives a session that cannot wait for the answer.
net::awaitable<user_lookup::answer> session::look_up(const std::string& name) {
  struct question {
    explicit question(net::executor where) : answered(where) {}
    net::bell answered;
    std::optional<user_lookup::answer> answer = {};
  };
  const auto asked = std::make_shared<question>(home_.core().where());
  auto tell = [asked, &core = home_.core()](user_lookup::answer said) {
    core.post([asked, said = std::move(said)]() mutable {
      asked->answer = std::move(said);
      asked->answered.ring_all();
    });
  };
  asked->answer = home_.users()->ask(name, std::move(tell));
  looking_up_ = &asked->answered;
  const auto until = login_began_ + listener_->startup_timeout;
  for (bool in_time = true; in_time && !asked->answer && !ending_;) {
    in_time = co_await asked->answered.wait(until);
  }
  looking_up_ = nullptr;
  if (asked->answer) co_return std::move(*asked->answer);
  co_return failure(error_kind::timeout, fault::us,
                    "the user was not looked up in time: see limits.startup_timeout");
}

// Perhaps the password has been changed: the next attempt looks it up anew.
void session::doubt_user() {
  const auto& name = login_->request().user;
  if (home_.users() && !cluster_->users.contains(name)) home_.users()->doubt(name);
}

// True: it is known where the client comes from. Who does not say it where that is wanted is told
// nothing: what it speaks is not known.
net::awaitable<bool> session::meet() {
  bool silent = true;
  signing_in_ = true;
  auto heard = co_await hear_announcement(client_, silent);
  signing_in_ = false;
  if (heard) {
    announced_ = std::move(*heard);
    co_return true;
  }
  if (ending_ || (silent && !startup_->lost())) co_return false;
  home_.counters().logins_failed.add();
  if (startup_->lost()) {
    heard.error() = {error_kind::timeout,
                     fault::client,
                     {},
                     "its PROXY header did not come in time: see limits.startup_timeout",
                     {}};
  }
  note(heard.error());
  co_return false;
}

// True: the client has proved who it is and waits for a server.
net::awaitable<bool> session::sign_in() {
  const net::tls_context* tls = listener_->tls_context ? &*listener_->tls_context : nullptr;
  signing_in_ = true;
  const secret_lookup lookup = [this](std::string user) { return find_user(std::move(user)); };
  const auto done = co_await carry_client_login(client_, *login_, tls, lookup, ending_, sent_);
  startup_->disarm();
  signing_in_ = false;
  // Also of a client too many: it is most wanted when every place is taken.
  if (done && *done == login_want::cancel) {
    home_.counters().cancels_requested.add();
    co_await cancels_.by_key(login_->cancelled());
    co_return false;
  }
  if (!done && sent_.silent) co_return false;  // counted as accepted, which is all that it was
  if (!done && crowded_ && !asks_console()) turn_away(*crowded_);
  if (ending_) {
    co_await refuse(*ending_);
    co_return false;
  }
  if (!done && startup_->lost()) {
    const error late{error_kind::timeout,
                     fault::client,
                     {},
                     "the login was not finished in time: see limits.startup_timeout",
                     {}};
    co_await refuse(late);
    co_return false;
  }
  if (!done) {
    if (done.error().kind == error_kind::login) doubt_user();
    home_.counters().logins_failed.add();
    note(done.error());
    co_return false;
  }
  co_return true;
}

}  // namespace skein::proxy
