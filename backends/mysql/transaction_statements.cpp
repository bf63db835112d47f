// The client's prepared statements. It knows each by an id of ours; a server knows it by its own,
// once it is prepared there. Servers keep the types of its parameters, which clients tell at the
// first execution alone: where they are missing they are told anew.
#include <algorithm>
#include <utility>

#include "backends/mysql/errors.hpp"
#include "backends/mysql/transaction_conversation.hpp"

namespace skein::mysql {

namespace {

constexpr std::uint32_t prepare_bytes_max = 1024U * 1024;
constexpr std::size_t statements_max = 16'382;  // as max_prepared_stmt_count is by default
constexpr std::size_t statements_bytes_max = 32UZ << 20;
constexpr std::size_t reply_bytes_max = 16UZ * 1024;  // of an answer to PREPARE, that is kept
constexpr std::uint32_t last_prepared = 0xffffffff;   // MariaDB: instead of an id
constexpr std::size_t id_bytes = 4;
constexpr std::size_t id_at = command_bytes;
constexpr std::size_t execute_bytes = command_bytes + id_bytes + 1 + 4;  // flags, iterations
constexpr std::size_t bulk_bytes = command_bytes + id_bytes + 2;         // flags
constexpr std::uint8_t cursor_flags = 0x07;
constexpr std::uint8_t bulk_has_types = 0x80;

std::uint32_t id_in(byte_view packet) {
  return field_reader(packet.subspan(id_at, id_bytes)).u32();
}

void append_number(std::string& out, std::size_t number, unsigned bytes) {
  for (unsigned at = 0; at < bytes; ++at) out += static_cast<char>(number >> 8 * at & 0xff);
}

void append_id(std::string& out, std::uint32_t id) {
  append_number(out, id, id_bytes);
}

// The beginning of a command whose body is that long, under the server's id of a statement.
std::string& begin_command(std::string& out, const incoming& from, std::size_t size,
                           std::uint32_t id) {
  out.clear();
  append_number(out, size, 3);
  out += '\0';
  out += static_cast<char>(from.what);
  append_id(out, id);
  return out;
}

std::string closing(std::uint32_t id) {
  std::string packet;
  message_writer(packet).begin(0).u8(static_cast<std::uint8_t>(command::stmt_close)).u32(id).end();
  return packet;
}

error_packet general_error(std::uint16_t code, std::string text) {
  return {code, "HY000", std::move(text)};
}

error malformed(command what) {
  return {error_kind::protocol, fault::client, {}, name_of(what) + " is cut short", {}};
}

std::size_t shape_index(capability_set shaped) {
  return (shaped & capability::deprecate_eof) != 0 ? 1 : 0;
}

}  // namespace

error_packet transaction_conversation::no_such_statement(std::uint32_t id) {
  return general_error(1243, "Unknown prepared statement handler (" + std::to_string(id) +
                                 ") given to mysqld_stmt_execute");
}

std::uint32_t transaction_conversation::named_id(const incoming& from) const {
  const std::uint32_t id = id_in(from.packet);
  return id == last_prepared ? last_id_ : id;
}

transaction_conversation::client_statement* transaction_conversation::statement_of(
    const incoming& from) {
  const auto found = statements_.find(named_id(from));
  return found == statements_.end() ? nullptr : &found->second;
}

// By a command that has so many bytes at least; else what became of the command.
std::expected<transaction_conversation::client_statement*, transaction_conversation::taken>
transaction_conversation::named_in(const incoming& from, std::size_t bytes, action_list& actions) {
  if (!from.has_come(bytes)) return std::unexpected(taken::not_yet);
  if (!from.holds(bytes)) return std::unexpected(refuse(from, malformed(from.what), actions));
  if (client_statement* const found = statement_of(from)) return found;
  return std::unexpected(refuse(from, no_such_statement(id_in(from.packet)), actions));
}

std::uint32_t transaction_conversation::give_id(statement_ref entry) {
  do ++last_id_;
  while (last_id_ == 0 || last_id_ == last_prepared || statements_.contains(last_id_));
  statements_bytes_ += entry->text.size();
  statements_[last_id_].entry = std::move(entry);
  return last_id_;
}

transaction_conversation::taken transaction_conversation::take_prepare(const incoming& from,
                                                                       action_list& actions) {
  if (from.size > prepare_bytes_max)
    return refuse(from,
                  {error_kind::limit,
                   fault::client,
                   "42000",
                   "a statement of more than 1 MB cannot be prepared here: send it as text",
                   {}},
                  actions);
  if (!from.whole()) return taken::not_yet;
  if (!failure_.empty()) return fail(from, actions);
  if (statements_.size() >= statements_max || statements_bytes_ >= statements_bytes_max)
    return refuse(from, general_error(1461, "Can't create more prepared statements in one session"),
                  actions);
  const std::string_view text = as_text(from.arguments());
  read_text(text, true);
  auto entry = shared_.statements.intern(text, settings_, database_);
  // Each has its own long data and its own cursor.
  if (std::ranges::any_of(statements_, [&](const auto& one) { return one.second.entry == entry; }))
    entry = shared_.statements.again(*entry);
  const std::string& known = entry->replies.at(shape_index(shaped_));
  if (!known.empty()) {
    now_ = {};
    std::string reply = known;
    std::string id;
    append_id(id, give_id(entry));
    reply.replace(command_bytes, id_bytes, id);
    return answer(from, reply, actions);
  }
  if (leaves_follower_first(actions)) return taken::not_yet;
  if (!server_) return ask_for_server(actions);
  if (bring_first(nullptr, actions)) return taken::not_yet;
  // To prepare it does nothing of what it does.
  static const leavings nothing;
  now_.left = &nothing;
  preparing_ = entry;
  heard_.clear();
  return forward(from, actions);
}

// The first packet that answers the client's PREPARE.
void transaction_conversation::take_prepared(const answer::step& now, byte_view packet,
                                             action_list& actions) {
  note_prepared(preparing_, now.body);
  std::string told(as_text(packet));
  std::string id;
  append_id(id, 0);
  told.replace(command_bytes, id_bytes, id);
  heard_ = told;
  id.clear();
  append_id(id, give_id(preparing_));
  told.replace(command_bytes, id_bytes, id);
  actions.to_client(told);
  actions.hide(packet.size());
}

void transaction_conversation::keep_reply(byte_view packet) {
  if (heard_.size() + packet.size() > reply_bytes_max) {
    preparing_.reset();
    heard_.clear();
  } else {
    heard_ += as_text(packet);
  }
}

// What has to make room for it is closed at the next occasion.
void transaction_conversation::note_prepared(const statement_ref& entry, byte_view body) {
  field_reader fields(body);
  fields.u8();
  const std::uint32_t id = fields.u32();
  entry->columns = fields.u16();
  entry->parameters = fields.u16();
  if (const prepared_there* const before = server_->prepared.find(entry->number)) {
    server_->closing.push_back(before->id);
    server_->prepared.remove(entry->number);
  }
  if (const auto oldest = server_->prepared.add(entry->number, {entry, id, {}}))
    server_->closing.push_back(oldest->id);
}

// What it is, by its text; of which the client sees the id alone.
void transaction_conversation::read_statement(const client_statement& which) {
  if (now_.left) return;
  definitions_.look();
  reading_rules rules = rules_;
  rules.mode = which.entry->read_with.mode().value_or(first_mode_);
  const auto& read = which.entry->reading_with(shared_.reader, rules, definitions_.known());
  now_.facts = read.facts;
  now_.left = read.left;
  now_.hint = read.hint;
  if (read.left->unseen) now_.text = which.entry->text;
  if (!can_be_read(which.entry->text)) now_.unsure = "its character set is not read here";
}

transaction_conversation::taken transaction_conversation::take_execute(const incoming& from,
                                                                       action_list& actions) {
  const auto named = named_in(from, execute_bytes, actions);
  if (!named) return named.error();
  client_statement* const by = *named;
  if (!by->failure.empty()) failure_ = std::exchange(by->failure, {});
  if (!failure_.empty()) return fail(from, actions);
  const std::size_t parameters = by->entry->parameters;
  const std::size_t flag_at = execute_bytes + (parameters + 7) / 8;
  const std::size_t wanted = parameters == 0 ? execute_bytes : flag_at + 1 + 2 * parameters;
  if (!from.has_come(wanted)) return taken::not_yet;
  const bool tells =
      parameters != 0 && from.packet.size() > flag_at && from.packet[flag_at] != std::byte{0};
  if (parameters != 0 && from.packet.size() < flag_at + 1 + (tells ? 2 * parameters : 0))
    return refuse(from, malformed(from.what), actions);
  read_statement(*by);
  if (auto why = refusal()) return refuse(from, *why, actions);
  const auto flags = std::to_integer<std::uint8_t>(from.packet[command_bytes + id_bytes]);
  if ((flags & cursor_flags) != 0) now_.unsure = "it opens a cursor";
  if (by->has_long_data) now_.unsure = "its values come in pieces";
  return execute_somewhere(from, *by, flag_at + 1, parameters == 0 ? 0 : 2 * parameters, tells,
                           actions);
}

transaction_conversation::taken transaction_conversation::take_bulk(const incoming& from,
                                                                    action_list& actions) {
  const auto named = named_in(from, bulk_bytes, actions);
  if (!named) return named.error();
  client_statement* const by = *named;
  if (!failure_.empty()) return fail(from, actions);
  const std::size_t types = 2UZ * by->entry->parameters;
  const bool tells =
      (std::to_integer<std::uint8_t>(from.packet[id_at + id_bytes]) & bulk_has_types) != 0;
  if (tells && !from.holds(bulk_bytes + types)) return refuse(from, malformed(from.what), actions);
  if (tells && !from.has_come(bulk_bytes + types)) return taken::not_yet;
  read_statement(*by);
  now_.unsure = "it is executed many times over";
  return execute_somewhere(from, *by, bulk_bytes, types, tells, actions);
}

// Where the statement is prepared, once it is.
transaction_conversation::taken transaction_conversation::execute_somewhere(
    const incoming& from, client_statement& by, std::size_t types_at, std::size_t types_size,
    bool has_types, action_list& actions) {
  if (leaves_follower_first(actions)) return taken::not_yet;
  if (!server_) return ask_for_server(actions);
  if (bring_first(&by.entry, actions)) return taken::not_yet;
  return execute(from, by, types_at, types_size, has_types, actions);
}

// Under the server's id, and with the types of its parameters where the server has others. The byte
// in front of the types of one execution, and the flags of many, say whether they are told.
transaction_conversation::taken transaction_conversation::execute(
    const incoming& from, client_statement& by, std::size_t types_at, std::size_t types_size,
    bool has_types, action_list& actions) {
  prepared_there& there = *server_->prepared.use(by.entry->number);
  if (has_types) {
    const std::string_view told = as_text(from.packet.subspan(types_at, types_size));
    if (by.types != told) by.types = told;
  }
  const bool inserts = !has_types && by.types.size() == types_size && there.types != by.types;
  if (inserts && from.size + types_size >= body_max)
    return refuse(from,
                  {error_kind::limit,
                   fault::client,
                   "08S01",
                   "an execution of 16 MB has to tell the types of its values",
                   {}},
                  actions);
  if (has_types || inserts)
    if (there.types != by.types) there.types = by.types;
  keep_approved(from);
  // Up to the types; what follows is passed on.
  std::string& head =
      begin_command(shared_.scratch, from, from.size + (inserts ? types_size : 0), there.id);
  const std::size_t prefix = types_size == 0 ? command_bytes + id_bytes : types_at;
  head += as_text(from.packet.subspan(head.size(), prefix - head.size()));
  if (inserts) {
    if (from.what == command::stmt_bulk_execute) {
      head[command_bytes + id_bytes] |= static_cast<char>(bulk_has_types);
    } else {
      head.back() = 1;
    }
    head += by.types;
  }
  actions.to_server(head);
  client_.pass_behind(from, prefix, actions);
  executing_ = from.what == command::stmt_reset ? 0 : named_id(from);
  begin_answer(from.what);
  return taken::yes;
}

// Values in pieces, which no server answers: what goes wrong is told when the statement is
// executed.
transaction_conversation::taken transaction_conversation::take_long_data(const incoming& from,
                                                                         action_list& actions) {
  constexpr std::size_t prefix = id_at + id_bytes;
  if (!from.has_come(prefix)) return taken::not_yet;
  client_statement* const of = from.packet.size() < prefix ? nullptr : statement_of(from);
  if (!of) return client_.pass(from, true, actions), taken::yes;
  if (!failure_.empty()) {
    of->failure = std::exchange(failure_, {});
    now_ = {};
    return client_.pass(from, true, actions), taken::yes;
  }
  static const leavings nothing;
  now_.left = &nothing;
  now_.unsure = "its values come in pieces";
  if (!server_) return ask_for_server(actions);
  if (bring_first(&of->entry, actions)) return taken::not_yet;
  actions.to_server(begin_command(shared_.scratch, from, from.size,
                                  server_->prepared.use(of->entry->number)->id));
  client_.pass_behind(from, prefix, actions);
  fresh_ = false;
  of->has_long_data = true;
  now_ = {};
  return taken::yes;
}

transaction_conversation::taken transaction_conversation::take_fetch(const incoming& from,
                                                                     action_list& actions) {
  if (from.size > whole_max) return refuse(from, malformed(from.what), actions);
  if (!from.whole()) return taken::not_yet;
  const auto named = named_in(from, id_at + id_bytes, actions);
  if (!named) return named.error();
  client_statement* const of = *named;
  if (!server_ || !of->has_cursor)
    return refuse(from,
                  general_error(1421, "The statement (" + std::to_string(id_in(from.packet)) +
                                          ") has no open cursor"),
                  actions);
  static const leavings nothing;
  now_.left = &nothing;
  return execute(from, *of, id_at + id_bytes, 0, false, actions);
}

// Its long data and its cursor are on the server that is borrowed, if there are any.
transaction_conversation::taken transaction_conversation::take_statement_reset(
    const incoming& from, action_list& actions) {
  if (from.size > whole_max) return refuse(from, malformed(from.what), actions);
  if (!from.whole()) return taken::not_yet;
  const auto named = named_in(from, id_at + id_bytes, actions);
  if (!named) return named.error();
  client_statement* const of = *named;
  of->failure.clear();
  if (!server_ || !(of->has_cursor || of->has_long_data))
    return answer(from, written(1, ok_packet{.status = status_}, shaped_), actions);
  static const leavings nothing;
  now_.left = &nothing;
  of->has_cursor = of->has_long_data = false;
  return execute(from, *of, id_at + id_bytes, 0, false, actions);
}

transaction_conversation::taken transaction_conversation::take_close(const incoming& from,
                                                                     action_list& actions) {
  if (from.size > whole_max) return client_.pass(from, true, actions), taken::yes;
  if (!from.whole()) return taken::not_yet;
  client_.pass(from, true, actions);
  if (from.packet.size() < id_at + id_bytes) return taken::yes;
  const auto found = statements_.find(id_in(from.packet));
  if (found == statements_.end()) return taken::yes;
  close_there(found->second, actions);
  statements_bytes_ -= found->second.entry->text.size();
  statements_.erase(found);
  return taken::yes;
}

// What it has on the server goes with it there; else the server keeps it for who asks next.
void transaction_conversation::close_there(client_statement& which, action_list& actions) {
  if (!server_ || !(which.has_cursor || which.has_long_data)) return;
  const prepared_there* const there = server_->prepared.find(which.entry->number);
  if (!there) return;
  actions.to_server(closing(there->id));
  server_->prepared.remove(which.entry->number);
}

}  // namespace skein::mysql
