// What a borrowed server answers: which reply is the client's, which is ours, and when the server
// may go back.
#include "backends/postgres/errors.hpp"
#include "backends/postgres/framing.hpp"
#include "backends/postgres/transaction_conversation.hpp"

namespace skein::postgres {

namespace {

// Messages that are read, not only passed: they must be there as a whole.
bool is_read(char type) {
  return type == from_backend::error_response || type == from_backend::parameter_status ||
         type == from_backend::command_complete;
}

// Of the whole rows at the front. A result may have millions: only their lengths are looked at, and
// a length that cannot be is left to whoever looks closer.
std::size_t rows_size(byte_view input) {
  const std::byte* at = input.data();
  std::size_t left = input.size();
  while (left >= header_bytes && static_cast<char>(*at) == from_backend::data_row) {
    const std::size_t length = load_u32(at + 1);
    // One comparison for both: shorter than itself, longer than what is left.
    if (length - length_bytes > left - header_bytes) break;
    at += length + 1;
    left -= length + 1;
  }
  return input.size() - left;
}

}  // namespace

transaction_conversation::transaction_conversation(pool_mode mode, session_state at_startup,
                                                   core_memory& shared, const std::string& database)
    : mode_(mode),
      shared_(shared),
      database_(shared.database(database)),
      at_startup_(at_startup),
      settings_(std::move(at_startup)),
      number_(shared.next_mark++) {}

// Whether what it defined was committed may never have been heard.
transaction_conversation::~transaction_conversation() {
  if (defines_) database_->end_defining();
}

void transaction_conversation::from_server(byte_view input, action_list& actions) {
  begin_turn();
  read_server(input, actions);
  end_turn();
}

void transaction_conversation::read_server(byte_view input, action_list& actions) {
  if (finished_ && !leaving_) return actions.hide(input.size());
  const std::size_t begun = std::min<std::size_t>(server_body_left_, input.size());
  server_body_left_ -= static_cast<std::uint32_t>(begun);
  server_body_hidden_ ? actions.hide(begun) : actions.forward(begun);
  input = input.subspan(begun);
  while (input.size() >= header_bytes) {
    if (untold_ && !look_ahead(input, actions)) return;
    if (server_ && (turn_->owed.empty() || turn_->owed.front().whose == reply_for::client)) {
      const std::size_t rows = rows_size(input);
      actions.forward(rows);
      input = input.subspan(rows);
      if (input.size() < header_bytes) break;
    }
    const char type = static_cast<char>(input[0]);
    const std::uint32_t length = load_u32(input.data() + 1);
    const bool ready = type == from_backend::ready;
    if (length < length_bytes || length > length_max || (ready && length != length_bytes + 1)) {
      actions.hide(input.size());
      return end_server(type, length, actions);
    }
    const std::size_t whole = header_bytes - length_bytes + length;
    const std::size_t seen = std::min(whole, input.size());
    const bool wanted_whole =
        ready || is_read(type) ||
        (!turn_->owed.empty() && (turn_->owed.front().whose == reply_for::look ||
                                  turn_->owed.front().whose == reply_for::commit));
    if (wanted_whole && seen < whole && whole <= read_max) return;
    if (!server_) return;  // given back: what it still says is not its client's
    take_reply(type, input.first(seen), actions);
    server_body_left_ = static_cast<std::uint32_t>(whole - seen);
    input = input.subspan(seen);
  }
}

// Whose message this is, and what it settles.
void transaction_conversation::take_reply(char type, byte_view message, action_list& actions) {
  const byte_view body = message.subspan(header_bytes);
  const reply_for whose = turn_->owed.empty() ? reply_for::client : turn_->owed.front().whose;
  bool hidden = whose != reply_for::client && type != from_backend::notification;
  bool done = false;
  switch (type) {
    case from_backend::ready:
      return take_ready(static_cast<char>(body[0]), message, actions);
    case from_backend::error_response:
      return take_error(message, actions);
    case from_backend::parameter_status:
      take_parameter(body);
      hidden = true;
      break;
    case from_backend::data_row:
      if (whose == reply_for::look && look_) look_->data_row(body);
      if (whose == reply_for::commit) take_number(body);
      break;
    case from_backend::command_complete:
      take_complete(body);
      turn_->statements_done += front_is(reply_kind::query);
      done = front_is(reply_kind::execute);
      break;
    case from_backend::empty_query:
    case from_backend::portal_suspended:
      done = front_is(reply_kind::execute);
      break;
    case from_backend::parse_complete:
      done = front_is(reply_kind::parse);
      if (done && turn_->owed.front().in_sql) {
        std::string said;
        message_writer(said).begin(from_backend::command_complete).text("PREPARE").end();
        actions.to_client(said);
        hidden = true;
      }
      break;
    case from_backend::bind_complete:
      done = front_is(reply_kind::bind);
      break;
    case from_backend::close_complete:
      done = front_is(reply_kind::close);
      break;
    case from_backend::row_description:
    case from_backend::no_data:
      done = front_is(reply_kind::describe);
      break;
    case from_backend::copy_in:
    case from_backend::copy_both:
      take_copy_in();
      break;
    default:
      break;
  }
  server_body_hidden_ = hidden;
  hidden ? actions.hide(message.size()) : actions.forward(message.size());
  if (done) pop_front(actions);
}

bool transaction_conversation::front_is(reply_kind kind) const {
  return !turn_->owed.empty() && turn_->owed.front().kind == kind;
}

void transaction_conversation::pop_front(action_list& actions) {
  const owed_reply done = turn_->owed.front();
  if (done.names) repeating_ ? names_.undo(1) : names_.confirm();
  if (done.reworded) turn_->rewordings.erase(turn_->rewordings.begin());
  turn_->owed.pop();
  if (is_injected(done)) release_hold();
  answer_here(actions);
}

bool transaction_conversation::is_injected(const owed_reply& reply) {
  return reply.whose == reply_for::nobody || reply.whose == reply_for::replay ||
         reply.whose == reply_for::commit;
}

void transaction_conversation::release_hold() {
  if (--injected_ == 0) hold_ = false;
}

// What is answered here and has come to its turn.
void transaction_conversation::answer_here(action_list& actions) {
  untold_ &= turn_->owed.empty() || !is_answered_here(turn_->owed.front().kind);
  std::string said;
  for (; !turn_->owed.empty(); turn_->owed.pop()) {
    message_writer out(said);
    const bool parse = front_is(reply_kind::parse_here);
    const bool close = front_is(reply_kind::close_here);
    if ((parse || close) && turn_->owed.front().in_sql) {
      out.begin(from_backend::command_complete).text(parse ? "PREPARE" : "DEALLOCATE").end();
    } else if (parse) {
      out.begin(from_backend::parse_complete).end();
    } else if (close) {
      out.begin(from_backend::close_complete).end();
    } else {
      break;
    }
    if (turn_->owed.front().names) repeating_ ? names_.undo(1) : names_.confirm();
  }
  if (!said.empty() && !repeating_) actions.to_client(said);
}

void transaction_conversation::take_parameter(byte_view body) {
  field_reader fields(body);
  const std::string_view name = fields.text();
  const std::string_view value = fields.text();
  if (fields.failed() || name == "in_hot_standby") return;
  server_->reported = server_->reported.with(name, std::string(value));
  report_changed_ = true;
}

// The client hears of each setting that it knows otherwise.
void transaction_conversation::tell_reported(action_list& actions) {
  if (reported_ == server_->reported) return;
  std::string said;
  for (const auto& [name, value] : server_->reported.all()) {
    const auto known = reported_.all().find(name);
    if (known != reported_.all().end() && known->second == value) continue;
    message_writer(said).begin(from_backend::parameter_status).text(name).text(value).end();
  }
  actions.to_client(said);
  keep_reported();
}

void transaction_conversation::take_complete(byte_view body) {
  copy_open_ = copy_ending_ = false;
  const std::string_view tag = field_reader(body).text();
  if (tag != "DISCARD ALL" && tag != "DEALLOCATE ALL") return;
  server_->forget_statements();
  names_.clear();
}

// The COPY began at a statement whose Sync the client has sent already, as libpq does: that Sync is
// read as part of the data and skipped, a second one follows CopyDone.
void transaction_conversation::take_copy_in() {
  copy_open_ = true;
  if (!front_is(reply_kind::execute)) return;
  const auto next_is_sync = [&](bool behind_copy) {
    return turn_->owed.size() > 1 && turn_->owed.at(1).kind == reply_kind::sync &&
           turn_->owed.at(1).whose == reply_for::client &&
           turn_->owed.at(1).behind_copy == behind_copy;
  };
  while (next_is_sync(false)) {
    turn_->owed.pop_second();
    ++counts_.queries_finished;
  }
  if (turn_->owed.size() == 1) batch_open_ = true;
  // Anything else behind it will be taken for data, or fail: what is owed then is not known.
  if (turn_->owed.size() > 1 && !next_is_sync(true)) broken_ = true;
}

void transaction_conversation::take_error(byte_view message, action_list& actions) {
  const reply_for whose = turn_->owed.empty() ? reply_for::client : turn_->owed.front().whose;
  if (hides_goodbye(message.subspan(header_bytes))) {
    server_body_hidden_ = true;
    return actions.hide(message.size());
  }
  copy_open_ = false;
  server_body_hidden_ = whose == reply_for::look || whose == reply_for::refused || repeating_;
  server_body_hidden_ |= whose == reply_for::commit && turn_->committing.apart;
  if (whose == reply_for::look) {
    if (look_) look_->error();
  } else if (whose == reply_for::refused) {
    untold_ = false;
    actions.to_client(turn_->refusals.front());
  } else if (hold_ && whose == reply_for::replay) {
    turn_->failure = as_text(message);
    server_body_hidden_ = true;
  }
  round_failed_ = true;
  if (!server_body_hidden_) {
    ++counts_.errors_seen;
    told_ = true;
  }
  const bool whole = message.size() == load_u32(message.data() + 1) + 1;
  if (!server_body_hidden_ && whole && !turn_->owed.empty() && turn_->owed.front().reworded) {
    actions.to_client(reword_error(message, turn_->rewordings.front()));
    server_body_hidden_ = true;
  }
  server_body_hidden_ ? actions.hide(message.size()) : actions.forward(message.size());
  if (turn_->owed.empty()) return;
  hear_of_statement(message.subspan(header_bytes));
  if (!front_is(reply_kind::query) && !front_is(reply_kind::function_call)) skip_to_sync();
}

// As the server does: what was sent between the failure and the next Sync was not looked at.
void transaction_conversation::skip_to_sync() {
  std::size_t undone = 0;
  bool unnamed_lost = false;
  while (!turn_->owed.empty() && !front_is(reply_kind::sync)) {
    const owed_reply skipped = turn_->owed.front();
    undone += skipped.names;
    if (skipped.whose == reply_for::refused) turn_->refusals.erase(turn_->refusals.begin());
    if (skipped.reworded) turn_->rewordings.erase(turn_->rewordings.begin());
    if (skipped.changes_prepared()) server_->doubt(skipped.statement);
    unnamed_lost |= skipped.prepares_unnamed();
    if (skipped.whose == reply_for::replay || skipped.whose == reply_for::look ||
        skipped.whose == reply_for::commit)
      server_->own.doubt();
    turn_->owed.pop();
    if (is_injected(skipped)) release_hold();
  }
  names_.undo(undone);
  if (unnamed_lost && !turn_->owed.prepares_unnamed()) {
    forget_unnamed();
    server_->unnamed = 0;
  }
  // Its Sync is still to come, and the server will not look at anything before it.
  if (turn_->owed.empty() && batch_open_) skipping_ = true;
}

void transaction_conversation::take_ready(char status, byte_view message, action_list& actions) {
  // A server that says so out of turn (its COPY took more than was counted) is not to be trusted.
  while (!turn_->owed.empty() && !reply_queue::ends_round(turn_->owed.front().kind)) {
    broken_ = true;
    pop_front(actions);
  }
  if (turn_->owed.empty()) {
    broken_ = true;
    return actions.forward(message.size());
  }
  const owed_reply done = turn_->owed.front();
  status_ = status;
  const bool ours = done.whose != reply_for::client;
  const bool refused = !ours && status != 'I' && mode_ == pool_mode::statement;
  server_body_hidden_ = ours || refused;
  if (!ours) {
    tell_reported(actions);
    if (status == 'I') say_announcements(actions);
    ++counts_.queries_finished;
  }
  server_body_hidden_ ? actions.hide(message.size()) : actions.forward(message.size());
  if (refused) end_block(actions);
  settle_replay();
  if (done.reworded) take_names_away();
  if (status == 'I' && turn_->portal.ends != 0 && turn_->portal.ends <= counts_.queries_finished)
    forget_portal();
  turn_->statements_done = 0;
  told_ = round_failed_ = copy_open_ = false;
  pop_front(actions);
  if (std::exchange(awaits_names_, false) && injected_ == 0) hold_ = false;
  bound_begins_ = false;
  if (!busy()) commit_possible_ = block_possible_ = false;
  if (!busy() && !ours) turn_->committing.what = commit::none;
  if (!busy() && status == 'I') bound_may_commit_ = false;
  unlooked_ |=
      status == 'I' && !turn_->owed.empty() && (touched_anything_ || !turn_->touched.empty());
  // More is under way: what was defined may be committed before that.
  if (defines_ && status == 'I' && !turn_->owed.empty()) change_definitions();
  if (done.whose == reply_for::look) look_ended();
  const bool before_a_statement = done.whose == reply_for::replay;
  if (before_a_statement && turn_->failure.empty() && welcomed_ && !leaving_) return;
  settle(actions);
  // What was announced while we asked for ourselves.
  if (ours && welcomed_ && !leaving_ && at_rest()) say_announcements(actions);
}

// By the DEALLOCATEs of a message that came to their turn.
void transaction_conversation::take_names_away() {
  for (const auto& place : turn_->rewordings.front().places)
    if (place.taken_away && place.statements_before < turn_->statements_done)
      names_.remove(place.theirs);
}

bool transaction_conversation::at_rest() const {
  return !broken_ && (!turn_ || turn_->owed.empty()) && listening_.empty() && status_ == 'I' &&
         !batch_open_ && !copy_open_ && client_body_left_ == 0 && server_body_left_ == 0;
}

bool transaction_conversation::client_at_rest() const {
  return !broken_ && (!turn_ || turn_->owed.rounds_of_client() == 0) && listening_.empty() &&
         status_ == 'I' && !batch_open_ && !copy_open_ && client_body_left_ == 0;
}

bool transaction_conversation::busy() const {
  return (turn_ && turn_->owed.rounds() != 0) || !listening_.empty() || batch_open_ || copy_open_;
}

void transaction_conversation::keep_reported() {
  reported_ = server_->reported;
  const std::string* const strings = reported_.find("standard_conforming_strings");
  standard_strings_ = !strings || *strings != "off";
}

void transaction_conversation::end_server(char type, std::uint32_t length, action_list& actions) {
  auto text = break_off(bad_server_message(type, length));
  if (!text.empty()) actions.to_client(text);
  actions.finish();
}

std::string transaction_conversation::break_off(error why) {
  const bool deaf = finished_ || (server_body_left_ != 0 && !server_body_hidden_) ||
                    (told_ && (!turn_ || turn_->owed.rounds() <= 1));
  finished_ = true;
  broken_ = true;
  if (deaf) return {};
  return end_of_session(std::move(why), in_doubt());
}

}  // namespace skein::postgres
