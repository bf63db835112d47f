// One client's exchange in transaction and statement pooling: a server is borrowed for each
// transaction and made to look like the one before. Clients' prepared statements have ids of ours
// and are prepared where they are missing; settings are replayed; what a transaction may have left
// behind, and no server tells by itself, is read back before the server goes on to somebody else.
//
// A client asks, then hears the whole answer: so at most one command is under way. What we ask
// ourselves, before the client's command or behind it, are errands; their answers are hidden, and
// the client's next command waits for them.
//
// transaction_client.cpp reads the client, transaction_statements.cpp its prepared statements,
// transaction_server.cpp the server; transaction_errands.cpp has what we ask ourselves, and
// transaction_borrowing.cpp sees to when a server comes and goes; transaction_routing.cpp to where
// a statement may run and to reads that fail on a follower, transaction_losses.cpp to servers that
// are lost, transaction_commits.cpp to what became of a commit then.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backends/mysql/client_packets.hpp"
#include "backends/mysql/commands.hpp"
#include "backends/mysql/leavings.hpp"
#include "backends/mysql/memory.hpp"
#include "backends/mysql/own_writes.hpp"
#include "backends/mysql/replies.hpp"
#include "backends/mysql/tracking.hpp"

namespace skein::mysql {

class transaction_conversation final : public skein::conversation {
 public:
  transaction_conversation(pool_mode mode, const login_request& asked, core_memory& shared);
  ~transaction_conversation() override;

  void from_client(byte_view input, action_list& actions) override;
  void from_server(byte_view input, action_list& actions) override;
  const server_wish& wish() const override { return wish_; }
  void lend(skein::server_memory& there) override;
  bool may_have_written() const override { return wrote_; }
  std::shared_ptr<const extent> exact_writes() const override {
    return all_told_ ? writes_.exact() : nullptr;
  }
  bool ask_again(action_list& actions) override;
  bool in_doubt() const override;
  std::string_view commit_token() const override;
  bool outlive(const error& why, action_list& actions) override;
  bool outlive_commit(const error& why, commit_fate fate, action_list& actions) override;
  void refuse_next(const error& why) override;
  void settle_in(action_list& actions) override;
  void follow(const skein::conversation& before) override;
  result<std::string> greeting() const override;
  void channel_live(const result<void>&, action_list&) override {}
  void cancelled(const result<void>& outcome, action_list& actions) override;
  void announce(std::string_view, bool, action_list&) override {}
  void announcements_lost(bool, action_list&) override {}
  bool on_hold() const override { return held_; }
  bool at_rest() const override;
  bool client_at_rest() const override;
  bool busy() const override { return whose_ == asker::client; }
  std::string_view pin() const override;
  bool leave(action_list& actions) override;
  std::string break_off(error why) override;
  const exchange_counts& counts() const override { return counts_; }

 private:
  enum class asker : std::uint8_t { nobody, client, us };

  // What we ask ourselves. Those that come first bring the server to where the session is: where
  // one fails, so does the client's command.
  enum class errand_kind : std::uint8_t {
    set_up,  // the server is to report what changes
    modes,   // how it reads texts where nobody has set that
    settings,
    database,
    several,  // whether it takes several statements at once
    insert_id,
    prepare,
    token,       // by which a commit can be asked for later ...
    still_open,  // ... or whether its refusal has ended the transaction
    clear,       // of what a statement before has left, for who asks
    // Behind the client's commands:
    status,    // whether a transaction is open
    warnings,  // that its last statement has left
    look,      // the last insert id, the collation, user variables: in one row
    end_block,
    reset,
  };
  struct errand {
    errand_kind what = errand_kind::status;
    command by = command::query;
    std::string body = {};
    session_state settings = {};  // settings: in force behind it
    statement_ref entry = {};     // prepare
  };
  struct client_statement {
    statement_ref entry = {};
    std::string types = {};      // of its parameters, as the client told them last
    bool has_long_data = false;  // on the server that is borrowed
    bool has_cursor = false;     // likewise
    std::string failure = {};    // what its next execution has to hear
  };
  enum class taken : std::uint8_t { yes, not_yet };
  // The command that is waited with, or carried out.
  struct current {
    std::shared_ptr<const statement_facts> facts = {};
    const leavings* left = nullptr;  // null: nothing is known yet
    std::string hint = {};
    std::string text = {};         // where it runs what nobody has read
    std::string_view unsure = {};  // why it is the leader's whatever its facts say
    bool long_text = false;
    std::string token = {};          // of a commit, in hex
    std::string token_refusal = {};  // a body: why it was not written
    bool token_tried = false;
    bool token_written = false;
  };

  // From the client.
  taken take_packet(const incoming& from, action_list& actions);
  taken take_command(const incoming& from, action_list& actions);
  taken take_kill(const incoming& from, const std::expected<kill_request, std::string>& asked,
                  action_list& actions);
  taken take_query(const incoming& from, action_list& actions);
  taken take_plain(const incoming& from, action_list& actions);
  taken take_option(const incoming& from, action_list& actions);
  taken take_reset(const incoming& from, action_list& actions);
  taken forward(const incoming& from, action_list& actions);
  taken refuse(const incoming& from, const error& why, action_list& actions);
  taken refuse(const incoming& from, const error_packet& why, action_list& actions);
  taken answer(const incoming& from, const std::string& text, action_list& actions);
  taken fail(const incoming& from, action_list& actions);
  taken end_client(const incoming& from, const std::string& what, action_list& actions);
  void read_text(std::string_view text, bool whole);
  void begin_answer(command what);
  void note_begun();
  void note_definitions();
  std::optional<error> refusal() const;
  bool can_be_read(std::string_view text) const;
  bool leaves_follower_first(action_list& actions);

  // Its prepared statements.
  taken take_prepare(const incoming& from, action_list& actions);
  taken take_execute(const incoming& from, action_list& actions);
  taken take_long_data(const incoming& from, action_list& actions);
  taken take_fetch(const incoming& from, action_list& actions);
  taken take_statement_reset(const incoming& from, action_list& actions);
  taken take_close(const incoming& from, action_list& actions);
  taken take_bulk(const incoming& from, action_list& actions);
  taken execute(const incoming& from, client_statement& by, std::size_t types_at,
                std::size_t types_size, bool has_types, action_list& actions);
  taken execute_somewhere(const incoming& from, client_statement& by, std::size_t types_at,
                          std::size_t types_size, bool has_types, action_list& actions);
  std::uint32_t named_id(const incoming& from) const;
  client_statement* statement_of(const incoming& from);
  std::expected<client_statement*, taken> named_in(const incoming& from, std::size_t bytes,
                                                   action_list& actions);
  static error_packet no_such_statement(std::uint32_t id);
  void read_statement(const client_statement& which);
  std::uint32_t give_id(statement_ref entry);
  void close_there(client_statement& which, action_list& actions);
  void take_prepared(const answer::step& now, byte_view packet, action_list& actions);
  void note_prepared(const statement_ref& entry, byte_view body);
  void keep_reply(byte_view packet);

  // From the server.
  bool take_answer(const answer::step& now, byte_view packet, action_list& actions);
  void forward_ok(byte_view packet, byte_view body, action_list& actions);
  void note_ok(byte_view body);
  bool note_changes(byte_view body, ok_packet& told);
  void note_insert_id(std::uint64_t told);
  void heed(const ok_packet& told);
  void heed_variable(const session_change& what);
  void note_write(std::string_view gtids);
  void end_answer(action_list& actions);
  void begin_anew();
  void note_executed();
  void end_server(action_list& actions);

  // Errands.
  bool bring_first(const statement_ref* needed, action_list& actions);
  std::uint8_t collation_there() const;
  void bring_settings(const session_state& from, const session_state& to);
  void run(errand_kind what, command by, std::string body);
  void begin_errand(action_list& actions);
  void hear_errand(const answer::step& now, byte_view packet);
  void end_errand(action_list& actions);
  void carried_out(const errand& done);
  void give_up(const errand& what);
  bool asks_errand_elsewhere(action_list& actions);
  void take_modes();
  void take_look();
  bool look_back(action_list& actions);
  std::string question() const;

  // When a server comes and goes.
  taken ask_for_server(action_list& actions);
  void settle(action_list& actions);
  void give_back(action_list& actions);
  void clean_up(action_list& actions);
  bool is_dirty() const;
  void note_unseen();
  void read_unseen();

  // Where it may run.
  void make_wish();
  std::string_view unsure_of_all() const;
  void keep_approved(const incoming& from);
  bool is_of_follower(byte_view error_body) const;
  void say_again(action_list& actions);

  // By what a commit can be asked for.
  bool wants_token() const;
  void write_token();
  void doubt_token();
  void note_token();
  void go_on_without_token(action_list& actions);

  // Where its server is lost.
  bool is_in_block() const;
  bool may_outlive() const;
  void forget_server();
  bool rolls_back_what_is_lost();

  pool_mode mode_;
  core_memory& shared_;
  database_memory& definitions_;
  capability_set shaped_;  // as the client reads its answers
  std::uint8_t collation_;
  std::string first_database_;
  std::string database_;
  session_state settings_ = {};  // what the session has set, wherever it runs
  tracking tracked_ = {};
  reading_rules rules_ = {};
  sql_mode first_mode_ = {};  // where none is set, and ...
  std::string first_isolation_ = {};
  server_memory* server_ = nullptr;
  mysql::answer answer_ = {};
  std::uint16_t status_ = status::autocommit;
  std::uint64_t insert_id_ = 0;
  std::uint64_t sequences_ = 0;  // when it has last drawn from one, as a server's memory has it
  std::map<std::uint32_t, client_statement> statements_ = {};
  std::uint32_t last_id_ = 0;
  std::size_t statements_bytes_ = 0;
  own_writes writes_ = {};
  std::vector<std::string> variables_ = {};  // to be looked at when the server goes back
  std::vector<std::string> unseen_ = {};     // texts that were run, and not understood yet
  std::string warnings_ = {};                // what SHOW WARNINGS would say, as it is sent
  std::vector<errand> errands_ = {};
  std::string heard_ = {};    // of the answer to an errand, or to the client's PREPARE
  std::string failure_ = {};  // a body: why the command that waits cannot be carried out
  std::string approved_ =
      {};  // the command that a follower was given, if it can be asked elsewhere
  current now_ = {};
  statement_ref preparing_ = {};  // the client's PREPARE
  std::uint32_t executing_ = 0;   // the statement that is executed or fetched from
  server_wish wish_ = {};
  exchange_counts counts_ = {};
  client_packets client_ = {};
  command asked_ = command::quit;
  asker whose_ = asker::nobody;
  std::uint16_t holds_ = 0;
  std::uint16_t holds_before_ = 0;
  bool held_ = false;
  std::optional<std::uint32_t> killing_ = {};  // that session, and what became of it is not known
  bool welcomed_ = false;
  bool too_old_ = false;  // its server
  bool several_;          // statements at once, as the client wants it
  bool defines_ = false;  // what is under way may change definitions
  bool borrowing_ = false;
  bool leaving_ = false;
  bool broken_ = false;
  bool finished_ = false;
  bool wrote_ = false;
  bool all_told_ = false;       // what was written since the server was lent stands in writes_
  bool fresh_ = false;          // nothing of the session's has run since the server was lent
  bool unread_ = false;         // code that nobody here can read has run: what it left is not known
  bool unresolved_ = false;     // the client's command has failed before it was run
  bool failed_ = false;         // the client's command, by the server's word
  bool status_unsure_ = false;  // an error does not tell whether a transaction is open
  bool changes_unheard_ = false;
  bool has_warnings_ = false;
  bool insert_id_unsure_ = false;
  bool id_told_again_ = false;     // the one that the server had when it was lent
  bool others_sequences_ = false;  // the last values there may be another client's
  bool drew_sequences_ = false;
  bool collation_unsure_ = false;
  bool state_changed_ = false;  // and nothing that was told with it explains that
  bool untold_ = false;         // of what runs on a follower the client has heard nothing
  bool repeating_ = false;
  bool repeats_ = false;
  bool block_lost_ = false;   // with its server, and failure_ says so
  bool on_follower_ = false;  // also when the server that was lost has gone
  bool id_lost_ = false;      // the last insert id, with the server that committed
};

}  // namespace skein::mysql
