// One client from its first byte to its last: login, the exchange over the servers that it borrows,
// the end. Where its wire has a word for it, a login may follow on an exchange, and then the next.
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
#include "proxy/session_order.hpp"
#include "proxy/session_table.hpp"
#include "proxy/settings.hpp"
#include "proxy/switchboard.hpp"

namespace skein::proxy {

class session final : private lender, private subscriber {
 public:
  // `door` outlives it, and is always what is in force.
  session(branch& home, session_table& table, admission& doors, const listener_in_force& door,
          const cancel_router& cancels, net::stream client, console_desk* console = nullptr);
  session(const session&) = delete;
  ~session();

  net::awaitable<> live();
  // Before `live`: there is no place for it, unless it comes for the console, where others can be
  // sent away. Else it hears why.
  void crowd_out(error why) { crowded_ = std::make_unique<error>(std::move(why)); }
  // Ends it now; the client hears why.
  void end(error why);
  // Ends it as soon as no exchange and no transaction is open.
  void drain(error why);
  // Asks the server to cancel what it runs for this session; an error: it could not be told.
  net::awaitable<result<void>> cancel_running();
  // Whether it has signed in as that user of that cluster; an error: see conversation::cancelled.
  result<void> obeys(const session_order& what) const;
  // Its own order to another session.
  void carried_out(const result<void>& outcome);
  void commit_found(commit_fate fate);
  // The lead has moved or is disputed: who has a server of who led is rid of it.
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

  client_login_settings login_settings(const std::string& from) const;
  net::awaitable<bool> arrive();
  net::awaitable<bool> meet();
  net::awaitable<bool> sign_in();
  net::awaitable<bool> settle(std::unique_ptr<conversation> before);
  net::awaitable<bool> begin_anew();
  net::awaitable<bool> sign_in_again();
  void part();
  bool asks_console() const;
  bool comes_as_ourselves() const;
  net::awaitable<> serve_console();
  void keep_time();
  time_limits limits() const;
  void look_at_time();
  void turn_away(const error& why);
  std::optional<error> why_not_promised() const;  // a limit of clients is reached
  net::awaitable<bool> welcome(lease first, std::unique_ptr<conversation> before);
  net::awaitable<> close_exchange(exchange_end how);
  lease warm_start();
  static network place_of(std::string peer);
  router::client_words words_of_client() const;
  void find_ways();
  pool* source();
  lease take_warm();
  lease lend_out(lease server, net::steady_time now);
  std::string cause_of_loss(const server_connection& server, net::error_code how) const;
  void log_route(const server_connection& server) const;
  net::awaitable<result<lease>> obtain(errand& what);
  void want(const server_wish& what) override;
  bool server_speaks(const server_connection& server) override;
  error why_lost(const server_connection& server, net::error_code how) override;
  void note_loss(const error& why) override { note(why); }
  void note_refused_token(std::string_view why) override;
  bool inquire(std::string_view token, const server_connection& server) override;
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
  void order(std::uint32_t session, bool for_good) override;
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
  const listener_in_force& door_;
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
  order_giver giver_ = {};                   // once it has ordered or asked something
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
  std::uint8_t failed_again_ = 0;        // how often it could not sign in again
  std::unique_ptr<error> crowded_ = {};  // why there is no place for it but at the console
  net::steady_time began_;
  net::steady_time login_began_;
  std::unique_ptr<error> ending_ = {};  // why it is to end
};

}  // namespace skein::proxy
