// What a session is to the console: one that talks to it, one that tells of itself, one that is
// held by a PAUSE. See session.hpp.
#include "proxy/coded_wire.hpp"
#include "proxy/console_session.hpp"
#include "proxy/session.hpp"

namespace skein::proxy {

using std::chrono::steady_clock;

bool session::asks_console() const {
  return desk_ && login_ && login_->request().database == console::database;
}

// Our own user id may read our memory: it need not prove that it knows a password. But what comes
// by way of a load balancer is somebody else, whoever the balancer runs as.
bool session::comes_as_ourselves() const {
  return asks_console() && !listener_->proxy_protocol && client_.from_own_user();
}

net::awaitable<> session::serve_console() {
  if (!comes_as_ourselves() && !home_.cluster().console_users.contains(asked_.user)) {
    const error why{error_kind::login,
                    fault::client,
                    {},
                    "database \"skein\" is Skein's console, and user \"" + asked_.user +
                        "\" of cluster \"" + home_.cluster().name + "\" is not in console.users",
                    {}};
    co_await refuse(why);
    co_return;
  }
  if (!key_) key_ = table_.add(*this, login_->secret_bytes());
  if (!key_) {
    const error why{
        error_kind::limit, fault::us, {}, "this core has no room for more sessions", {}};
    co_await refuse(why);
    co_return;
  }
  const auto talk = home_.cluster().database->start_console(asked_);
  std::string words = login_->welcome(talk->greeting(desk_->version()), *key_);
  std::string who = unproven_ ? "Skein's own user" : "user \"" + asked_.user + "\"";
  std::string early = std::move(sent_.rest);
  if (auto by = login_->take_coder())
    code(client_, std::move(by), words.size(), std::exchange(early, {}));
  console_session life(home_.core(), client_, *talk, *desk_, std::move(who));
  console_ = &life;
  co_await life.run(std::move(words), std::move(early));
  console_ = nullptr;
}

std::optional<session_facts> session::facts() const {
  if (asked_.user.empty()) return std::nullopt;
  session_facts told;
  told.asked = &asked_;
  told.began = began_;
  told.client = peer();
  told.application = home_.cluster().database->application_of(asked_);
  const lease server = borrowed();
  if (server) {
    told.member = server->member;
    told.server = server->cancels_by.id;
  }
  const bool at_rest = talk_ && talk_->at_rest();
  if (server && at_rest) told.pin = talk_->pin();
  if (console_) {
    told.state = "console";
  } else if (in_line()) {
    told.state = "waiting";
  } else if (fetching_) {
    told.state = fetching_->held ? "paused" : "waiting";
  } else if (life_ && life_->keeps_words()) {
    told.state = "paused";
  } else if (!life_ || (!at_rest && talk_->busy())) {
    told.state = "active";
  } else if (!at_rest) {
    told.state = "in transaction";
  } else {
    told.state = told.pin.empty() ? "idle" : "pinned";
  }
  if (life_ && told.state == "active" && life_->asked_at() != net::steady_time{})
    told.active = steady_clock::now() - life_->asked_at();
  return told;
}

bool session::runs() const {
  if (in_line()) return true;
  if (fetching_) return !fetching_->held;
  if (!life_) return false;
  return !talk_->at_rest() || (life_->borrowed() && talk_->pin().empty());
}

void session::hold_at_rest(bool held) {
  if (life_) life_->hold_at_rest(held);
}

}  // namespace skein::proxy
