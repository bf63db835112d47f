// Prepared statements of a client in transaction pooling: its names become ours, and what the
// borrowed server lacks is prepared there first.
#include "backends/postgres/transaction_conversation.hpp"

namespace skein::postgres {

namespace {

// Memory for an unnamed statement's text that stays with its session whatever comes.
constexpr std::size_t unnamed_room_max = 8192;
// Statements that a server may have for nothing.
constexpr std::size_t doubtful_max = 64;

// So that few texts are looked at twice.
bool may_listen(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != text.npos && std::string_view("LlUu/-").contains(text[first]);
}

}  // namespace

error transaction_conversation::no_such_statement(std::string_view name) {
  return {error_kind::protocol,
          fault::client,
          "26000",
          name.empty() ? "unnamed prepared statement does not exist"
                       : "prepared statement \"" + std::string(name) + "\" does not exist",
          {}};
}

std::string_view transaction_conversation::text_of_tail(std::string_view parse_tail) {
  return parse_tail.substr(0, parse_tail.find('\0'));
}

transaction_conversation::taken transaction_conversation::take_parse(const incoming& message,
                                                                     action_list& actions) {
  if (!message.whole() && message.body_size <= whole_max) return taken::not_yet;
  field_reader body(message.body);
  const std::string_view name = body.text();
  if (body.failed() && !message.whole() && message.body.size() < names_max) return taken::not_yet;
  const std::string_view tail = body.rest();
  unnamed_listens_ = false;
  if (name.empty() && !server_ && message.whole() && !body.failed() && may_listen(tail)) {
    effects leaves = effects_of(text_of_tail(tail), standard_strings_);
    if (can_listen_here(leaves)) {
      unnamed_leaves_ = std::move(leaves);
      return parse_listening(message, actions);
    }
  }
  if (ask_for_server(actions)) return taken::not_yet;
  if (body.failed()) return pass_malformed(message, reply_kind::parse, actions);
  return name.empty() ? take_unnamed_parse(message, tail, actions)
                      : take_named_parse(message, name, tail, actions);
}

// What the database defines may have changed since its Parse.
void transaction_conversation::read_unnamed_again() {
  database_->look();
  if (unnamed_ == 0 || unnamed_unkept_ || unnamed_reading_ == database_->reading()) return;
  unnamed_leaves_ = effects_of_parse(unnamed_tail_, standard_strings_, database_->known());
  unnamed_reading_ = database_->reading();
}

// As long as it is there it may be bound, on whatever server is borrowed then.
void transaction_conversation::forget_unnamed() {
  unnamed_ = 0;
  unnamed_tail_.clear();
  if (unnamed_tail_.capacity() > unnamed_room_max) unnamed_tail_ = {};
}

// It goes on as it is: the server has the words for it.
transaction_conversation::taken transaction_conversation::pass_malformed(const incoming& message,
                                                                         reply_kind kind,
                                                                         action_list& actions) {
  batch_open_ = true;
  turn_->owed.push({.kind = kind});
  return pass(message, actions);
}

transaction_conversation::taken transaction_conversation::take_unnamed_parse(
    const incoming& message, std::string_view tail, action_list& actions) {
  database_->look();
  const bool same = message.whole() && unnamed_ != 0 && tail == unnamed_tail_ &&
                    unnamed_reading_ == database_->reading();
  if (!message.whole() && message.body.size() < names_max) return taken::not_yet;
  // Ours only once it is passed on: one that waits may be skipped instead.
  std::optional<effects> looked;
  if (!same) {
    looked = message.whole() ? effects_of_parse(tail, standard_strings_, database_->known())
                             : effects_of_beginning(text_of_tail(tail), standard_strings_);
  }
  const effects& leaves = looked ? *looked : unnamed_leaves_;
  const bool executes = leaves.how == handling::execute;
  if (executes && await_name(leaves.name)) return taken::not_yet;
  if (replay_first(may_follow(leaves), actions)) return taken::not_yet;
  if (looked) {
    unnamed_leaves_ = std::move(*looked);
    unnamed_reading_ = database_->reading();
  }
  unnamed_runs_ = executes ? meant_by(unnamed_leaves_.name) : nullptr;
  if (!same || executes) {
    forget_unnamed();
    unnamed_ = shared_.next_mark++;
    unnamed_unkept_ = message.body_size > whole_max;
    if (!unnamed_unkept_) unnamed_tail_ = tail;
  }
  server_->unnamed = unnamed_;
  batch_open_ = true;
  if (unnamed_runs_) return parse_execute(message, text_of_tail(tail), actions);
  turn_->owed.push({.kind = reply_kind::parse});
  return pass(message, actions);
}

transaction_conversation::taken transaction_conversation::take_named_parse(const incoming& message,
                                                                           std::string_view name,
                                                                           std::string_view tail,
                                                                           action_list& actions) {
  if (message.body_size > whole_max) return take_long_parse(message, name, tail, actions);
  if (await_name(name)) return taken::not_yet;
  if (auto why = refusal_of(name)) return refuse(message, *why, actions);
  const statement_ref entry = keep(tail);
  if (entry->leaves.how == handling::execute && await_name(entry->leaves.name))
    return taken::not_yet;
  if (replay_first(may_follow(leaves_of(*entry)), actions)) return taken::not_yet;
  name_statement(name, entry, std::nullopt, actions);
  return drop(message, actions);
}

std::optional<error> transaction_conversation::refusal_of(std::string_view name) const {
  if (names_.find(name)) {
    return error{error_kind::protocol,
                 fault::client,
                 "42P05",
                 "prepared statement \"" + std::string(name) + "\" already exists",
                 {}};
  }
  if (names_.bytes() + unnamed_tail_.size() < names_bytes_max) return std::nullopt;
  return error{error_kind::limit,
               fault::client,
               "53400",
               "prepared statements of one client may take 32 MiB in transaction pooling: close "
               "some, or use pool mode session",
               {}};
}

statement_ref transaction_conversation::keep(std::string_view parse_tail) {
  const bool settings_known = !touched_anything_ && turn_->touched.empty();
  return settings_known ? shared_.statements.intern(parse_tail, standard_strings_, settings_)
                        : shared_.statements.make_unshared(parse_tail, standard_strings_);
}

void transaction_conversation::name_statement(std::string_view name, const statement_ref& entry,
                                              std::optional<rewording> in_sql,
                                              action_list& actions) {
  const statement_ref meant = meant_by(entry);
  names_.give(name, entry);
  batch_open_ = true;
  if (meant->runs) ensure_prepared(meant->runs, actions);
  if (may_answer_parse() && is_prepared(*meant)) {
    turn_->owed.push({.kind = reply_kind::parse_here, .names = true, .in_sql = in_sql.has_value()});
    answer_here(actions);
    return;
  }
  owed_reply owed{.kind = reply_kind::parse, .names = true};
  owed.in_sql = owed.reworded = in_sql.has_value();
  send_parse(meant, owed, actions);
  if (in_sql) turn_->rewordings.push_back(std::move(*in_sql));
}

// What a name stands for may hang on a reply that is under way. True: the client must wait for it.
bool transaction_conversation::await_name(std::string_view name, int depth) {
  names_in_doubt_ &= turn_->owed.rounds() != 0;
  if (names_in_doubt_ || names_.unsure(name)) {
    await_replies();
    return true;
  }
  const statement_ref* const found = names_.find(name);
  return found && (*found)->leaves.how == handling::execute && depth < aims_max &&
         await_name((*found)->leaves.name, depth + 1);
}

transaction_conversation::taken transaction_conversation::await_replies() {
  hold_ = awaits_names_ = true;
  return taken::not_yet;
}

// In a transaction that has failed a Parse fails, whatever is prepared.
bool transaction_conversation::may_answer_parse() const {
  return turn_->owed.rounds() == 0 ? status_ != 'E' : status_ == 'I' && !block_possible_;
}

bool transaction_conversation::is_prepared(const statement& entry) {
  return !entry.kept || (server_->prepared.use(entry) && !turn_->owed.may_skip(entry.number));
}

// Under our name; `owed` says for whom.
void transaction_conversation::send_parse(const statement_ref& entry, owed_reply owed,
                                          action_list& actions) {
  std::string messages;
  if (server_->doubtful.size() > doubtful_max)
    for (const std::uint32_t number : std::exchange(server_->doubtful, {}))
      close_there(messages, number);
  if (std::erase(server_->doubtful, entry->number) != 0 || server_->prepared.use(*entry) ||
      turn_->owed.may_skip(entry->number))
    close_there(messages, entry->number);
  if (const std::uint32_t old = server_->prepared.add(entry); old != 0) close_there(messages, old);
  message_writer(messages)
      .begin(from_frontend::parse)
      .text(entry->server_name)
      .raw(entry->parse_tail)
      .end();
  actions.to_server(messages);
  owed.statement = entry->number;
  owed.whose == reply_for::client ? turn_->owed.push(owed) : inject(owed);
}

void transaction_conversation::ensure_prepared(const statement_ref& entry, action_list& actions) {
  if (entry->runs) ensure_prepared(entry->runs, actions);
  if (!is_prepared(*entry))
    send_parse(entry, {.kind = reply_kind::parse, .whose = reply_for::nobody}, actions);
}

void transaction_conversation::ensure_unnamed(action_list& actions) {
  if (unnamed_runs_) ensure_prepared(unnamed_runs_, actions);
  if (server_->unnamed == unnamed_) return;
  std::string tail = unnamed_tail_;
  const text_range name = unnamed_leaves_.name_at;
  if (unnamed_runs_ && !unnamed_unkept_)
    tail.replace(name.begin, name.end - name.begin, unnamed_runs_->server_name);
  std::string messages;
  message_writer(messages).begin(from_frontend::parse).text({}).raw(tail).end();
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
  const statement_ref* const named = name.empty() ? nullptr : names_.find(name);
  if (!named && (!name.empty() || unnamed_ == 0))
    return refuse(message, no_such_statement(name), actions);
  if (!named) read_unnamed_again();
  const effects& own = named ? (*named)->leaves : unnamed_leaves_;
  if (own.names_statements && await_name(own.name)) return taken::not_yet;
  if (named && (*named)->stale && status_ != 'E') return tell_of_change(message, *named, actions);
  statement_ref aimed;
  const statement_ref* const found = aim(named, aimed);
  std::optional<effects> joined;
  if (!found && unnamed_runs_) {
    join(joined.emplace(unnamed_leaves_), leaves_of(*unnamed_runs_));
    joined->how = handling::plain;
  }
  const effects& leaves = joined ? *joined : found ? leaves_of(**found) : unnamed_leaves_;
  if (const auto why = why_not_here(leaves)) return refuse(message, *why, actions);
  if (replay_first(may_follow(leaves), actions)) return taken::not_yet;
  if (forget_sequences_first(leaves, true, actions)) return taken::not_yet;
  if (!portal.empty() || !bind_here(named, found)) note(leaves, database_->reading());
  if (leaves.ends_block && portal.empty())
    ask_number_first(text_of_tail(found ? (*found)->parse_tail : unnamed_tail_), actions);
  bound_may_commit_ |= leaves.may_commit;
  bound_begins_ |= leaves.begins_block;
  block_possible_ |= leaves.begins_block || (mode_ == pool_mode::statement && leaves.anything);
  if (found) {
    ensure_prepared(*found, actions);
  } else {
    ensure_unnamed(actions);
  }
  batch_open_ = true;
  turn_->owed.push({.kind = reply_kind::bind, .statement = found ? (*found)->number : 0});
  if (!found) return pass(message, actions);
  return pass_renamed(message, as_text(message.body).substr(0, portal.size() + 1), name, **found,
                      actions);
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
  if (turn_->portal.how != handling::plain && !message.whole()) return taken::not_yet;
  if (turn_->portal.how != handling::plain && turn_->portal.ends != 0) {
    if (turn_->owed.rounds() != 0) return await_replies();
    if (status_ != 'T') forget_portal();
  }
  const bool of_statements = turn_->portal.how != handling::plain && message.body_size != 0 &&
                             message.body[0] == std::byte{};
  if (of_statements && turn_->portal.how != handling::execute)
    return execute_here(message, actions);
  const bool commits_itself = status_ == 'I' && !bound_begins_;
  commit_possible_ |= commits_itself || bound_may_commit_ || turn_->owed.rounds() != 0;
  batch_open_ = true;
  copy_ending_ = false;
  if (of_statements) {
    ensure_prepared(turn_->portal.entry, actions);  // others may have taken its place since
    push_reworded({.kind = reply_kind::execute}, turn_->portal.words);
    return pass(message, actions);
  }
  turn_->owed.push({.kind = reply_kind::execute});
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
  statement_ref aimed;
  if (of_statement && !body.failed()) {
    if (await_name(name)) return taken::not_yet;
    found = name.empty() ? nullptr : find_fresh(name);
    if (!found && (!name.empty() || unnamed_ == 0))
      return refuse(message, no_such_statement(name), actions);
    const effects& own = found ? (*found)->leaves : unnamed_leaves_;
    if (own.how == handling::execute && await_name(own.name)) return taken::not_yet;
    found = aim(found, aimed);
  }
  if (replay_first(true, actions)) return taken::not_yet;
  if (found) {
    ensure_prepared(*found, actions);
  } else if (of_statement) {
    ensure_unnamed(actions);
  }
  batch_open_ = true;
  turn_->owed.push({.kind = reply_kind::describe, .statement = found ? (*found)->number : 0});
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
    turn_->owed.push({.kind = reply_kind::close});
    return pass(message, actions);
  }
  if (of_statement && await_name(name)) return taken::not_yet;
  bool names = false;
  if (of_statement && name.empty()) {
    forget_unnamed();
  } else if (of_statement && names_.find(name)) {
    names = server_ != nullptr;
    names ? names_.take(name) : names_.remove(name);
  }
  if (server_) batch_open_ = true;
  turn_->owed.push({.kind = reply_kind::close_here, .names = names});
  answer_here(actions);
  return drop(message, actions);
}

}  // namespace skein::postgres
