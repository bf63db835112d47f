// A client's exchange with the servers that it borrows: reads the client, carries out what the
// conversation says of either side's bytes, borrows and gives back. The hot path of the house: a
// warm exchange allocates nothing and makes one receive and one send a hop.
#pragma once

#include <string>

#include "backends/conversation.hpp"
#include "metrics/counters.hpp"
#include "net/bell.hpp"
#include "net/core.hpp"
#include "net/task_group.hpp"
#include "proxy/outlet.hpp"
#include "proxy/overtime.hpp"
#include "proxy/server_connection.hpp"

namespace skein::proxy {

// What a client may send ahead while it waits for a server, or is held; then it is not listened to.
inline constexpr std::size_t early_bytes_max = 64UZ * 1024;

enum class exchange_end : std::uint8_t {
  client_left,     // it said goodbye, or closed its connection
  client_failed,   // its connection broke
  client_erred,    // what came was not of the code that it had agreed on
  server_failed,   // a lent server's connection broke or closed
  finished,        // the conversation ended it; the client has been told why
  interrupted,     // `interrupt` was called
  signs_in_again,  // `kept` begins with how: another session of that connection follows
};

// Where an exchange gets its servers from.
class lender {
 public:
  virtual ~lender() = default;
  // A server is wanted for that, from here on.
  virtual void want(const server_wish& what) = 0;
  // At once, or null: what its turn in the line has brought, or one that nobody waits for.
  virtual lease try_borrow() = 0;
  // Waits for such a one as it had last, without a task of its own: while `in_line`. That this is
  // over is told by exchange::served or rouse. What cannot be had so can be had by `borrow`.
  virtual void line_up() = 0;
  virtual bool in_line() const = 0;
  virtual void leave_line() = 0;
  // Within the pool's wait. What the client sends meanwhile is put behind `ahead`.
  virtual net::awaitable<result<lease>> borrow(std::string& ahead) = 0;
  // `answered`: when its last answer had come, where that is known.
  virtual void give_back(lease server, net::steady_time answered) = 0;
  // The one that is lent speaks, before its client hears it. False: it may not be believed.
  virtual bool server_speaks(const server_connection& server) = 0;
  // It is gone, by that; or may not be believed any more: what its client is to hear, and the log.
  virtual error why_lost(const server_connection& server, net::error_code how) = 0;
  virtual void note_loss(const error& why) = 0;
  // It goes on without what would have told that.
  virtual void note_refused_token(std::string_view why) = 0;
  // What became of a commit that it was sent: answer by `commit_found`. False: nobody can be asked.
  virtual bool inquire(std::string_view token, const server_connection& server) = 0;
  virtual bool listen(std::string_view channel) = 0;  // true: it is live at once
  virtual void unlisten(std::string_view channel) = 0;
  virtual void unlisten_all() = 0;
  // What another session runs is to be cancelled, or that session ended: answer by `cancelled`.
  virtual void order(std::uint32_t session, bool for_good) = 0;
};

class exchange final : public server_user {
 public:
  exchange(net::core& core, net::stream& client, conversation& talk, lender& servers,
           metrics::core_counters& counters);

  // Makes the first server what the client's start-up asks for: as a rule at once.
  void settle_in(lease first);
  bool settling() const { return !ended_ && talk_.on_hold(); }
  net::awaitable<> settled(net::steady_time until);
  result<std::string> greeting() const;
  // `early` is what the client sent behind its login.
  void welcome(std::string_view words, std::string early);
  // Until either side ends. A client is idle in here: the frame is small, and so is what it holds.
  net::awaitable<exchange_end> run();
  void channel_live(const result<void>& outcome);
  void cancelled(const result<void>& outcome);
  void announce(std::string_view message);
  void announcements_lost();
  // Who it has a server of leads no more: it is given up, whatever it does or answers.
  void lose_lead();
  void commit_found(commit_fate fate);
  void interrupt();
  void interrupt_at_rest();  // once no exchange and no transaction is open
  // After the end: the last words to the client; gives up when it does not take them.
  net::awaitable<> tell_client(std::string text);
  bool has_told_all() const { return to_client_.empty() && !to_client_.failure(); }
  std::string take_kept() { return std::exchange(kept_, {}); }  // the client's words, unheard
  // After the end: what is still borrowed goes back clean, or is closed.
  net::awaitable<> let_go(net::steady_time until);
  // While it is held the client's next transaction waits; the one under way goes on.
  void hold_at_rest(bool held);
  bool keeps_words() const { return held_back() && !kept_.empty(); }  // of a client that is held
  void cut_off();  // closes the borrowed server: its client will not hear what it answers

  // What it does, since when: kept up only from here on.
  void keep_time() {
    timed_ = true;
    note_time();
    forgive();
  }
  doing does() const { return does_; }
  net::steady_time since() const { return since_; }
  void forgive() { since_ = core_.wheel().read_clock(); }  // its time begins anew

  const lease& borrowed() const { return server_; }
  const std::string& member() const { return member_; }  // where the last server was borrowed
  const net::error_code& failure() const { return failure_; }
  error take_loss() { return std::move(*std::exchange(loss_, {})); }  // after server_failed, once
  bool wants_server() const { return wants_server_; }
  net::steady_time asked_at() const { return asked_at_; }  // what runs; none: the epoch

  // See lender::line_up.
  void served();  // its turn has brought one
  void rouse();

  void server_said(std::span<const std::byte> input) override;
  void server_lost(net::error_code why) override;
  bool clogged() const override { return !to_client_.empty() && !last_steps_; }

 private:
  static action_list& fresh_actions();
  enum class heard : std::uint8_t { something, nothing };
  enum class step : std::uint8_t {
    look_again,
    await_change,
    await_client,
    hear_held,
    fetch_server
  };
  step next_step();
  step next_step_to_server();
  void wait_stopped(net::error_code why);
  net::awaitable<> flush_server();
  heard read_client();
  heard read_early();
  net::awaitable<> hear_held();
  net::awaitable<> fetch_server();
  void take(lease server);
  net::awaitable<> unclog();
  void hear(std::span<const std::byte> input);
  std::size_t carry_out(std::span<const std::byte> input, bool of_client);
  void lend(lease server);
  void send(std::span<const std::byte> input, bool of_client);
  void pass_on(const action& todo, std::string_view text);
  void give_back(bool clean);
  void hear_again(std::string_view words);
  void leave_at_rest();
  void end_of_client(const net::attempt& last);
  void count(const exchange_counts& before);
  void give_up_server(net::error_code how);
  void go_on_without_server(const exchange_counts& before);
  void note_time();
  void note_pin();
  bool held_by_cancel() const;
  bool held_back() const;
  void end(exchange_end how, net::error_code why = {});
  void end_talk(exchange_end how);

  net::core& core_;
  net::stream& client_;
  conversation& talk_;
  lender& servers_;
  metrics::core_counters& counters_;
  outlet to_client_;
  lease server_ = nullptr;
  std::string member_ = {};
  std::string kept_ = {};  // of the client's bytes, what no action took yet
  net::bell changed_;      // a hold is over, the server has gone, the end has come
  std::unique_ptr<net::task_group> tasks_ = {};  // once the client was slow
  net::steady_time asked_at_ = {};
  net::steady_time since_ = {};
  std::uint64_t finished_ = 0;  // statements, as of since_
  doing does_ = doing::resting;
  bool timed_ = false;
  bool pin_counted_ = false;
  net::error_code failure_ = {};
  std::unique_ptr<error> loss_ = {};  // of its server
  std::optional<exchange_end> ended_ = {};
  bool wants_server_ = false;
  bool awaits_fate_ = false;  // of a commit
  bool unread_ = false;       // what is kept has not been looked at since something changed
  bool lined_up_ = false;     // in the line for one, or its turn has come
  bool listening_ = false;    // `run` waits for the client to speak
  bool roused_ = false;       // and is to look again
  bool held_ = false;
  bool hearing_held_ = false;  // and the client is listened to
  bool leaving_ = false;       // interrupt_at_rest was called
  bool unclogging_ = false;    // the client is slow: its server is not read meanwhile
  bool last_steps_ = false;    // the client is not listened to any more
  bool of_no_use_ = false;     // in these it was found that the server cannot be cleaned
};

}  // namespace skein::proxy
