// Prepared statements of a client in transaction pooling: its names become ours, and what the
// borrowed server lacks is prepared there first.
#include "backends/postgres/transaction_conversation.hpp"

namespace skein::postgres {

namespace {

// Of an unnamed statement, kept in case that it is bound again on another server.
constexpr std::size_t unnamed_kept_max = 8192;
// Two names in front of a Bind; the server cuts each to 63 bytes.
constexpr std::size_t names_max = 8192;
// Statements that a server may have for nothing.
constexpr std::size_t doubtful_max = 64;

error no_such_statement(std::string_view name) {
  return {error_kind::protocol,
          fault::client,
          "26000",
          name.empty() ? "unnamed prepared statement does not exist"
                       : "prepared statement \"" + std::string(name) + "\" does not exist",
          {}};
}

std::string_view text_of_tail(std::string_view parse_tail) {
  return parse_tail.substr(0, parse_tail.find('\0'));
}

// So that few texts are looked at twice.
bool may_listen(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != text.npos && std::string_view("LlUu/-").contains(text[first]);
}

}  // namespace

transaction_conversation::taken transaction_conversation::take_parse(const incoming& message,
                                                                     action_list& actions) {
  if (!message.whole() && message.body_size <= whole_max) return taken::not_yet;
  field_reader body(message.body);
  const std::string_view name = body.text();
  if (body.failed() && !message.whole() && message.body.size() < names_max) return taken::not_yet;
  unnamed_listens_ = false;
  if (name.empty() && !server_ && message.whole() && !body.failed() && may_listen(body.rest())) {
    unnamed_leaves_ = effects_of(text_of_tail(body.rest()), standard_strings());
    if (can_listen_here(unnamed_leaves_)) return parse_listening(message, actions);
  }
  if (ask_for_server(actions)) return taken::not_yet;
  if (body.failed()) return pass_malformed(message, reply_kind::parse, actions);
  const std::string_view tail = body.rest();
  return name.empty() ? take_unnamed_parse(message, tail, actions)
                      : take_named_parse(message, name, tail, actions);
}

// It goes on as it is: the server has the words for it.
transaction_conversation::taken transaction_conversation::pass_malformed(const incoming& message,
                                                                         reply_kind kind,
                                                                         action_list& actions) {
  batch_open_ = true;
  owed_.push({.kind = kind});
  return pass(message, actions);
}

transaction_conversation::taken transaction_conversation::take_unnamed_parse(
    const incoming& message, std::string_view tail, action_list& actions) {
  const bool same = message.whole() && unnamed_ != 0 && tail == unnamed_tail_;
  if (!same) {
    unnamed_leaves_ = {};
    if (message.whole()) {
      unnamed_leaves_ = effects_of(text_of_tail(tail), standard_strings());
    } else {
      unnamed_leaves_ = effects_of_unseen();
    }
  }
  if (replay_first(unnamed_leaves_.follows_replay, actions)) return taken::not_yet;
  if (unnamed_leaves_.how == handling::deallocate) {
    if (const statement_ref* found = names_.find(unnamed_leaves_.name))
      return pass_deallocate(message, tail, *found, actions);
  }
  if (!same) {
    unnamed_ = shared_.next_mark++;
    unnamed_unkept_ = tail.size() > unnamed_kept_max;
    if (unnamed_unkept_ || !message.whole()) {
      unnamed_unkept_ = true;
      unnamed_tail_ = {};
    } else {
      unnamed_tail_ = tail;
    }
  }
  server_->unnamed = unnamed_;
  batch_open_ = true;
  owed_.push({.kind = reply_kind::parse});
  return pass(message, actions);
}

transaction_conversation::taken transaction_conversation::take_named_parse(const incoming& message,
                                                                           std::string_view name,
                                                                           std::string_view tail,
                                                                           action_list& actions) {
  if (!message.whole()) {
    return refuse(message,
                  {error_kind::limit,
                   fault::client,
                   "54000",
                   "a named prepared statement may be 128 KiB long at most in transaction pooling: "
                   "send it unnamed, or use pool mode session",
                   {}},
                  actions);
  }
  if (await_name(name)) return taken::not_yet;
  if (names_.find(name)) {
    return refuse(message,
                  {error_kind::protocol,
                   fault::client,
                   "42P05",
                   "prepared statement \"" + std::string(name) + "\" already exists",
                   {}},
                  actions);
  }
  if (names_.bytes() >= names_bytes_max) {
    return refuse(
        message,
        {error_kind::limit,
         fault::client,
         "53400",
         "prepared statements of one client may take 32 MiB in transaction pooling: close "
         "some, or use pool mode session",
         {}},
        actions);
  }
  const bool settings_known = !touched_anything_ && touched_.empty();
  const statement_ref entry = settings_known
                                  ? shared_.statements.intern(tail, standard_strings(), settings_)
                                  : shared_.statements.make_unshared(tail, standard_strings());
  if (replay_first(entry->leaves.follows_replay, actions)) return taken::not_yet;
  names_.give(name, entry);
  batch_open_ = true;
  if (may_answer_parse() && is_prepared(*entry)) {
    owed_.push({.kind = reply_kind::parse_here, .names = true});
    answer_here(actions);
  } else {
    send_parse(entry, reply_for::client, actions);
  }
  return drop(message, actions);
}

// What a name stands for may hang on a reply that is under way. True: the client must wait for it.
bool transaction_conversation::await_name(std::string_view name) {
  if (!names_.unsure(name)) return false;
  hold_ = awaits_names_ = true;
  return true;
}

// In a transaction that has failed a Parse fails, whatever is prepared.
bool transaction_conversation::may_answer_parse() const {
  return owed_.rounds() == 0 ? status_ != 'E' : status_ == 'I' && !block_possible_;
}

bool transaction_conversation::is_prepared(const statement& entry) {
  return server_->prepared.use(entry) && !owed_.may_skip(entry.number);
}

// Under our name. For the client it is the answer to its own Parse.
void transaction_conversation::send_parse(const statement_ref& entry, reply_for whose,
                                          action_list& actions) {
  std::string messages;
  message_writer out(messages);
  const auto close = [&](std::uint32_t number) {
    out.begin(from_frontend::close).byte('S').text(statement_name(number)).end();
    inject({.kind = reply_kind::close, .whose = reply_for::nobody, .statement = number});
  };
  if (server_->doubtful.size() > doubtful_max)
    for (const std::uint32_t number : std::exchange(server_->doubtful, {})) close(number);
  if (std::erase(server_->doubtful, entry->number) != 0 || server_->prepared.use(*entry) ||
      owed_.may_skip(entry->number))
    close(entry->number);
  if (const std::uint32_t old = server_->prepared.add(entry); old != 0) close(old);
  out.begin(from_frontend::parse).text(entry->server_name).raw(entry->parse_tail).end();
  actions.to_server(messages);
  const owed_reply owed{.kind = reply_kind::parse,
                        .whose = whose,
                        .names = whose == reply_for::client,
                        .statement = entry->number};
  whose == reply_for::client ? owed_.push(owed) : inject(owed);
}

void transaction_conversation::ensure_prepared(const statement_ref& entry, action_list& actions) {
  if (!is_prepared(*entry)) send_parse(entry, reply_for::nobody, actions);
}

void transaction_conversation::ensure_unnamed(action_list& actions) {
  if (server_->unnamed == unnamed_) return;
  std::string messages;
  message_writer(messages).begin(from_frontend::parse).text({}).raw(unnamed_tail_).end();
  actions.to_server(messages);
  inject({.kind = reply_kind::parse, .whose = reply_for::nobody});
  server_->unnamed = unnamed_;
}

transaction_conversation::taken transaction_conversation::take_bind(const incoming& message,
                                                                    action_list& actions) {
  field_reader body(message.body);
  const std::string_view portal = body.text();
  const std::string_view name = body.text();
  if (body.failed() && !message.whole() && message.body.size() < names_max) return taken::not_yet;
  if (name.empty() && unnamed_listens_ && !server_) return bind_listening(message, actions);
  if (ask_for_server(actions)) return taken::not_yet;
  if (body.failed()) return pass_malformed(message, reply_kind::bind, actions);
  if (await_name(name)) return taken::not_yet;
  const statement_ref* found = name.empty() ? nullptr : names_.find(name);
  if (!found && (!name.empty() || unnamed_ == 0))
    return refuse(message, no_such_statement(name), actions);
  const effects& leaves = found ? (*found)->leaves : unnamed_leaves_;
  if (mode_ == pool_mode::statement && leaves.begins_block)
    return refuse(message, no_blocks_here(), actions);
  if (replay_first(leaves.follows_replay, actions)) return taken::not_yet;
  if (forget_sequences_first(leaves, true, actions)) return taken::not_yet;
  note(leaves);
  block_possible_ |= leaves.begins_block;
  if (found) {
    ensure_prepared(*found, actions);
  } else {
    ensure_unnamed(actions);
  }
  batch_open_ = true;
  owed_.push({.kind = reply_kind::bind, .statement = found ? (*found)->number : 0});
  if (!found) return pass(message, actions);
  return pass_renamed(message, as_text(message.body).substr(0, portal.size() + 1), name, **found,
                      actions);
}

// A simple query that takes away one of the client's own names.
transaction_conversation::taken transaction_conversation::take_deallocate(const incoming& message,
                                                                          action_list& actions) {
  // The server would skip it behind an error; and so it does what is owed.
  if (batch_open_ && !ask_for_server(actions)) return pass(message, actions);
  if (await_name(next_.name)) return taken::not_yet;
  if (status_ != 'E') names_.remove(next_.name);
  next_known_ = false;
  ++counts_.queries_started;
  owed_.push({.kind = reply_kind::deallocate_here});
  answer_here(actions);
  return drop(message, actions);
}

// The same in an extended query: the server is told its own name for it. It is held here, for its
// name goes.
transaction_conversation::taken transaction_conversation::pass_deallocate(const incoming& message,
                                                                          std::string_view tail,
                                                                          statement_ref held,
                                                                          action_list& actions) {
  ensure_prepared(held, actions);
  server_->prepared.remove(held->number);
  server_->doubt(held->number);
  names_.remove(unnamed_leaves_.name);
  const text_range at = unnamed_leaves_.name_at;
  std::string messages;
  message_writer(messages)
      .begin(from_frontend::parse)
      .text({})
      .raw(tail.substr(0, at.begin))
      .raw(held->server_name)
      .raw(tail.substr(at.end))
      .end();
  actions.to_server(messages);
  unnamed_ = server_->unnamed = shared_.next_mark++;
  unnamed_tail_ = {};
  unnamed_unkept_ = false;
  batch_open_ = true;
  owed_.push({.kind = reply_kind::parse});
  return drop(message, actions);
}

// The message with the statement's name replaced, which stands behind `before` in its body.
transaction_conversation::taken transaction_conversation::pass_renamed(const incoming& message,
                                                                       std::string_view before,
                                                                       std::string_view name,
                                                                       const statement& entry,
                                                                       action_list& actions) {
  std::array<char, header_bytes> header{message.type};
  store_u32(header.data() + 1, static_cast<std::uint32_t>(message.body_size + length_bytes -
                                                          name.size() + entry.server_name.size()));
  actions.to_server({header.data(), header.size()});
  actions.to_server(before);
  actions.to_server(entry.server_name);
  actions.hide(header_bytes + before.size() + name.size());
  actions.forward(message.body.size() - before.size() - name.size());
  client_body_hidden_ = false;
  return taken::yes;
}

transaction_conversation::taken transaction_conversation::take_execute(const incoming& message,
                                                                       action_list& actions) {
  if (portal_listens_ && !server_) return execute_listening(message, actions);
  if (ask_for_server(actions)) return taken::not_yet;
  if (replay_first(false, actions)) return taken::not_yet;
  commit_possible_ = batch_open_ = true;
  copy_ending_ = false;
  owed_.push({.kind = reply_kind::execute});
  return pass(message, actions);
}

transaction_conversation::taken transaction_conversation::take_describe(const incoming& message,
                                                                        action_list& actions) {
  if (!message.whole()) return taken::not_yet;
  field_reader body(message.body);
  const bool of_statement = body.byte() == 'S';
  const std::string_view name = body.text();
  if (name.empty() && !server_ && (of_statement ? unnamed_listens_ : portal_listens_))
    return describe_listening(message, of_statement, actions);
  if (ask_for_server(actions)) return taken::not_yet;
  const statement_ref* found = nullptr;
  if (of_statement && !body.failed()) {
    if (await_name(name)) return taken::not_yet;
    found = name.empty() ? nullptr : names_.find(name);
    if (!found && (!name.empty() || unnamed_ == 0))
      return refuse(message, no_such_statement(name), actions);
  }
  if (replay_first(true, actions)) return taken::not_yet;
  if (found) {
    ensure_prepared(*found, actions);
  } else if (of_statement) {
    ensure_unnamed(actions);
  }
  batch_open_ = true;
  owed_.push({.kind = reply_kind::describe, .statement = found ? (*found)->number : 0});
  if (!found) return pass(message, actions);
  return pass_renamed(message, "S", name, **found, actions);
}

// A statement is closed for this client only: the server keeps it for the next that has the same.
transaction_conversation::taken transaction_conversation::take_close(const incoming& message,
                                                                     action_list& actions) {
  if (!message.whole()) return taken::not_yet;
  field_reader body(message.body);
  const bool of_statement = body.byte() == 'S';
  const std::string_view name = body.text();
  if (server_ && (!of_statement || body.failed())) {
    if (replay_first(true, actions)) return taken::not_yet;
    batch_open_ = true;
    owed_.push({.kind = reply_kind::close});
    return pass(message, actions);
  }
  if (of_statement && await_name(name)) return taken::not_yet;
  bool names = false;
  if (of_statement && name.empty()) {
    unnamed_ = 0;
    unnamed_unkept_ = false;
  } else if (of_statement && names_.find(name)) {
    names = server_ != nullptr;
    names ? names_.take(name) : names_.remove(name);
  }
  if (server_) batch_open_ = true;
  owed_.push({.kind = reply_kind::close_here, .names = names});
  answer_here(actions);
  return drop(message, actions);
}

}  // namespace skein::postgres
