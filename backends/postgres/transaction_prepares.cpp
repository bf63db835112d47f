// PREPARE, EXECUTE and DEALLOCATE in SQL. The client's PREPARE is sent as the Parse that does the
// same, so that its statements are one with those of the protocol: shared, and prepared where they
// are missing. Names in the client's text become the server's, and errors are told in its own
// words.
#include "backends/postgres/transaction_conversation.hpp"

namespace skein::postgres {

namespace {

constexpr std::string_view nothing_to_run{"select\0\0\0", 9};  // of a Parse: no types

}  // namespace

std::optional<prepare_statement> transaction_conversation::read_prepare(
    std::string_view text) const {
  auto made = read_prepare_statement(text, standard_strings_);
  if (!made || !made->types_by_name) return made;
  const std::string* const path = settings_.find("search_path");
  return path && path->contains("pg_catalog") ? std::nullopt : made;
}

// As a simple query.
transaction_conversation::taken transaction_conversation::take_prepare(
    const incoming& message, const prepare_statement& made, action_list& actions) {
  if (ask_for_server(actions)) return taken::not_yet;
  if (auto why = refusal_of(turn_->next.name)) return refuse(message, *why, actions);
  const statement_ref entry = keep(made.parse_tail);
  if (replay_first(may_follow(leaves_of(*entry)), actions)) return taken::not_yet;
  name_statement(turn_->next.name, entry,
                 words_behind(as_text(message.body).substr(0, made.query_at)), actions);
  std::string sync;
  message_writer(sync).begin(from_frontend::sync).end();
  actions.to_server(sync);
  turn_->owed.push({.kind = reply_kind::sync});
  names_.end_batch();
  next_known_ = batch_open_ = unnamed_listens_ = false;
  ++counts_.queries_started;
  return drop(message, actions);
}

// What the client means by a name; an EXECUTE, prepared by the protocol, is aimed at what it runs.
statement_ref transaction_conversation::meant_by(std::string_view name, int depth) {
  const statement_ref* found = find_fresh(name);
  return found ? meant_by(*found, depth) : nullptr;
}

statement_ref transaction_conversation::meant_by(const statement_ref& entry, int depth) {
  if (entry->leaves.how != handling::execute || depth > aims_max) return entry;
  const statement_ref target = meant_by(entry->leaves.name, depth + 1);
  return target ? shared_.statements.aim(*entry, target) : entry;
}

// Which names in a Query stand for statements that its server knows by other names. A message may
// take one away and make it again: from there on it is the server's own affair. False: the client
// must wait.
bool transaction_conversation::find_names(std::string_view text, bool whole) {
  std::vector<std::string> gone;
  bool all_gone = false;
  std::vector<name_use> uses{{handling::execute, turn_->next.name, turn_->next.name_at}};
  if (whole) uses = name_uses(text, standard_strings_);
  for (name_use& use : uses) {
    if (use.name.empty()) all_gone = true;
    if (all_gone || std::ranges::find(gone, use.name) != gone.end()) continue;
    if (await_name(use.name)) return turn_->next_names.clear(), false;
    statement_ref entry = meant_by(use.name);
    if (!entry || use.how == handling::deallocate) gone.push_back(use.name);
    // What it stands for may have other names: another is taken away in its place.
    if (entry && use.how == handling::deallocate)
      entry = shared_.statements.make_unshared(nothing_to_run, standard_strings_);
    if (entry) turn_->next_names.push_back({std::move(use), std::move(entry)});
  }
  for (const named_here& one : turn_->next_names)
    if (one.use.how == handling::execute) join(turn_->next, leaves_of(*one.entry));
  if (!turn_->next_names.empty()) turn_->next.how = handling::plain;
  return true;
}

// What a Query names is prepared ahead of it. True: the client must wait.
bool transaction_conversation::prepare_first(action_list& actions) {
  if (turn_->next_names.empty() || std::exchange(names_prepared_, true)) return false;
  bool missed = false;
  const auto want = [&](const statement_ref& entry) {
    if (!entry || is_prepared(*entry)) return;
    missed = true;
    send_parse(entry, {.kind = reply_kind::parse, .whose = reply_for::replay}, actions);
  };
  for (const named_here& one : turn_->next_names) {
    want(one.entry->runs);
    want(one.entry);
  }
  if (!missed || batch_open_) return false;
  std::string sync;
  message_writer(sync).begin(from_frontend::sync).end();
  actions.to_server(sync);
  inject({.kind = reply_kind::sync, .whose = reply_for::replay});
  return hold_ = true;
}

bool transaction_conversation::counts_utf8() const {
  const std::string* const encoding = reported_.find("server_encoding");
  return encoding && *encoding == "UTF8";
}

// The server's text begins where the query does.
rewording transaction_conversation::words_behind(std::string_view text) const {
  return {{{.theirs_size = characters_in(text, counts_utf8())}}};
}

rewording transaction_conversation::words_for(std::string_view text,
                                              const std::vector<named_here>& names) const {
  rewording words;
  std::uint32_t begin = 0;
  std::uint32_t from = 0;
  const bool utf8 = counts_utf8();
  const auto size_of = [&](std::uint32_t first, std::uint32_t end) {
    // One that was too long to be kept is taken to have a byte a character.
    return end > text.size() ? end - first : characters_in(text.substr(first, end - first), utf8);
  };
  for (const auto& [use, entry] : names) {
    begin += size_of(from, use.at.begin);
    from = use.at.end;
    words.places.push_back({.begin = begin,
                            .ours = entry->server_name,
                            .theirs = use.name,
                            .theirs_size = size_of(use.at.begin, use.at.end),
                            .statement = entry->runs ? entry->runs->number : entry->number,
                            .taken_away = use.how == handling::deallocate,
                            .statements_before = use.place});
    begin += static_cast<std::uint32_t>(entry->server_name.size());
  }
  return words;
}

void transaction_conversation::push_reworded(owed_reply owed, rewording words) {
  owed.reworded = true;
  turn_->owed.push(owed);
  turn_->rewordings.push_back(std::move(words));
}

// The message with each name replaced, in a text that begins at `text_at` of its body.
transaction_conversation::taken transaction_conversation::pass_reworded(
    const incoming& message, std::uint32_t text_at, const std::vector<named_here>& names,
    action_list& actions) {
  std::size_t size = message.body_size + length_bytes;
  for (const auto& [use, entry] : names)
    size += entry->server_name.size() - (use.at.end - use.at.begin);
  std::array<char, header_bytes> header{message.type};
  store_u32(header.data() + 1, static_cast<std::uint32_t>(size));
  actions.to_server({header.data(), header.size()});
  actions.hide(header_bytes);
  std::size_t from = 0;
  for (const auto& [use, entry] : names) {
    actions.forward(text_at + use.at.begin - from);
    actions.to_server(entry->server_name);
    actions.hide(use.at.end - use.at.begin);
    from = text_at + use.at.end;
  }
  actions.forward(message.body.size() - from);
  client_body_hidden_ = false;
  return taken::yes;
}

transaction_conversation::taken transaction_conversation::pass_query(const incoming& message,
                                                                     std::string_view text,
                                                                     action_list& actions) {
  for (const auto& [use, entry] : turn_->next_names) {
    if (use.how != handling::deallocate) continue;
    names_in_doubt_ = true;
    server_->doubt(entry->number);
  }
  push_reworded({.kind = reply_kind::query}, words_for(text, turn_->next_names));
  const auto names = std::exchange(turn_->next_names, {});
  return pass_reworded(message, 0, names, actions);
}

// Parse of an unnamed EXECUTE.
transaction_conversation::taken transaction_conversation::parse_execute(const incoming& message,
                                                                        std::string_view text,
                                                                        action_list& actions) {
  const std::vector<named_here> names{
      {{handling::execute, unnamed_leaves_.name, unnamed_leaves_.name_at}, unnamed_runs_}};
  ensure_prepared(unnamed_runs_, actions);
  push_reworded({.kind = reply_kind::parse}, words_for(text, names));
  return pass_reworded(message, 1, names, actions);
}

// The name in a prepared EXECUTE may stand for something else by now: `named`, or the unnamed
// statement if that is null.
const statement_ref* transaction_conversation::aim(const statement_ref* named,
                                                   statement_ref& aimed) {
  if (named) {
    if ((*named)->leaves.how != handling::execute) return named;
    aimed = meant_by(*named);
    return &aimed;
  }
  if (unnamed_leaves_.how != handling::execute || unnamed_unkept_) return nullptr;
  statement_ref target = meant_by(unnamed_leaves_.name);
  if (target == unnamed_runs_) return nullptr;
  unnamed_runs_ = std::move(target);
  unnamed_ = shared_.next_mark++;
  return nullptr;
}

// What the protocol's unnamed portal does with a prepared statement: `named` by the client, or the
// unnamed one; `found` is what it is aimed at. True: it does nothing else, and it is done here,
// when the portal is executed.
bool transaction_conversation::bind_here(const statement_ref* named, const statement_ref* found) {
  forget_portal();
  const effects& leaves = named ? (*named)->leaves : unnamed_leaves_;
  if (!leaves.names_statements) return false;
  const std::string_view text = named ? (*named)->text() : text_of_tail(unnamed_tail_);
  if (leaves.how == handling::prepare) {
    const auto made = read_prepare(text);
    if (!made) return false;
    turn_->portal = {leaves.how, leaves.name, keep(made->parse_tail),
                     words_behind(text.substr(0, made->query_at))};
    return true;
  }
  if (leaves.how == handling::deallocate && names_.find(leaves.name)) {
    turn_->portal = {leaves.how, leaves.name};
    return true;
  }
  const statement_ref runs = found ? (*found)->runs : unnamed_runs_;
  if (leaves.how == handling::execute && runs)
    turn_->portal = {leaves.how, leaves.name, runs,
                     words_for(text, {{{leaves.how, leaves.name, leaves.name_at}, runs}})};
  return false;
}

void transaction_conversation::forget_portal() {
  if (turn_->portal.how != handling::plain) turn_->portal = {};
}

// The unnamed portal, which is PREPARE or DEALLOCATE.
transaction_conversation::taken transaction_conversation::execute_here(const incoming& message,
                                                                       action_list& actions) {
  if (await_name(turn_->portal.name)) return taken::not_yet;
  if (std::exchange(turn_->portal.done, true))
    return refuse(message,
                  {error_kind::protocol, fault::client, "55000", "portal \"\" cannot be run", {}},
                  actions);
  if (turn_->portal.how == handling::prepare) {
    if (auto why = refusal_of(turn_->portal.name)) return refuse(message, *why, actions);
    name_statement(turn_->portal.name, turn_->portal.entry, turn_->portal.words, actions);
    return drop(message, actions);
  }
  if (!names_.find(turn_->portal.name))
    return refuse(message, no_such_statement(turn_->portal.name), actions);
  names_.take(turn_->portal.name);
  turn_->owed.push({.kind = reply_kind::close_here, .names = true, .in_sql = true});
  answer_here(actions);
  return drop(message, actions);
}

}  // namespace skein::postgres
