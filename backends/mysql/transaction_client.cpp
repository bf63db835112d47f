// What the client asks, but for its prepared statements.
#include <algorithm>
#include <limits>
#include <utility>

#include "backends/mysql/errors.hpp"
#include "backends/mysql/greeting.hpp"
#include "backends/mysql/transaction_conversation.hpp"

namespace skein::mysql {

namespace {

constexpr std::uint8_t beyond_ascii_bit = 0x80;

// Of texts in these no byte of a character is a quote or a blank.
bool is_safe(std::string_view charset) {
  return charset.starts_with("utf8") || charset == "ascii" || charset == "binary";
}

// By the number that a login names it by.
bool is_safe(std::uint8_t collation) {
  const auto within = [&](int from, int to) { return collation >= from && collation <= to; };
  return collation == 11 || collation == 65 || collation == 63 ||  // ascii, binary
         collation == 33 || collation == 83 || collation == 223 || within(192, 215) ||
         collation == 45 || collation == 46 || within(224, 247) || collation == 255;
}

const leavings& of_no_text() {
  static const leavings none;
  return none;
}

const leavings& of_choosing() {
  static const leavings chooses = [] {
    leavings one;
    one.sets = true;
    return one;
  }();
  return chooses;
}

const leavings& of_defining() {
  static const leavings defines = [] {
    leavings one;
    one.defines = true;
    return one;
  }();
  return defines;
}

const leavings& left_of(command what) {
  if (what == command::init_db) return of_choosing();
  const bool defines = what == command::create_db || what == command::drop_db;
  return defines ? of_defining() : of_no_text();
}

}  // namespace

transaction_conversation::transaction_conversation(pool_mode mode, const login_request& asked,
                                                   core_memory& shared)
    : mode_(mode),
      shared_(shared),
      definitions_(shared.definitions()),
      first_database_(asked.database),
      database_(asked.database) {
  const client_traits traits = read_traits(asked);
  shaped_ = traits.shaped.value_or(0);
  several_ = (shaped_ & capability::multi_statements) != 0;
  collation_ = traits.collation.value_or(default_collation);
}

transaction_conversation::~transaction_conversation() {
  note_definitions();
}

void transaction_conversation::from_client(byte_view input, action_list& actions) {
  if (finished_) return actions.hide(input.size());
  input = input.subspan(client_.take_rest(input, actions));
  while (const auto from = client_packets::first_of(input)) {
    if (take_packet(*from, actions) == taken::not_yet) return;
    input = input.subspan(from->packet.size());
  }
  if (server_ && whose_ == asker::nobody && errands_.empty() && !finished_) settle(actions);
}

transaction_conversation::taken transaction_conversation::take_packet(const incoming& from,
                                                                      action_list& actions) {
  if (client_.goes_on(from, actions)) return taken::yes;
  if (whose_ == asker::client && answer_.wants_file()) {
    client_.pass(from, false, actions);
    if (from.size == 0) answer_.file_sent();
    return taken::yes;
  }
  if (whose_ != asker::nobody || !errands_.empty() || killing_) {
    held_ = true;
    return taken::not_yet;
  }
  if (from.packet.size() < command_bytes || number_of(from.packet.data()) != 0)
    return end_client(from, no_command(from), actions);
  incoming named = from;
  named.what = static_cast<command>(from.packet[header_bytes]);
  return take_command(named, actions);
}

transaction_conversation::taken transaction_conversation::end_client(const incoming& from,
                                                                     const std::string& what,
                                                                     action_list& actions) {
  actions.hide(from.packet.size());
  actions.to_client(break_off({error_kind::protocol, fault::client, {}, what, {}}));
  actions.finish();
  return taken::not_yet;
}

transaction_conversation::taken transaction_conversation::take_command(const incoming& from,
                                                                       action_list& actions) {
  if (is_looked_at(from.what)) {
    if (from.size <= whole_max && !from.whole()) return taken::not_yet;
    const bool whole = from.whole() && from.size < body_max;
    if (const auto asked = kill_in(from.what, as_text(from.arguments()), whole, rules_.of))
      return take_kill(from, *asked, actions);
  }
  switch (from.what) {
    case command::quit:
      finished_ = true;
      actions.hide(from.packet.size());
      actions.finish();
      return taken::not_yet;
    case command::change_user:
      actions.sign_in_again();
      return taken::not_yet;
    case command::ping:
      return answer(from, written(1, ok_packet{.status = status_}, shaped_), actions);
    case command::query:
      return take_query(from, actions);
    case command::stmt_prepare:
      return take_prepare(from, actions);
    case command::stmt_execute:
      return take_execute(from, actions);
    case command::stmt_bulk_execute:
      return take_bulk(from, actions);
    case command::stmt_send_long_data:
      return take_long_data(from, actions);
    case command::stmt_fetch:
      return take_fetch(from, actions);
    case command::stmt_reset:
      return take_statement_reset(from, actions);
    case command::stmt_close:
      return take_close(from, actions);
    case command::reset_connection:
      return take_reset(from, actions);
    case command::set_option:
      return take_option(from, actions);
    default:
      break;
  }
  if (!is_refused(from.what)) return take_plain(from, actions);
  return refuse(from, refusal_of(from.what), actions);
}

// Nothing more is read before it is known what became of it.
transaction_conversation::taken transaction_conversation::take_kill(
    const incoming& from, const std::expected<kill_request, std::string>& asked,
    action_list& actions) {
  if (!asked)
    return refuse(from, {error_kind::unsupported, fault::client, {}, asked.error(), {}}, actions);
  if (asked->id > std::numeric_limits<std::uint32_t>::max())
    return answer(from, kill_refused(1, no_such_thread(), asked->id), actions);
  client_.pass(from, true, actions);
  killing_ = static_cast<std::uint32_t>(asked->id);
  held_ = true;
  actions.cancel(*killing_, asked->for_good);
  return taken::not_yet;
}

void transaction_conversation::cancelled(const result<void>& outcome, action_list& actions) {
  if (!killing_ || finished_) return;
  held_ = false;
  const std::uint32_t id = *std::exchange(killing_, std::nullopt);
  actions.to_client(outcome ? written(1, ok_packet{.status = status_}, shaped_)
                            : kill_refused(1, outcome.error(), id));
  ++counts_.queries_started;
  ++counts_.queries_finished;
}

// Of our own, where no server is asked.
transaction_conversation::taken transaction_conversation::answer(const incoming& from,
                                                                 const std::string& text,
                                                                 action_list& actions) {
  client_.pass(from, true, actions);
  actions.to_client(text);
  ++counts_.queries_started;
  ++counts_.queries_finished;
  return taken::yes;
}

transaction_conversation::taken transaction_conversation::refuse(const incoming& from,
                                                                 const error& why,
                                                                 action_list& actions) {
  return refuse(from, packet_of(why), actions);
}

transaction_conversation::taken transaction_conversation::refuse(const incoming& from,
                                                                 const error_packet& why,
                                                                 action_list& actions) {
  now_ = {};
  return answer(from, written(1, why), actions);
}

// What the command would have needed has failed: in the words of whoever said so.
transaction_conversation::taken transaction_conversation::fail(const incoming& from,
                                                               action_list& actions) {
  now_ = {};
  block_lost_ = false;
  std::string text;
  message_writer(text).begin(1).raw(std::exchange(failure_, {})).end();
  ++counts_.errors_seen;
  return answer(from, text, actions);
}

bool transaction_conversation::can_be_read(std::string_view text) const {
  const std::string* const charset = settings_.find("character_set_client");
  if (charset ? is_safe(*charset) : is_safe(collation_)) return true;
  return std::ranges::none_of(
      text, [](char c) { return (static_cast<unsigned char>(c) & beyond_ascii_bit) != 0; });
}

// Once a command, also where it waits for a server meanwhile.
void transaction_conversation::read_text(std::string_view text, bool whole) {
  if (now_.left) return;
  rules_.mode = settings_.mode().value_or(first_mode_);
  definitions_.look();
  if (!whole || !can_be_read(text)) {
    static const leavings unseen = leavings_of_unseen();
    now_.left = &unseen;
    now_.long_text = !whole;
    now_.unsure = whole ? "its character set is not read here" : "it is too long to be read";
    return;
  }
  auto read = shared_.reader.read(text, rules_, database_, definitions_.known());
  now_.facts = std::move(read.facts);
  now_.left = read.left;
  now_.hint = read.hint;
  if (read.left->unseen) now_.text = text;
}

transaction_conversation::taken transaction_conversation::take_query(const incoming& from,
                                                                     action_list& actions) {
  if (block_lost_) {
    read_text(as_text(from.arguments()), from.whole());
    if (rolls_back_what_is_lost())
      return answer(from, written(1, ok_packet{.status = status_}, shaped_), actions);
  }
  if (!failure_.empty()) return fail(from, actions);
  read_text(as_text(from.arguments()), from.whole());
  const leavings& left = *now_.left;
  if (auto why = refusal()) return refuse(from, *why, actions);
  if (left.shows_warnings && !server_ && !warnings_.empty()) {
    now_ = {};
    return answer(from, warnings_, actions);
  }
  if (leaves_follower_first(actions)) return taken::not_yet;
  if (!server_) return ask_for_server(actions);
  if (bring_first(nullptr, actions)) return taken::not_yet;
  return forward(from, actions);
}

// A transaction that only reads is ended by whatever begins another one.
bool transaction_conversation::leaves_follower_first(action_list& actions) {
  if (!server_ || !server_->of_follower || !now_.left->begins_block || now_.left->opaque)
    return false;
  if ((status_ & status::in_transaction) == 0) return false;
  run(errand_kind::end_block, command::query, "commit and no chain no release");
  begin_errand(actions);
  return true;
}

// Servers are given it where they have another.
transaction_conversation::taken transaction_conversation::take_option(const incoming& from,
                                                                      action_list& actions) {
  if (from.size > whole_max) return end_client(from, "an option that is none", actions);
  if (!from.whole()) return taken::not_yet;
  several_ = field_reader(from.arguments()).u16() == 0;
  const bool new_end = (shaped_ & capability::deprecate_eof) != 0;
  return answer(from,
                new_end ? written(1, ok_packet{.status = status_}, shaped_, reply::eof)
                        : written(1, eof_packet{.status = status_}),
                actions);
}

transaction_conversation::taken transaction_conversation::take_plain(const incoming& from,
                                                                     action_list& actions) {
  if (!failure_.empty()) return fail(from, actions);
  now_.left = &left_of(from.what);
  now_.unsure = "it is no statement";
  if (!server_) return ask_for_server(actions);
  if (bring_first(nullptr, actions)) return taken::not_yet;
  return forward(from, actions);
}

transaction_conversation::taken transaction_conversation::forward(const incoming& from,
                                                                  action_list& actions) {
  keep_approved(from);
  client_.pass(from, false, actions);
  begin_answer(from.what);
  return taken::yes;
}

void transaction_conversation::begin_answer(command what) {
  note_begun();
  asked_ = what;
  if (!mysql::answer::is_owed(what)) return;
  whose_ = asker::client;
  answer_.begin(what, server_->shape);
  ++counts_.queries_started;
}

// What it may leave behind, once it is certain that it is sent.
void transaction_conversation::note_begun() {
  const leavings& left = *now_.left;
  fresh_ = false;
  failed_ = unresolved_ = false;
  state_changed_ = false;
  has_warnings_ = false;
  if (!left.asks_warnings) warnings_.clear();
  if (!now_.facts || now_.facts->may_write) wrote_ = true;
  holds_before_ = holds_;
  holds_ |= left.begins;
  for (const std::string& each : left.variables)
    if (std::ranges::find(variables_, each) == variables_.end()) variables_.push_back(each);
  collation_unsure_ |= left.sets_collation;
  insert_id_unsure_ |= left.hides_insert_id;
  if (left.draws_sequences) {
    drew_sequences_ = true;
    others_sequences_ = false;
  }
  // An answer of rows without an OK behind them tells nothing of the session.
  changes_unheard_ |= (left.unseen || left.opaque) && !server_->shape.deprecates_eof;
  if (!left.defines) return;
  shared_.statements.tables_change();
  if (!definitions_.is_read()) return;
  if (!std::exchange(defines_, true)) definitions_.begin_defining();
  definitions_.change();
}

// Others go by what has been defined from here on.
void transaction_conversation::note_definitions() {
  if (!std::exchange(defines_, false)) return;
  definitions_.end_defining();
  shared_.statements.tables_change();
}

// A client that begins anew keeps its database.
transaction_conversation::taken transaction_conversation::take_reset(const incoming& from,
                                                                     action_list& actions) {
  // Which ends a transaction, also one that is lost.
  if (std::exchange(block_lost_, false)) failure_.clear();
  if (!failure_.empty()) return fail(from, actions);
  now_.left = &of_no_text();
  if (server_) return forward(from, actions);
  settings_ = {};
  tracked_ = {};
  statements_.clear();
  statements_bytes_ = 0;
  warnings_.clear();
  insert_id_ = 0;
  id_lost_ = false;
  status_ = status::autocommit;
  now_ = {};
  return answer(from, written(1, ok_packet{.status = status_}, shaped_), actions);
}

}  // namespace skein::mysql
