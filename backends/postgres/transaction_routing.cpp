// Where what a client sends may run. What only reads may go to a follower, a run of whole batches
// at a time; and if it fails there before the client has heard anything of it, it is asked again
// elsewhere.
#include <algorithm>

#include "backends/postgres/errors.hpp"
#include "backends/postgres/framing.hpp"
#include "backends/postgres/transaction_conversation.hpp"

namespace skein::postgres {

namespace {

// How far is looked for what decides whether a read has failed.
constexpr std::size_t ahead_max = 16UZ * 1024;

// Of a follower, and not of the statement: it lags behind definitions, its replay had to go on, it
// stops, something of it is broken or used up. Elsewhere the answer may be another.
bool is_of_follower(std::string_view sqlstate) {
  constexpr std::string_view classes[] = {"0A", "25", "26", "3D", "3F", "40",
                                          "42", "53", "55", "57", "58", "XX"};
  if (sqlstate == "57014") return false;  // cancelled, by the client as a rule, or for its time
  return sqlstate.size() == 5 &&
         std::ranges::find(classes, sqlstate.substr(0, 2)) != std::end(classes);
}

// What comes before the answer proper: it tells nothing that another server would not tell too.
bool is_preamble(char type) {
  switch (type) {
    case from_backend::parse_complete:
    case from_backend::bind_complete:
    case from_backend::close_complete:
    case from_backend::row_description:
    case from_backend::parameter_description:
    case from_backend::no_data:
    case from_backend::parameter_status:
    case from_backend::notice:
      return true;
    default:
      return false;
  }
}

}  // namespace

// What is known of the batches so far, and the statements that they make themselves.
struct transaction_conversation::batch_wish {
  server_wish& all;
  std::string_view parsed = {};  // the name that the last Parse of this run has given
  bool has_parsed = false;
  bool first = true;

  void add(statement_reader::reading read) {
    if (!read.hint.empty() && all.hint.empty()) all.hint = read.hint;
    if (!all.facts || all.facts->where < read.facts->where) all.facts = std::move(read.facts);
  }
  bool leave_to_leader(std::string_view why) {
    all.unsure = why;
    return false;
  }
};

// Why no statement of this session may go to a follower now; empty: nothing speaks against it.
std::string_view transaction_conversation::unsure_of_all() const {
  if (!database_->certain() || !database_->known()) return definitions_unknown;
  if (settings_.serializable()) return "its session's transactions are serializable";
  return {};
}

// Of the message that wants a server, and of what has come behind it as far as it may share that
// one: a run of batches that only read.
void transaction_conversation::make_wish() {
  server_wish& wish = turn_->wish;
  wish.clear();
  approved_ = 0;
  wish.again = std::exchange(repeats_, false);
  if (!shared_.routes) return;
  database_->look();
  batch_wish batch{wish};
  if (const auto why = unsure_of_all(); !why.empty()) return batch.leave_to_leader(why), void();
  std::size_t size = read_batch(unread_, batch);
  if (size == 0 || !wish.facts || wish.facts->may_write) return;
  approved_ = size;
  if (approved_ == unread_.size()) return;
  while (wish.facts->where == place::any && wish.hint.empty() && approved_ < whole_max) {
    server_wish further;
    batch_wish next{further, batch.parsed, batch.has_parsed, false};
    size = read_batch(unread_.subspan(approved_), next);
    const bool reads = size != 0 && further.facts && further.facts->where == place::any;
    if (!reads || !further.hint.empty()) return;
    approved_ += size;
    batch.parsed = next.parsed;
    batch.has_parsed = next.has_parsed;
  }
}

// Up to its Sync, or a Query. 0: it is not known well enough, or has not come as a whole.
std::size_t transaction_conversation::read_batch(byte_view input, batch_wish& of) {
  std::size_t at = 0;
  while (input.size() - at >= header_bytes) {
    const char type = static_cast<char>(input[at]);
    const std::uint32_t length = load_u32(input.data() + at + 1);
    if (!client_may_send(type, length) || input.size() - at - 1 < length) break;
    const bool ends = type == from_frontend::query || type == from_frontend::sync;
    if (type == from_frontend::query && at != 0) break;
    if (!add_message(type, input.subspan(at + header_bytes, length - length_bytes), of)) return 0;
    at += 1 + length;
    if (ends) return at;
  }
  of.leave_to_leader("it comes in pieces");
  return 0;
}

bool transaction_conversation::add_message(char type, byte_view body, batch_wish& of) {
  const auto read = [&](std::string_view text) {
    of.add(shared_.reader.read(text.substr(0, text.find('\0')), standard_strings_,
                               database_->known()));
    return true;
  };
  field_reader fields(body);
  switch (type) {
    case from_frontend::query:
      if (of.first && turn_->next_facts) {
        of.add({std::move(turn_->next_facts), turn_->next_hint});
        return true;
      }
      return read(as_text(body));
    case from_frontend::parse: {
      const std::string_view name = fields.text();
      // Where it is asked again this name would be taken.
      if (!of.first && !name.empty()) return false;
      of.parsed = name;
      of.has_parsed = true;
      return !fields.failed() && read(fields.rest());
    }
    case from_frontend::bind:
      fields.text();
      return add_named(fields.text(), of);
    case from_frontend::describe:
      return fields.byte() != 'S' || add_named(fields.text(), of);
    case from_frontend::close:
      return of.first || fields.byte() != 'S';
    case from_frontend::execute:
    case from_frontend::sync:
      return true;
    default:
      return of.leave_to_leader("it comes in pieces");
  }
}

// A prepared statement is used.
bool transaction_conversation::add_named(std::string_view name, batch_wish& of) {
  if (of.has_parsed && of.parsed == name) return true;
  if (name.empty()) {
    if (unnamed_ == 0 || unnamed_unkept_) return of.leave_to_leader("it is not known");
    of.add(shared_.reader.read(text_of_tail(unnamed_tail_), standard_strings_, database_->known()));
    return true;
  }
  const statement_ref* const found = names_.find(name);
  if (!found || names_.unsure(name)) return of.leave_to_leader("it is not known");
  of.add((*found)->reading_with(shared_.reader, database_->known()));
  return true;
}

// The same bytes that the wish was made of come again, now that there is a server.
void transaction_conversation::keep_approved(byte_view input) {
  if (!std::exchange(lent_reader_, false)) return;
  turn_->approved.assign(as_text(input.first(std::min(approved_, input.size()))));
  untold_ = true;
}

// A follower is given what was found to read only, and what belongs to the transaction there.
bool transaction_conversation::await_follower() {
  if (!server_ || !server_->of_follower || !welcomed_ || approved_ != 0) return false;
  if (batch_open_ || copy_open_ || turn_->owed.rounds() == 0) return false;
  await_replies();
  return true;
}

// False: more of the answer is to be seen first, or none of it is for the client.
bool transaction_conversation::look_ahead(byte_view input, action_list& actions) {
  if (!server_ || turn_->owed.empty()) return true;
  const reply_for whose = turn_->owed.front().whose;
  if (whose != reply_for::client && whose != reply_for::nobody) return true;
  std::size_t at = 0;
  for (;;) {
    if (input.size() - at < header_bytes) return false;
    const char type = static_cast<char>(input[at]);
    const std::size_t whole = 1UZ + load_u32(input.data() + at + 1);
    const bool failed = type == from_backend::error_response;
    if (!failed && !is_preamble(type)) break;
    if (whole < header_bytes || at + whole > ahead_max) break;
    if (input.size() - at < whole) return false;
    if (failed) {
      const byte_view body = input.subspan(at + header_bytes, whole - header_bytes);
      if (!is_of_follower(field_of_error(body, 'C'))) break;
      if (field_of_error(body, 'V') == "FATAL") {  // it closes; see ask_again
        actions.hide(input.size());
        return false;
      }
      begin_again();
      return true;
    }
    at += whole;
  }
  untold_ = false;
  return true;
}

// All that it still answers is for nobody.
void transaction_conversation::begin_again() {
  untold_ = false;
  repeating_ = true;
  counts_.queries_started -= turn_->owed.rounds();
  injected_ += static_cast<std::uint32_t>(turn_->owed.disown());
}

void transaction_conversation::say_again(action_list& actions) {
  repeats_ = true;
  actions.again(turn_->approved);
}

bool transaction_conversation::ask_again(action_list& actions) {
  if (!untold_ && !repeating_) return false;
  begin_turn();
  if (!repeating_) counts_.queries_started -= turn_->owed.rounds();
  forget_server();
  batch_open_ = skipping_ = false;
  status_ = 'I';
  say_again(actions);
  end_turn();
  return true;
}

}  // namespace skein::postgres
