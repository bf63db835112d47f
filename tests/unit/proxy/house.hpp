// A whole proxy of several cores on loopback. Its scripted server (stage.hpp) and its clients,
// which are coroutines, live on a thread of their own; the test's own thread waits for them.
#pragma once

#include <doctest/doctest.h>

#include "net/acceptor.hpp"
#include "proxy/proxy.hpp"
#include "tests/unit/proxy/stage.hpp"

namespace skein::proxy {

// One client's connection and what it was told.
struct guest {
  net::stream connection = {};
  server_greeting greeting = {};  // its key is the one that Skein gave
  bool inside = false;            // signed in
  std::string heard = {};         // since then
};

// PostgreSQL, but a core that takes a client in can be held up by that.
class slow_backend final : public backend {
 public:
  std::string_view name() const override { return real_.name(); }
  std::uint16_t default_port() const override { return real_.default_port(); }
  std::string socket_path(const member_address& at) const override { return real_.socket_path(at); }
  std::expected<credentials, std::string> credentials_of(std::string user,
                                                         std::string stored) const override {
    return real_.credentials_of(std::move(user), std::move(stored));
  }
  std::unique_ptr<client_login> receive_login(const client_login_settings& how) const override {
    std::this_thread::sleep_for(holds_up.load());
    return real_.receive_login(how);
  }
  std::unique_ptr<server_login> start_login(const server_login_settings& how) const override {
    return real_.start_login(how);
  }
  login_request shared_request(pool_mode mode, const login_request& asked) const override {
    return real_.shared_request(mode, asked);
  }
  std::unique_ptr<core_memory> make_core_memory(bool shares_announcements) const override {
    return real_.make_core_memory(shares_announcements);
  }
  std::unique_ptr<announcer> make_announcer() const override { return real_.make_announcer(); }
  std::unique_ptr<server_memory> make_server_memory(const server_greeting& said) const override {
    return real_.make_server_memory(said);
  }
  std::unique_ptr<conversation> start_conversation(pool_mode mode, const login_request& asked,
                                                   core_memory& shared) const override {
    return real_.start_conversation(mode, asked, shared);
  }
  std::unique_ptr<console_talk> start_console(const login_request& asked) const override {
    return real_.start_console(asked);
  }
  std::string application_of(const login_request& asked) const override {
    return real_.application_of(asked);
  }
  std::unique_ptr<server_login> start_cancel(const server_login_settings& how,
                                             const cancel_key& key) const override {
    return real_.start_cancel(how, key);
  }
  std::unique_ptr<observer> start_observer(const observer_settings& how) const override {
    return real_.start_observer(how);
  }
  std::unique_ptr<role_changer> change_roles(const role_settings& how) const override {
    return real_.change_roles(how);
  }
  std::unique_ptr<catalog_reader> open_catalog(const catalog_settings& how) const override {
    return real_.open_catalog(how);
  }
  std::unique_ptr<directory> open_directory(const directory_settings& how) const override {
    return real_.open_directory(how);
  }
  std::string grants_for(grants_feature what, const grants_request& who) const override {
    return real_.grants_for(what, who);
  }

  std::atomic<std::chrono::milliseconds> holds_up{};

 private:
  postgres::backend real_ = {};
};

class house {
 public:
  // A second cluster, "archive", has the same server, and no listener.
  explicit house(pool_settings pool, server_habits habits = {}, unsigned cores = 2,
                 bool has_archive = false);
  ~house();  // stops the proxy, if nobody has

  // Runs it among the clients, and returns once it has ended.
  void perform(const std::function<net::awaitable<>()>& body);
  // Starts it, and returns; it is waited for at the end.
  void let(const std::function<net::awaitable<>()>& body);

  // Stays in the house: nobody who has come outlives it.
  guest& invite() { return guests_.emplace_back(); }
  guest& guest_number(std::size_t number) { return guests_[number]; }
  net::awaitable<> knock(guest& who);  // connects, and says nothing yet
  net::awaitable<> enter(guest& who, login_request request);
  net::awaitable<> enter(guest& who);  // GCC 12 would destroy a default argument twice
  // One query and its whole answer; false: the connection ended.
  static net::awaitable<bool> ask(guest& who);
  static net::awaitable<> send_query(guest& who);
  static net::awaitable<> hear_to_the_end(guest& who);
  static net::awaitable<> leave(guest& who);
  // By a connection of its own, until that is ended; false: it could not be asked.
  net::awaitable<bool> cancel(const cancel_key& key);

  net::executor where() { return town_.where(); }  // of the clients

  void hold_up(std::chrono::milliseconds by) { database_.holds_up = by; }  // a core, by who comes
  void stop();
  proxy& skein() { return *skein_; }
  const routing::cluster_view& view() const { return view_; }  // that it began with
  const metrics::core_counters& counters(unsigned core) const { return *counters_[core]; }
  std::uint16_t port() const { return skein_->port(0); }
  std::size_t clients() const { return skein_->clients(); }
  unsigned calls() const { return calls_; }  // connections that the server has been opened

 private:
  net::awaitable<> answer_door();

  server_habits habits_;
  net::core town_{100};
  net::task_group people_{town_.where()};
  net::socket_dialer dial_{town_.where(), town_.wheel()};
  std::optional<net::acceptor> door_ = {};  // of the server
  std::atomic<unsigned> calls_{0};
  slow_backend database_ = {};
  routing::cluster_view view_ = {};
  std::optional<proxy> skein_ = {};
  std::vector<std::shared_ptr<const metrics::core_counters>> counters_ = {};
  std::deque<guest> guests_ = {};
  bool stopped_ = false;
};

// Looks again and again; false: not within ten seconds.
bool eventually(const std::function<bool()>& holds);

}  // namespace skein::proxy
