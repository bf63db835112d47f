// One client's exchange in transaction and statement pooling: a server is borrowed for each
// transaction and made to look like the one before. The client's prepared statements have names of
// ours on servers and are prepared where they are missing; its settings are replayed; what a
// transaction may have left behind is read back before the server goes on to somebody else.
//
// Twelve files carry it out: transaction_client.cpp reads the client, transaction_statements.cpp
// its prepared statements, transaction_long_texts.cpp those that only a server can keep,
// transaction_prepares.cpp those in SQL, transaction_listening.cpp what it
// listens on, transaction_server.cpp the server; transaction_borrowing.cpp sees to what the server
// is when it comes and when it goes, transaction_plans.cpp to statements whose plans fit no more,
// transaction_blocks.cpp to statement pooling, transaction_routing.cpp to where a statement may run
// and to reads that fail on a follower, transaction_losses.cpp to servers that are lost,
// transaction_commits.cpp to commits that are under way then.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backends/postgres/look.hpp"
#include "backends/postgres/memory.hpp"
#include "backends/postgres/message.hpp"
#include "backends/postgres/prepare_statement.hpp"
#include "backends/postgres/turn.hpp"

namespace skein::postgres {

// A message with a statement's text is looked at up to here; a longer one is passed on as it comes
// and taken to have done anything. What is looked at can be kept too: for who binds the unnamed
// statement again, as the protocol allows, behind a Sync and so perhaps on another server.
inline constexpr std::uint32_t whole_max = 128U * 1024;
// A client's prepared statements, the unnamed one among them, and the replies that one pipeline may
// owe.
inline constexpr std::size_t names_bytes_max = 32UZ << 20;
inline constexpr std::size_t owed_max = 2048;
// Two names in front of a Bind, one in a long EXECUTE; the server cuts each to 63 bytes.
inline constexpr std::size_t names_max = 8192;
// How many EXECUTEs a name may stand for in a row: one may run itself.
inline constexpr int aims_max = 4;
// Of a server's message that is read, not only passed on.
inline constexpr std::size_t read_max = 32UZ * 1024;

class transaction_conversation final : public skein::conversation {
 public:
  transaction_conversation(pool_mode mode, session_state at_startup, core_memory& shared,
                           const std::string& database = {});
  ~transaction_conversation() override;

  void from_client(byte_view input, action_list& actions) override;
  void from_server(byte_view input, action_list& actions) override;
  const server_wish& wish() const override { return turn_->wish; }
  void lend(skein::server_memory& there) override;
  bool may_have_written() const override { return wrote_; }
  bool ask_again(action_list& actions) override;
  bool in_doubt() const override;
  std::string_view commit_token() const override;
  bool outlive(const error& why, action_list& actions) override;
  bool outlive_commit(const error& why, commit_fate fate, action_list& actions) override;
  void refuse_next(const error& why) override;
  void settle_in(action_list& actions) override;
  result<std::string> greeting() const override;
  void channel_live(const result<void>& outcome, action_list& actions) override;
  void announce(std::string_view message, bool room, action_list& actions) override;
  void announcements_lost(bool room, action_list& actions) override;
  // While its server is looked at no transaction begins: others may have waited for longer.
  bool on_hold() const override {
    return hold_ || look_ || (turn_ && turn_->owed.size() >= owed_max);
  }
  bool at_rest() const override;
  bool client_at_rest() const override;
  bool busy() const override;
  std::string_view pin() const override;
  bool leave(action_list& actions) override;
  std::string break_off(error why) override;
  const exchange_counts& counts() const override { return counts_; }

 private:
  // One message of the client as far as it has come.
  struct incoming {
    char type = 0;
    std::uint32_t body_size = 0;
    byte_view body = {};  // what is there of it
    bool whole() const { return body.size() == body_size; }
    std::size_t size() const { return header_bytes + body.size(); }
  };
  enum class taken : std::uint8_t { yes, not_yet };

  // At each call there is a turn; behind it only where something is under way.
  void begin_turn();
  void end_turn();

  // From the client.
  void read_client(byte_view input, action_list& actions);
  taken take(const incoming& message, action_list& actions);
  taken take_query(const incoming& message, action_list& actions);
  taken take_parse(const incoming& message, action_list& actions);
  taken take_named_parse(const incoming& message, std::string_view name, std::string_view tail,
                         action_list& actions);
  taken take_long_parse(const incoming& message, std::string_view name, std::string_view tail,
                        action_list& actions);
  taken take_unnamed_parse(const incoming& message, std::string_view tail, action_list& actions);
  taken take_bind(const incoming& message, action_list& actions);
  taken take_describe(const incoming& message, action_list& actions);
  taken take_close(const incoming& message, action_list& actions);
  taken take_sync(const incoming& message, action_list& actions);
  taken take_function_call(const incoming& message, action_list& actions);
  taken pass(const incoming& message, action_list& actions);
  taken pass_malformed(const incoming& message, reply_kind kind, action_list& actions);
  taken drop(const incoming& message, action_list& actions);
  taken answer_alone(const incoming& message, std::string_view tag, action_list& actions);
  taken take_execute(const incoming& message, action_list& actions);
  taken take_listening(const incoming& message, action_list& actions);
  taken parse_listening(const incoming& message, action_list& actions);
  taken bind_listening(const incoming& message, action_list& actions);
  taken describe_listening(const incoming& message, bool of_statement, action_list& actions);
  taken execute_listening(const incoming& message, action_list& actions);
  taken take_prepare(const incoming& message, const prepare_statement& made, action_list& actions);
  taken pass_query(const incoming& message, std::string_view text, action_list& actions);
  taken parse_execute(const incoming& message, std::string_view text, action_list& actions);
  taken execute_here(const incoming& message, action_list& actions);
  bool bind_here(const statement_ref* named, const statement_ref* found);
  void forget_portal();
  bool find_names(std::string_view text, bool whole);
  bool prepare_first(action_list& actions);
  taken pass_reworded(const incoming& message, std::uint32_t text_at,
                      const std::vector<named_here>& names, action_list& actions);
  rewording words_for(std::string_view text, const std::vector<named_here>& names) const;
  rewording words_behind(std::string_view text) const;
  bool counts_utf8() const;
  void push_reworded(owed_reply owed, rewording words);
  statement_ref meant_by(std::string_view name, int depth = 0);
  statement_ref meant_by(const statement_ref& entry, int depth = 0);
  std::optional<prepare_statement> read_prepare(std::string_view text) const;
  const statement_ref* aim(const statement_ref* named, statement_ref& aimed);
  static error no_such_statement(std::string_view name);
  static std::string_view text_of_tail(std::string_view parse_tail);
  taken hear_failure(const incoming& message, action_list& actions);
  taken pass_renamed(const incoming& message, std::string_view before, std::string_view name,
                     const statement& entry, action_list& actions);
  bool ask_for_server(action_list& actions);
  effects read_query(std::string_view text);
  bool replay_first(bool may_follow, action_list& actions);
  bool forget_sequences_first(const effects& left, bool may_follow, action_list& actions);
  void close_there(std::string& messages, std::uint32_t number);
  bool close_unkept(action_list& actions);
  void ensure_prepared(const statement_ref& entry, action_list& actions);
  bool await_name(std::string_view name, int depth = 0);
  taken await_replies();
  statement_ref keep(std::string_view parse_tail);
  std::optional<error> refusal_of(std::string_view name) const;
  void name_statement(std::string_view name, const statement_ref& entry,
                      std::optional<rewording> in_sql, action_list& actions);
  bool may_answer_parse() const;
  bool is_prepared(const statement& entry);
  void ensure_unnamed(action_list& actions);
  void forget_unnamed();
  void send_parse(const statement_ref& entry, owed_reply owed, action_list& actions);
  void inject(owed_reply reply);
  static error no_blocks_here();
  // Whatever the server would do with it.
  std::optional<error> why_not_here(const effects& asked) const;
  bool await_no_block(char type);
  void end_block(action_list& actions);
  void roll_back(action_list& actions);
  taken refuse(const incoming& message, const error& why, action_list& actions,
               std::string_view routine = {});
  const effects& leaves_of(const statement& entry);
  void read_unnamed_again();
  bool may_follow(const effects& left) const;
  void note(const effects& left, std::uint64_t reading);
  void note_definitions();
  void change_definitions();
  void doubt_server();
  bool can_listen_here(const effects& left) const;
  bool listen_here(const effects& wanted, action_list& actions);
  void stop_listening(action_list& actions);
  void say_announcements(action_list& actions);
  void note_reported();
  void end_client(char type, std::uint32_t length, action_list& actions);

  // Where it may run.
  struct batch_wish;
  void make_wish();
  std::string_view unsure_of_all() const;
  std::size_t read_batch(byte_view input, batch_wish& of);
  bool add_message(char type, byte_view body, batch_wish& of);
  bool add_named(std::string_view name, batch_wish& of);
  void keep_approved(byte_view input);
  bool await_follower();
  bool look_ahead(byte_view input, action_list& actions);
  void begin_again();
  void say_again(action_list& actions);

  // Where its server is lost.
  bool may_outlive() const;
  void forget_server();
  void tell_loss(const std::string& words, char status, action_list& actions);
  bool hides_goodbye(byte_view error_body) const;
  std::optional<taken> take_behind_loss(const incoming& message, action_list& actions);
  void fail_block(action_list& actions);

  // Commits that may be asked for later.
  bool commits_nothing() const;
  bool awaits_commit_alone() const;
  void ask_number_first(std::string_view text, action_list& actions);
  void take_number(byte_view row);
  bool say_committed(action_list& actions);

  // From the server.
  void read_server(byte_view input, action_list& actions);
  void take_reply(char type, byte_view message, action_list& actions);
  void take_ready(char status, byte_view message, action_list& actions);
  void take_error(byte_view message, action_list& actions);
  void take_parameter(byte_view body);
  void take_complete(byte_view body);
  void take_copy_in();
  void skip_to_sync();
  void hear_of_statement(byte_view error_body);
  void retire(std::uint32_t statement);
  void renew(const statement_ref& stale);
  const statement_ref* find_fresh(std::string_view name);
  taken tell_of_change(const incoming& message, const statement_ref& stale, action_list& actions);
  void take_names_away();
  bool front_is(reply_kind kind) const;
  void pop_front(action_list& actions);
  static bool is_injected(const owed_reply& reply);
  void release_hold();
  void answer_here(action_list& actions);
  void tell_reported(action_list& actions);
  void keep_reported();
  void settle_replay();
  void settle(action_list& actions);
  void send_look(action_list& actions);
  void look_ended();
  void give_back(action_list& actions);
  void clean_up(action_list& actions);
  void end_server(char type, std::uint32_t length, action_list& actions);

  pool_mode mode_;
  core_memory& shared_;
  std::shared_ptr<database_memory> database_;
  server_memory* server_ = nullptr;
  std::unique_ptr<turn> turn_ = {};  // none at rest without a server
  session_state at_startup_;
  session_state settings_;  // what the session has set, wherever it runs
  session_state reported_;  // what the client has been told by ParameterStatus
  statement_names names_ = {};
  std::string unnamed_tail_ =
      {};  // the unnamed statement's Parse, and its number; 0: there is none
  std::uint64_t unnamed_ = 0;
  effects unnamed_leaves_ = {};
  std::uint64_t unnamed_reading_ = 0;       // the database's with which they were read
  statement_ref unnamed_runs_ = {};         // where it is EXECUTE: what; where it is PREPARE: makes
  std::vector<std::string> channels_ = {};  // that the client listens on, by no server of its own
  std::string listening_ = {};              // the one that is waited for
  std::string announcements_ = {};          // that could not be said yet
  bool report_changed_ = false;
  bool standard_strings_ = true;            // as reported
  std::unique_ptr<look_reader> look_ = {};  // while one is under way
  bool look_again_ = false;                 // it has failed once
  std::string_view pin_ = {};
  std::uint64_t number_;         // of this borrower
  std::uint64_t sequences_ = 0;  // its last turn in which it used sequences
  exchange_counts counts_ = {};
  byte_view unread_ = {};  // of the client's, while it is read: from the message that is taken on
  std::size_t approved_ = 0;  // bytes of what it sent that are known not to write: whole messages
  std::uint32_t client_body_left_ = 0;
  std::uint32_t server_body_left_ = 0;
  std::uint32_t injected_ = 0;  // replies owed to nobody: until they are here no new round begins
  char status_ = 'I';
  bool client_body_hidden_ = false;
  bool server_body_hidden_ = false;
  // The unnamed statement, and portal, is LISTEN or UNLISTEN and is answered here.
  bool unnamed_listens_ = false;
  bool portal_listens_ = false;
  bool announcements_missed_ = false;
  bool unnamed_unkept_ = false;  // too long to be kept: its server must stay
  bool replay_due_ = false;
  bool replay_underway_ = false;
  bool others_sequences_ = false;  // the server knows values that are not this client's
  bool knows_sequences_ = false;   // or it knows this client's, of this turn
  bool hold_ = false;              // the client's next message waits for what was injected
  bool awaits_names_ = false;      // hold_ is for them
  bool names_in_doubt_ = false;    // something under way may take away any of them
  bool names_prepared_ = false;    // what the Query names was prepared ahead of it
  bool batch_open_ = false;        // extended messages without their Sync
  bool skipping_ = false;          // the client's messages up to its Sync are void
  bool copy_open_ = false;         // the server reads CopyData
  bool copy_ending_ = false;
  bool commit_possible_ = false;
  bool bound_may_commit_ = false;  // what was bound in this transaction
  bool bound_begins_ = false;      // a block, in the batch under way
  bool block_possible_ = false;    // something under way may have begun one
  bool block_lost_ = false;        // with its server: the client is to roll it back
  bool unlooked_ = false;  // what is to be looked at is of a transaction that has been committed
  bool borrowing_ = false;
  bool next_known_ = false;
  bool touched_anything_ = false;
  bool results_change_ = false;  // of others' statements, by the transaction under way
  bool defines_ = false;         // it may change definitions
  bool round_failed_ = false;
  bool untold_ = false;       // of what runs on a follower the client has heard nothing
  bool repeating_ = false;    // it has failed there, and will be asked again
  bool repeats_ = false;      // what comes next is that
  bool on_follower_ = false;  // the server that was lent last was a follower's
  bool lent_reader_ = false;  // a follower has been lent for what is approved
  bool wrote_ = false;        // on the server that is lent, perhaps
  bool told_ = false;         // the server has reported an error that ends all that is owed
  bool welcomed_ = false;
  bool pinned_for_good_ = false;
  bool leaving_ = false;
  bool finished_ = false;
  bool broken_ = false;
};

}  // namespace skein::postgres
