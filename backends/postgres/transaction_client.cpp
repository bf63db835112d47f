// What a client in transaction pooling sends: which message needs a server, which goes there under
// another name, which is answered here.
#include "backends/postgres/errors.hpp"
#include "backends/postgres/framing.hpp"
#include "backends/postgres/transaction_conversation.hpp"

namespace skein::postgres {

namespace {

// A portal that nobody can have: executing it fails, as a refusal must inside a transaction.
constexpr std::string_view no_portal = "refused by Skein";

std::string_view without_terminator(std::string_view text) {
  return text.ends_with('\0') ? text.substr(0, text.size() - 1) : text;
}

void append_ready(std::string& out, char status) {
  message_writer(out).begin(from_backend::ready).byte(status).end();
}

}  // namespace

void transaction_conversation::from_client(byte_view input, action_list& actions) {
  begin_turn();
  read_client(input, actions);
  end_turn();
}

void transaction_conversation::read_client(byte_view input, action_list& actions) {
  if (finished_) return actions.hide(input.size());
  if (on_hold()) return;
  const std::size_t begun = std::min<std::size_t>(client_body_left_, input.size());
  client_body_left_ -= static_cast<std::uint32_t>(begun);
  client_body_hidden_ ? actions.hide(begun) : actions.forward(begun);
  input = input.subspan(begun);
  keep_approved(input);
  while (input.size() >= header_bytes && !on_hold()) {
    incoming message{static_cast<char>(input[0]), 0, {}};
    const std::uint32_t length = load_u32(input.data() + 1);
    if (!client_may_send(message.type, length) || message.type == from_frontend::terminate) {
      actions.hide(input.size());
      return end_client(message.type, length, actions);
    }
    message.body_size = length - length_bytes;
    message.body = input.subspan(header_bytes);
    if (message.body.size() > message.body_size)
      message.body = message.body.first(message.body_size);
    unread_ = input;
    if (take(message, actions) == taken::not_yet) return;
    wrote_ |= approved_ == 0;
    approved_ -= std::min<std::size_t>(approved_, message.size());
    client_body_left_ = message.body_size - static_cast<std::uint32_t>(message.body.size());
    input = input.subspan(message.size());
  }
  // The server keeps its replies to itself until it is asked for them.
  if (turn_->owed.size() >= owed_max && server_) {
    std::string messages;
    message_writer(messages).begin(from_frontend::flush).end();
    actions.to_server(messages);
  }
}

transaction_conversation::taken transaction_conversation::take(const incoming& message,
                                                               action_list& actions) {
  if (skipping_ && message.type != from_frontend::sync) return drop(message, actions);
  if (!turn_->failure.empty()) return hear_failure(message, actions);
  if (block_lost_)
    if (const auto done = take_behind_loss(message, actions)) return *done;
  // What was put in ahead of the round before may have failed with it: a server that lacks the
  // session's settings must not be given the next.
  if (injected_ != 0 && !batch_open_ && !copy_open_) {
    hold_ = true;
    return taken::not_yet;
  }
  if (await_no_block(message.type) || await_follower()) return taken::not_yet;
  switch (message.type) {
    case from_frontend::query:
      return take_query(message, actions);
    case from_frontend::parse:
      return take_parse(message, actions);
    case from_frontend::bind:
      return take_bind(message, actions);
    case from_frontend::describe:
      return take_describe(message, actions);
    case from_frontend::close:
      return take_close(message, actions);
    case from_frontend::sync:
      return take_sync(message, actions);
    case from_frontend::execute:
      return take_execute(message, actions);
    case from_frontend::function_call:
      return take_function_call(message, actions);
    default:  // Flush, CopyData, CopyDone, CopyFail: a server that does not copy ignores them
      if (message.type == from_frontend::copy_done || message.type == from_frontend::copy_fail)
        copy_ending_ = true;
      return server_ ? pass(message, actions) : drop(message, actions);
  }
}

transaction_conversation::taken transaction_conversation::pass(const incoming& message,
                                                               action_list& actions) {
  client_body_hidden_ = false;
  actions.forward(message.size());
  return taken::yes;
}

transaction_conversation::taken transaction_conversation::drop(const incoming& message,
                                                               action_list& actions) {
  client_body_hidden_ = true;
  actions.hide(message.size());
  return taken::yes;
}

// No server could be had for it, or none with this session's settings: the statement is not run.
transaction_conversation::taken transaction_conversation::hear_failure(const incoming& message,
                                                                       action_list& actions) {
  actions.to_client(std::exchange(turn_->failure, {}));
  if (message.type != from_frontend::query && message.type != from_frontend::function_call) {
    skipping_ = true;
    return message.type == from_frontend::sync ? take_sync(message, actions)
                                               : drop(message, actions);
  }
  std::string said;
  append_ready(said, status_);
  actions.to_client(said);
  next_known_ = false;
  return drop(message, actions);
}

// A reply that the client must not see is owed.
void transaction_conversation::inject(owed_reply reply) {
  ++injected_;
  turn_->owed.push(reply);
}

// True: not yet; the same bytes come again once there is a server.
bool transaction_conversation::ask_for_server(action_list& actions) {
  if (server_) return false;
  make_wish();
  borrowing_ = true;
  actions.borrow();
  return true;
}

// Most queries that need a server are reads of a form that is known.
effects transaction_conversation::read_query(std::string_view text) {
  const catalog* const known = database_->known();
  if (shared_.routes && !server_ && known) {
    auto read = shared_.reader.read(text, standard_strings_, known);
    turn_->next_hint.assign(read.hint);
    turn_->next_facts = std::move(read.facts);
    if (turn_->next_facts->plain) return effects_of_plain_read();
  }
  return effects_of(text, standard_strings_, known);
}

transaction_conversation::taken transaction_conversation::take_query(const incoming& message,
                                                                     action_list& actions) {
  if (!message.whole() && message.body_size <= whole_max) return taken::not_yet;
  if (!message.whole() && message.body.size() < names_max) return taken::not_yet;
  const std::string_view text = without_terminator(as_text(message.body));
  effects& next = turn_->next;
  std::vector<named_here>& names = turn_->next_names;
  if (!std::exchange(next_known_, true)) {
    database_->look();
    turn_->next_reading = database_->reading();
    turn_->next_facts.reset();
    next = message.whole() ? read_query(text) : effects_of_beginning(text, standard_strings_);
    names.clear();
    names_prepared_ = false;
    forget_unnamed();
    unnamed_runs_ = {};
  }
  if (can_listen_here(next)) return take_listening(message, actions);
  if (next.how == handling::discard_all || next.how == handling::unlisten_all)
    stop_listening(actions);
  if (next.names_statements && names.empty()) {
    if (next.how != handling::plain && await_name(next.name)) return taken::not_yet;
    if (next.how == handling::deallocate && !batch_open_ && names_.find(next.name)) {
      // In a transaction that has failed it is the server that refuses it.
      if (turn_->owed.rounds() != 0) return await_replies();
      if (status_ != 'E') {
        names_.remove(next.name);
        answer_alone(message, "DEALLOCATE", actions);
        if (!turn_->unkept.empty()) settle(actions);
        return taken::yes;
      }
    }
    if (next.how == handling::prepare && !batch_open_)
      if (const auto made = read_prepare(text)) return take_prepare(message, *made, actions);
    if (!find_names(text, message.whole())) return taken::not_yet;
  }
  if (!server_) {
    // These leave nothing to do for a server that holds nothing of this session.
    if (next.how == handling::discard_all) {
      settings_ = at_startup_;
      names_.clear();
      return answer_alone(message, "DISCARD ALL", actions);
    }
    if (next.how == handling::deallocate_all) {
      names_.clear();
      return answer_alone(message, "DEALLOCATE ALL", actions);
    }
  }
  if (ask_for_server(actions)) return taken::not_yet;
  if (const auto why = why_not_here(next)) return refuse(message, *why, actions);
  // Never in one flight: behind a pipeline without its Sync, PostgreSQL 18 commits no simple query.
  if (replay_first(false, actions)) return taken::not_yet;
  if (forget_sequences_first(next, false, actions)) return taken::not_yet;
  if (prepare_first(actions)) return taken::not_yet;
  if (next.ends_block) ask_number_first(text, actions);
  note(next, turn_->next_reading);
  block_possible_ |= next.begins_block || next.anything;
  const bool in_block = status_ != 'I' || next.begins_block;
  commit_possible_ |= !in_block || busy() || next.may_commit;
  names_in_doubt_ |= next.drops_prepared || next.how == handling::deallocate_all ||
                     next.how == handling::discard_all;
  next_known_ = batch_open_ = copy_ending_ = unnamed_listens_ = false;
  server_->unnamed = 0;
  ++counts_.queries_started;
  if (!names.empty()) return pass_query(message, text, actions);
  turn_->owed.push({.kind = reply_kind::query});
  return pass(message, actions);
}

transaction_conversation::taken transaction_conversation::answer_alone(const incoming& message,
                                                                       std::string_view tag,
                                                                       action_list& actions) {
  std::string said;
  message_writer(said).begin(from_backend::command_complete).text(tag).end();
  append_ready(said, status_);
  actions.to_client(said);
  next_known_ = false;
  ++counts_.queries_started;
  ++counts_.queries_finished;
  return drop(message, actions);
}

// Fails where the server would, inside its transaction, but in our words.
transaction_conversation::taken transaction_conversation::refuse(const incoming& message,
                                                                 const error& why,
                                                                 action_list& actions,
                                                                 std::string_view routine) {
  if (replay_first(false, actions)) return taken::not_yet;
  std::string messages;
  message_writer(messages).begin(from_frontend::execute).text(no_portal).u32(0).end();
  turn_->owed.push({.kind = reply_kind::execute, .whose = reply_for::refused});
  turn_->refusals.push_back(error_response(why, {.severity = "ERROR", .routine = routine}));
  batch_open_ = true;
  if (message.type == from_frontend::query) {
    message_writer(messages).begin(from_frontend::sync).end();
    turn_->owed.push({.kind = reply_kind::sync});
    ++counts_.queries_started;
    next_known_ = batch_open_ = false;
  }
  actions.to_server(messages);
  return drop(message, actions);
}

transaction_conversation::taken transaction_conversation::take_sync(const incoming& message,
                                                                    action_list& actions) {
  batch_open_ = skipping_ = portal_listens_ = false;
  names_.end_batch();
  if (!server_) {
    std::string said;
    append_ready(said, status_);
    actions.to_client(said);
    return drop(message, actions);
  }
  // A server that reads COPY data skips Sync, "for the convenience of client libraries".
  if (!copy_open_ || copy_ending_) {
    turn_->owed.push({.kind = reply_kind::sync, .behind_copy = copy_ending_});
    ++counts_.queries_started;
  }
  if (turn_->portal.ends == 0) turn_->portal.ends = counts_.queries_started;
  return pass(message, actions);
}

transaction_conversation::taken transaction_conversation::take_function_call(
    const incoming& message, action_list& actions) {
  if (ask_for_server(actions)) return taken::not_yet;
  if (replay_first(false, actions)) return taken::not_yet;
  const effects any = effects_of_unseen();
  if (forget_sequences_first(any, false, actions)) return taken::not_yet;
  note(any, database_->reading());
  commit_possible_ = true;
  batch_open_ = false;
  turn_->owed.push({.kind = reply_kind::function_call});
  ++counts_.queries_started;
  return pass(message, actions);
}

// Terminate, or something that no client may send.
void transaction_conversation::end_client(char type, std::uint32_t length, action_list& actions) {
  finished_ = true;
  if (type != from_frontend::terminate && server_body_left_ == 0)
    actions.to_client(error_response(bad_client_message(type, length)));
  actions.finish();
}

}  // namespace skein::postgres
