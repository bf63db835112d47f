// A server is lost under a client, or leads no more. Where nothing can have been committed the
// client hears a serialization failure, which frameworks answer by running the transaction again,
// and goes on as behind one: what is left of its transaction fails, on whichever server comes next,
// until it is rolled back.
#include "backends/postgres/commit_statement.hpp"
#include "backends/postgres/errors.hpp"
#include "backends/postgres/transaction_conversation.hpp"

namespace skein::postgres {

namespace {

// A portal that nobody can have: executing it fails.
constexpr std::string_view no_portal = "lost with its server";

std::string_view text_of(byte_view body) {
  const std::string_view text = as_text(body);
  return text.substr(0, text.find('\0'));
}

}  // namespace

// What a server has that no other can be given goes with it, and a message that is under way to
// either side cannot be ended in another way.
bool transaction_conversation::may_outlive() const {
  return server_ && welcomed_ && !finished_ && !broken_ && !leaving_ && !look_ && pin().empty() &&
         !unlooked_ && !copy_open_ && client_body_left_ == 0 && turn_->failure.empty() &&
         (server_body_left_ == 0 || server_body_hidden_);
}

bool transaction_conversation::in_doubt() const {
  return busy() && commit_possible_ && wrote_ && !on_follower_ && !commits_nothing();
}

bool transaction_conversation::outlive(const error& why, action_list& actions) {
  if (in_doubt() || !may_outlive()) return false;
  const reply_queue& owed = turn_->owed;
  const std::size_t rounds = owed.rounds_of_client();
  const bool asked = rounds != 0 || batch_open_;
  if (rounds > (batch_open_ ? 0U : 1U)) return false;
  begin_turn();
  const std::string words = error_response(why, {.severity = "ERROR"});
  const bool heard = told_ || skipping_;
  const bool failed = status_ == 'E';
  const bool in_block = status_ != 'I' && turn_->committing.what == commit::none;
  forget_server();
  status_ = in_block ? 'E' : 'I';
  block_lost_ = in_block;
  if (asked) {
    tell_loss(heard ? std::string() : words, rounds != 0 ? status_ : '\0', actions);
  } else if (in_block && !failed) {
    turn_->loss = words;
  }
  end_turn();
  return true;
}

// In place of what is owed; `status`: of the ReadyForQuery, where one is.
void transaction_conversation::tell_loss(const std::string& words, char status,
                                         action_list& actions) {
  std::string said = words;
  counts_.errors_seen += words.empty() ? 0 : 1;
  if (status == '\0') {
    skipping_ = true;
  } else {
    message_writer(said).begin(from_backend::ready).byte(status).end();
    ++counts_.queries_finished;
  }
  actions.to_client(said);
}

// Nothing that it owes will come.
void transaction_conversation::forget_server() {
  names_.undo(turn_->owed.naming());
  turn_->owed.clear();
  turn_->refusals.clear();
  turn_->rewordings.clear();
  turn_->touched.clear();
  turn_->replayed.clear();
  turn_->noted_at = 0;
  turn_->committing.what = commit::none;
  forget_portal();
  look_.reset();
  server_ = nullptr;
  injected_ = server_body_left_ = 0;
  approved_ = 0;
  hold_ = awaits_names_ = replay_due_ = replay_underway_ = touched_anything_ = false;
  copy_open_ = copy_ending_ = commit_possible_ = block_possible_ = false;
  bound_may_commit_ = bound_begins_ = false;
  untold_ = repeating_ = round_failed_ = told_ = false;
  next_known_ = names_in_doubt_ = knows_sequences_ = look_again_ = report_changed_ = false;
  if (std::exchange(defines_, false)) database_->end_defining();
  if (std::exchange(results_change_, false)) shared_.statements.tables_change();
}

// A server that is stopped, or ends its clients, says so and closes. Who can go on without it
// hears what became of its transaction instead.
bool transaction_conversation::hides_goodbye(byte_view error_body) const {
  if (field_of_error(error_body, 'V') != "FATAL" || in_doubt() || !may_outlive()) return false;
  const std::string_view sqlstate = field_of_error(error_body, 'C');
  return sqlstate == "57P01" || sqlstate == "57P02";
}

// A transaction whose server was lost is rolled back here. All else that is sent in it has to fail,
// by the server that comes next. Empty: the message goes its usual way.
std::optional<transaction_conversation::taken> transaction_conversation::take_behind_loss(
    const incoming& message, action_list& actions) {
  if (server_) {
    if (!replay_first(false, actions)) fail_block(actions);
    return taken::not_yet;
  }
  const bool queries = message.type == from_frontend::query;
  const bool has_text = queries || message.type == from_frontend::parse;
  const bool acts =
      has_text || message.type == from_frontend::bind || message.type == from_frontend::describe ||
      message.type == from_frontend::close || message.type == from_frontend::execute ||
      message.type == from_frontend::function_call;
  if (!acts) return std::nullopt;
  if (has_text && !message.whole() && message.body_size <= whole_max) return taken::not_yet;
  bool rolls_back = false;
  if (queries) {
    rolls_back = is_rollback(text_of(message.body));
  } else if (has_text) {
    field_reader body(message.body);
    body.text();
    rolls_back = is_rollback(text_of_tail(body.rest()));
  }
  if (rolls_back) turn_->loss.clear();
  if (!turn_->loss.empty()) {
    ++counts_.errors_seen;
    turn_->failure = std::exchange(turn_->loss, {});
    return hear_failure(message, actions);
  }
  const bool ends = queries && (rolls_back || commit_of(text_of(message.body)) == commit::plain);
  if (ends && !batch_open_) {
    status_ = 'I';
    block_lost_ = false;
    return answer_alone(message, "ROLLBACK", actions);
  }
  turn_->wish.clear();
  approved_ = 0;
  borrowing_ = true;
  actions.borrow();
  return taken::not_yet;
}

// Its server is brought to where the lost one would be.
void transaction_conversation::fail_block(action_list& actions) {
  block_lost_ = false;
  std::string messages;
  message_writer(messages).begin(from_frontend::query).text("BEGIN").end();
  inject({.kind = reply_kind::query, .whose = reply_for::nobody});
  message_writer(messages).begin(from_frontend::execute).text(no_portal).u32(0).end();
  turn_->owed.push({.kind = reply_kind::execute, .whose = reply_for::refused});
  turn_->refusals.emplace_back();
  message_writer(messages).begin(from_frontend::sync).end();
  inject({.kind = reply_kind::sync, .whose = reply_for::nobody});
  actions.to_server(messages);
  hold_ = true;
}

}  // namespace skein::postgres
