// What servers say: passed on to the client, but for what it has not asked to be told; and heeded,
// for its session goes where it says.
#include <algorithm>
#include <iterator>
#include <utility>

#include "backends/mysql/errors.hpp"
#include "backends/mysql/transaction_conversation.hpp"

namespace skein::mysql {

namespace {

struct ok_counts {
  std::uint64_t insert_id = 0;
  std::uint16_t warnings = 0;
};

// Of a packet that ends a result or stands for one.
ok_counts counts_in(byte_view body, bool is_eof) {
  field_reader fields(body);
  fields.u8();
  if (is_eof) return {.warnings = fields.u16()};
  fields.counted();
  ok_counts told{.insert_id = fields.counted()};
  fields.u16();
  told.warnings = fields.u16();
  return told;
}

std::uint16_t status_in(byte_view body) {
  field_reader fields(body);
  const bool is_eof = body.size() == 5;
  fields.u8();
  if (is_eof) {
    fields.u16();
  } else {
    fields.counted();
    fields.counted();
  }
  return fields.u16();
}

// Its text is none, or names what is not there or may not be used: nothing of it has run.
bool is_of_names(byte_view error_body) {
  constexpr std::uint16_t numbers[] = {1044, 1046, 1049, 1051, 1054, 1064, 1109, 1142,
                                       1143, 1146, 1149, 1176, 1193, 1227, 1305, 1370};
  field_reader fields(error_body);
  fields.u8();
  return std::ranges::find(numbers, fields.u16()) != std::end(numbers);
}

bool is_eof_packet(byte_view body) {
  return std::to_integer<std::uint8_t>(body[0]) == reply::eof && body.size() == 5;
}

}  // namespace

void transaction_conversation::from_server(byte_view input, action_list& actions) {
  if (finished_ && !leaving_) return actions.hide(input.size());
  while (!input.empty()) {
    if (whose_ == asker::nobody) {
      broken_ = true;  // nobody has asked: a server that closes says why, as a rule
      return actions.hide(input.size());
    }
    const answer::step now = answer_.next(input);
    if (now.what == answer::kind::broken) {
      actions.hide(input.size());
      return end_server(actions);
    }
    if (now.bytes == 0) return;
    const byte_view packet = input.first(now.bytes);
    if (whose_ == asker::us) {
      hear_errand(now, packet);
      actions.hide(now.bytes);
    } else if (!take_answer(now, packet, actions)) {
      actions.hide(now.bytes);
    }
    input = input.subspan(now.bytes);
    if (answer_.over()) whose_ == asker::us ? end_errand(actions) : end_answer(actions);
  }
}

// False: nothing of it is for the client.
bool transaction_conversation::take_answer(const answer::step& now, byte_view packet,
                                           action_list& actions) {
  if (repeating_) return false;
  if (std::exchange(untold_, false) && now.what == answer::kind::error && !approved_.empty() &&
      is_of_follower(now.body)) {
    repeating_ = true;
    return false;
  }
  switch (now.what) {
    case answer::kind::ok:
      forward_ok(packet, now.body, actions);
      return true;
    case answer::kind::prepared:
      take_prepared(now, packet, actions);
      return true;
    case answer::kind::error:
      failed_ = true;
      unresolved_ = is_of_names(now.body);
      has_warnings_ = true;
      ++counts_.errors_seen;
      break;
    default:
      if (preparing_) keep_reply(packet);
      break;
  }
  actions.forward(now.bytes);
  return true;
}

// What a report says goes for the session and for its server. False: it says nothing, or what
// nobody understands.
bool transaction_conversation::note_changes(byte_view body, ok_packet& told) {
  if (is_eof_packet(body) || (status_ & status::session_state_changed) == 0) return false;
  status_ &= static_cast<std::uint16_t>(~status::session_state_changed);
  auto read = read_ok(body, server_->agreed);
  if (!read) {
    unread_ = true;
    return false;
  }
  told = std::move(*read);
  return true;
}

void transaction_conversation::note_ok(byte_view body) {
  status_ = status_in(body);
  status_unsure_ = false;
}

// The function's own, or one that the statement has named, which is not the function's.
void transaction_conversation::note_insert_id(std::uint64_t told) {
  if (told == 0) return;
  id_lost_ = false;
  id_told_again_ |= told == server_->insert_id;
  insert_id_unsure_ |= told != insert_id_ || told != server_->insert_id;
}

// A report that the client has not asked for is cut out of it.
void transaction_conversation::forward_ok(byte_view packet, byte_view body, action_list& actions) {
  const ok_counts counts = counts_in(body, is_eof_packet(body));
  has_warnings_ = counts.warnings != 0;
  note_insert_id(counts.insert_id);
  note_ok(body);
  ok_packet told;
  if (!note_changes(body, told)) return actions.forward(packet.size());
  heed(told);
  std::erase_if(told.changes, [&](const auto& each) { return !tracked_.wants(each); });
  if ((shaped_ & capability::session_track) == 0) told.changes.clear();
  // Whoever does not track reads a text behind its length all the same.
  actions.to_client(written(number_of(packet.data()), told, shaped_ | capability::session_track,
                            std::to_integer<std::uint8_t>(body[0])));
  actions.hide(packet.size());
}

void transaction_conversation::heed(const ok_packet& told) {
  bool explained = false;
  bool changed = false;
  for (const session_change& each : told.changes) {
    switch (each.what) {
      case session_track::system_variable:
        explained = true;
        heed_variable(each);
        break;
      case session_track::schema:
        explained = true;
        if (welcomed_) database_ = each.value;
        server_->database = each.value;
        break;
      case session_track::state_change:
        changed = true;
        break;
      case session_track::gtids:
        note_write(each.value);
        break;
      default:
        break;
    }
  }
  state_changed_ |= changed && !explained;
}

void transaction_conversation::note_write(std::string_view gtids) {
  if (!shared_.routes) return;
  writes_.add(server_->which, gtids);
  all_told_ = true;
}

void transaction_conversation::heed_variable(const session_change& what) {
  const std::string name = what.name;
  if (name == "last_gtid") return note_write(what.value);
  if (name.starts_with("session_track_") && welcomed_) {
    tracked_.heed(name, what.value);
    server_->set_up = false;
  }
  switch (how_carried(name)) {
    case carried::not_state:
      return;
    case carried::never:
      holds_ |= bit_of(hold::setting);
      return;
    case carried::always:
      break;
  }
  for (session_state* const each : {&settings_, &server_->settings}) {
    *each = each->with(name, what.value);
    // It has gone back to what goes with the character set, or to what a look will tell.
    if (name == "character_set_connection")
      *each = each->with("collation_connection", std::nullopt);
  }
}

void transaction_conversation::end_server(action_list& actions) {
  const std::string told = break_off(senseless_server());
  if (!told.empty()) actions.to_client(told);
  actions.finish();
}

// The end of what the client has asked.
void transaction_conversation::end_answer(action_list& actions) {
  whose_ = asker::nobody;
  held_ = false;
  if (std::exchange(repeating_, false)) return say_again(actions);
  ++counts_.queries_finished;
  const leavings& left = *now_.left;
  constexpr std::uint16_t for_one = bit_of(hold::next_transaction) | bit_of(hold::found_rows);
  if (failed_) {
    holds_ = holds_before_;
    // An error may have ended the transaction, or have come behind what began one.
    status_unsure_ =
        (status_ & status::in_transaction) != 0 || left.unseen || left.opaque || left.begins_block;
  } else {
    holds_ &= static_cast<std::uint16_t>(~left.ends);
  }
  if (!left.sets) holds_ &= static_cast<std::uint16_t>(~(holds_before_ & for_one));
  note_unseen();
  if (asked_ == command::reset_connection && !failed_) begin_anew();
  if (asked_ == command::stmt_prepare && preparing_ && !failed_)
    preparing_->replies.at(server_->shape.deprecates_eof ? 1 : 0) = heard_;
  preparing_.reset();
  heard_.clear();
  note_definitions();
  if (executing_ != 0) note_executed();
  now_ = {};
  if (leaving_) return clean_up(actions);
  settle(actions);
}

// The client has reset its connection, which was the server's.
void transaction_conversation::begin_anew() {
  server_->forget_session();
  settings_ = {};
  tracked_ = {};
  statements_.clear();
  statements_bytes_ = 0;
  variables_.clear();
  unseen_.clear();
  holds_ = 0;
  insert_id_ = 0;
  id_lost_ = false;
  unread_ = insert_id_unsure_ = collation_unsure_ = changes_unheard_ = has_warnings_ = false;
}

// A cursor keeps its server until it has been read to its end.
void transaction_conversation::note_executed() {
  const auto found = statements_.find(std::exchange(executing_, 0));
  if (found == statements_.end()) return;
  client_statement* const by = &found->second;
  // Whether the types came to be known there, an error does not tell: they are told again.
  if (prepared_there* const there = failed_ ? server_->prepared.use(by->entry->number) : nullptr)
    there->types.clear();
  if (asked_ != command::stmt_fetch) {
    by->has_long_data = false;
    by->has_cursor = !failed_ && (status_ & status::cursor_exists) != 0;
  }
  if ((status_ & status::last_row_sent) != 0) by->has_cursor = false;
}

}  // namespace skein::mysql
