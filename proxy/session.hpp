// One client from its first byte to its last: login, the exchange over the servers that it borrows,
// the end.
#pragma once

#include "backends/conversation.hpp"
#include "proxy/admission.hpp"
#include "proxy/branch.hpp"
#include "proxy/console_desk.hpp"
#include "proxy/console_session.hpp"
#include "proxy/exchange.hpp"
#include "proxy/login.hpp"
#include "proxy/patience.hpp"
#include "proxy/router.hpp"
#include "proxy/session_table.hpp"
#include "proxy/settings.hpp"
#include "proxy/switchboard.hpp"

namespace skein::proxy {

// Finds the session that a key names, on whatever core, and cancels what it runs; returns when the
// server has been told.
using cancel_router = std::function<net::awaitable<>(cancel_key)>;

class session final : private lender, private subscriber {
 public:
  session(branch& home, session_table& table, admission& doors, listener_in_force listener,
          const cancel_router& cancels, net::stream client, console_desk* console = nullptr);
  session(const session&) = delete;

  net::awaitable<> live();
  // Before `live`: there is no place for it, unless it comes for the console, where others can be
  // sent away. Else it hears why.
  void crowd_out(error why) { crowded_ = std::make_unique<error>(std::move(why)); }
  // Ends it now; the client hears why.
  void end(error why);
  // Ends it as soon as no exchange and no transaction is open.
  void drain(error why);
  // Asks the server to cancel what it runs for this session.
  net::awaitable<> cancel_running();
  // The lead has moved or is disputed: a session that has a server of who led ends.
  void check_epoch();

  // The branch has newer settings: how it pools and how it signed in stays, the rest holds.
  void heed_settings(bool other_times);

  // For the console: see session_console.cpp.
  std::uint64_t number() const { return number_; }  // of this session alone, on all cores
  std::optional<session_facts> facts() const;       // none before it has logged in
  branch& home() const { return home_; }
  lease borrowed() const { return life_ ? life_->borrowed() : nullptr; }
  bool busy() const { return talk_ && talk_->busy(); }
  // Whether it keeps a PAUSE waiting: a transaction of it runs, or will in a moment.
  bool runs() const;
  void hold_at_rest(bool held);

 private:
  // While a server is fetched for it.
  struct fetching {
    errand what;
    net::task_group task;
    std::optional<result<lease>> got = {};
    bool held = false;  // the cluster is paused
    void call_off();
  };
  // In the line for a server such as it had last.
  struct standing final : pool::waiter {
    explicit standing(session& of)
        : whose(of), limit(of.home_.core().wheel(), [this] { give_up(); }) {}
    ~standing() override { leave(); }
    void leave();
    void give_up();
    void your_turn() override;

    session& whose;
    net::deadline limit;
    net::steady_time until = {};
    std::unique_ptr<error> late = {};  // that it has waited in vain, and for what
  };

  std::unique_ptr<client_login> begin_login(const std::string& from) const;
  net::awaitable<bool> arrive();
  net::awaitable<bool> meet();
  net::awaitable<bool> sign_in();
  net::awaitable<bool> settle();
  void part();
  bool asks_console() const;
  bool comes_as_ourselves() const;
  net::awaitable<> serve_console();
  void keep_time();
  time_limits limits() const;
  void look_at_time();
  void turn_away(const error& why);  // a limit of clients is reached
  net::awaitable<bool> welcome(lease first);
  net::awaitable<> close_exchange(exchange_end how);
  lease warm_start();
  static network place_of(std::string peer);
  void find_ways();
  pool* source();
  lease take_warm();
  lease lend_out(lease server, net::steady_time now);
  void log_route(const server_connection& server) const;
  net::awaitable<result<lease>> obtain(errand& what);
  void want(const server_wish& what) override;
  void server_speaks() override;
  lease try_borrow() override;
  void line_up() override;
  bool in_line() const override;
  void leave_line() override;
  net::awaitable<result<lease>> borrow(std::string& ahead) override;
  void give_back(lease server, net::steady_time answered) override;
  bool listen(std::string_view channel) override;
  void unlisten(std::string_view channel) override;
  void unlisten_all() override;
  const credentials& listens_as() const override { return who_; }
  const login_request& listens_with() const override { return shared_; }
  void channel_live(const result<void>& outcome) override;
  void announced(std::string_view message) override;
  void announcements_lost() override;
  net::awaitable<> fetch(fetching& now);
  net::awaitable<bool> hear_client_leave(const fetching& now, std::string& ahead);
  net::awaitable<> refuse(error why);
  void note(const error& why);
  std::string peer() const { return announced_.empty() ? client_.peer() : announced_; }
  net::awaitable<result<std::optional<credentials>>> find_user(std::string name);
  net::awaitable<user_lookup::answer> look_up(const std::string& name);
  void doubt_user();

  branch& home_;
  session_table& table_;
  admission& doors_;
  // As it came; both until it is welcome.
  listener_in_force listener_;
  cluster_in_force cluster_;
  const cancel_router& cancels_;
  net::stream client_;
  std::string announced_ = {};           // its address, where a load balancer has named it
  std::unique_ptr<client_login> login_;  // until the client is welcomed
  admission::place from_ = {};
  admission::places inside_ = {};
  std::unique_ptr<conversation> talk_;
  client_input sent_ = {};  // by the client, besides its login
  credentials who_ = {};
  std::shared_ptr<const wiped> key_shared_ = {};  // what it has proved, for the pool
  pool_mode mode_;
  login_request asked_ = {};   // of the client, whose login is forgotten by then
  login_request shared_ = {};  // what its servers are opened with
  std::string pool_key_ = {};  // of the server borrowed last, and its epoch: such a one will do
  std::uint64_t pool_epoch_ = 0;
  std::unique_ptr<router> ways_ = {};  // none where all goes to the leader
  std::optional<cancel_key> key_ = {};
  std::unique_ptr<standing> standing_ = {};  // once it had to wait; kept, so that it is cheap
  fetching* fetching_ = nullptr;
  net::bell* looking_up_ = nullptr;  // rings when the user's credentials have come
  std::unique_ptr<exchange> life_ = {};
  console_desk* desk_;
  console_session* console_ = nullptr;  // while it talks to the console
  std::uint64_t number_;
  std::unique_ptr<net::deadline> clock_ = {};  // of what goes on for too long
  patience* startup_ = nullptr;                // until the login is over
  bool timed_ = false;                         // it has been welcomed, and has not ended
  bool signing_in_ = false;
  bool unproven_ = false;                // its name: it is Skein's own user who says it
  std::unique_ptr<error> crowded_ = {};  // why there is no place for it but at the console
  net::steady_time began_;
  std::unique_ptr<error> ending_ = {};  // why it is to end
};

}  // namespace skein::proxy
