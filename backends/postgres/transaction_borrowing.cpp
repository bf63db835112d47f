// Before a statement a borrowed server is made what the session is; after the transaction what it
// may have left behind is read back, and the server goes on to others.
#include <algorithm>

#include "backends/postgres/errors.hpp"
#include "backends/postgres/replay.hpp"
#include "backends/postgres/transaction_conversation.hpp"

namespace skein::postgres {

namespace {

// What it leaves is on this server connection only.
bool holds_server(handling how) {
  return how == handling::prepare || how == handling::execute || how == handling::listen;
}

bool may_free_server(const effects& left) {
  return left.may_free || left.how == handling::deallocate || left.how == handling::deallocate_all;
}

// Reported, but not because somebody set it.
bool is_in_nobodys_hand(std::string_view name) {
  return name == "is_superuser" || name == "session_authorization" || name == "in_hot_standby";
}

}  // namespace

void transaction_conversation::begin_turn() {
  if (!turn_) turn_ = shared_.turns_kept.take();
}

void transaction_conversation::end_turn() {
  if (!turn_ || server_ || borrowing_ || next_known_ || hold_ || !at_rest()) return;
  if (!turn_->failure.empty()) return;
  shared_.turns_kept.give_back(std::move(turn_));
}

void transaction_conversation::lend(skein::server_memory& there) {
  begin_turn();
  borrowing_ = false;
  server_ = &static_cast<server_memory&>(there);
  database_->want();
  replay_due_ = !(server_->settings == settings_) || !server_->unknown.empty() ||
                (server_->ran_unseen_code && server_->last_borrower != number_);
  others_sequences_ = server_->sequences != sequences_;
  wrote_ = false;
  on_follower_ = server_->of_follower;
  lent_reader_ = on_follower_ && approved_ != 0;
}

void transaction_conversation::refuse_next(const error& why) {
  begin_turn();
  borrowing_ = false;
  approved_ = 0;
  turn_->failure = error_response(why, {.severity = "ERROR"});
}

void transaction_conversation::settle_in(action_list& actions) {
  replay_first(false, actions);
  if (hold_) return;
  give_back(actions);
  end_turn();
}

result<std::string> transaction_conversation::greeting() const {
  if (turn_ && !turn_->failure.empty())
    return std::unexpected(
        read_error_response(as_bytes(std::string_view(turn_->failure).substr(header_bytes))));
  return status_messages(reported_.all());
}

// Sees to it that the borrowed server has the session's settings. True: the client must wait.
bool transaction_conversation::replay_first(bool may_follow, action_list& actions) {
  if (!replay_due_) return false;
  replay_due_ = false;
  const bool clean = server_->ran_unseen_code && server_->last_borrower != number_;
  turn_->before_replay = {server_->settings, server_->unknown, server_->ran_unseen_code};
  if (clean) {
    // Nothing that was set there can be relied on behind a reset of everything.
    server_->settings = {};
    server_->unknown.clear();
  }
  const auto changes = diff(server_->settings, settings_, server_->unknown);
  if (!clean && changes.empty()) return false;
  std::string messages;
  std::vector<reply_kind> replies;
  if (clean) replies = append_clean(messages, server_->prepared_in_sql, server_->own);
  const auto settings = append_replay(messages, changes, server_->own);
  replies.insert(replies.end(), settings.begin(), settings.end());
  server_->ran_unseen_code = false;
  server_->settings = settings_;
  for (const auto& change : changes) turn_->replayed.push_back(change.name);
  replay_underway_ = true;
  for (const reply_kind kind : replies) inject({.kind = kind, .whose = reply_for::replay});
  if (!may_follow || clean || must_stand_alone(changes)) {
    message_writer(messages).begin(from_frontend::sync).end();
    inject({.kind = reply_kind::sync, .whose = reply_for::replay});
    hold_ = true;
  }
  actions.to_server(messages);
  return hold_;
}

// The last values of sequences that the server knows may be another client's, or not this one's
// latest: it forgets them before they are asked for, and says so to who asks. True: the client must
// wait.
bool transaction_conversation::forget_sequences_first(const effects& left, bool may_follow,
                                                      action_list& actions) {
  const bool hide = others_sequences_ && left.reads_sequences && status_ != 'E';
  if (hide || left.draws_sequences) {
    others_sequences_ = false;
    knows_sequences_ = true;
  }
  if (!hide) return false;
  std::string messages;
  std::vector<reply_kind> replies;
  server_->own.append(messages, replies, own_statement::forget_sequences);
  for (const reply_kind kind : replies) inject({.kind = kind, .whose = reply_for::replay});
  if (!may_follow) {
    message_writer(messages).begin(from_frontend::sync).end();
    inject({.kind = reply_kind::sync, .whose = reply_for::replay});
    hold_ = true;
  }
  actions.to_server(messages);
  return hold_;
}

// With what the database defines by now.
const effects& transaction_conversation::leaves_of(const statement& entry) {
  database_->look();
  return entry.leaves_with(database_->known(), database_->reading());
}

bool transaction_conversation::may_follow(const effects& left) const {
  return left.follows_replay && !defines_ && database_->certain();
}

// What a statement may leave behind, once it is certain that it is sent. `reading`: of definitions,
// with which its text was read.
void transaction_conversation::note(const effects& left, std::uint64_t reading) {
  database_->look();
  if (turn_->noted_at == 0) turn_->noted_at = database_->edition();
  if (defines_ || !database_->certain() || reading != database_->reading()) doubt_server();
  if (left.defines && database_->is_read()) {
    if (!std::exchange(defines_, true)) database_->begin_defining();
    change_definitions();
  }
  turn_->touched.insert(turn_->touched.end(), left.settings.begin(), left.settings.end());
  touched_anything_ |= left.anything || left.unseen_code || holds_server(left.how) ||
                       (may_free_server(left) && !pin_.empty());
  // RESET brings back what the start-up asked for, which a look at the name alone cannot tell.
  touched_anything_ |= std::ranges::any_of(left.settings, [&](const auto& name) {
    return at_startup_.find(setting_name(name)) != nullptr;
  });
  if (left.changes_results) {
    shared_.statements.tables_change();
    results_change_ = true;
  }
  if (left.unseen_code) server_->ran_unseen_code = true;
  if (left.pins.empty()) return;
  pin_ = left.pins;
  pinned_for_good_ = true;
}

// What a trigger or a view sets cannot be told from a statement's text; but of the settings that
// are reported the server says it by itself.
void transaction_conversation::note_reported() {
  for (const auto& [name, value] : server_->reported.all()) {
    if (is_in_nobodys_hand(name)) continue;
    const std::string filed = setting_name(name);
    const std::string* expected = settings_.find(filed);
    if (!expected) expected = server_->reported_at_login.find(name);
    if (expected && *expected != value) turn_->touched.push_back(filed);
  }
}

// The first ReadyForQuery behind a replay tells whether it stands: an error has rolled it back, and
// a block that was begun behind it still may.
void transaction_conversation::settle_replay() {
  if (!std::exchange(replay_underway_, false)) return;
  auto& unknown = server_->unknown;
  if (round_failed_ && status_ == 'I') {
    server_->settings = std::move(turn_->before_replay.settings);
    unknown = std::move(turn_->before_replay.unknown);
    server_->ran_unseen_code |= turn_->before_replay.ran_unseen_code;
  } else if (status_ != 'I') {
    unknown.insert(unknown.end(), turn_->replayed.begin(), turn_->replayed.end());
  } else {
    unknown.clear();
  }
  turn_->replayed.clear();
}

// Others go by what this transaction has defined from here on. What a statement of it met may have
// been defined while it ran, since it waits for who defines it.
void transaction_conversation::note_definitions() {
  const std::uint64_t noted_at = std::exchange(turn_->noted_at, 0);
  if (noted_at != 0 && !database_->holds(noted_at, defines_)) doubt_server();
  if (std::exchange(defines_, false)) database_->end_defining();
}

// What others have changed meanwhile must not be lost behind our own.
void transaction_conversation::change_definitions() {
  const auto moved = database_->change();
  if (moved.from != turn_->noted_at) doubt_server();
  turn_->noted_at = moved.to;
}

// Code that nobody has read may have run there.
void transaction_conversation::doubt_server() {
  touched_anything_ = true;
  server_->ran_unseen_code = true;
}

// Between two exchanges: the server goes back unless something holds it.
void transaction_conversation::settle(action_list& actions) {
  if (!at_rest()) return;
  note_definitions();
  // Others see of it from here on: what they have prepared meanwhile is of before.
  if (std::exchange(results_change_, false)) shared_.statements.tables_change();
  if (leaving_) return clean_up(actions);
  if (std::exchange(report_changed_, false) && welcomed_) note_reported();
  if (touched_anything_ || !turn_->touched.empty()) return send_look(actions);
  if (!close_unkept(actions) && pin().empty()) give_back(actions);
}

std::string_view transaction_conversation::pin() const {
  if (!pin_.empty()) return pin_;
  if (names_.needs_server()) return "a prepared statement that is too long to be kept";
  const bool holds = unnamed_ != 0 && unnamed_unkept_;
  return holds ? "an unnamed prepared statement that is too long to be kept" : "";
}

void transaction_conversation::give_back(action_list& actions) {
  if (!welcomed_) {
    welcomed_ = true;
    keep_reported();
  }
  server_->last_borrower = number_;
  if (std::exchange(knows_sequences_, false)) server_->sequences = sequences_ = shared_.next_mark++;
  server_ = nullptr;
  replay_due_ = false;
  untold_ = false;
  approved_ = 0;
  actions.give_back();
  if (std::exchange(repeating_, false)) say_again(actions);
}

void transaction_conversation::send_look(action_list& actions) {
  std::string messages;
  const auto depth = touched_anything_ ? look_depth::whole : look_depth::names;
  const auto replies =
      append_look(messages, turn_->touched, server_->settings, depth, server_->own);
  for (const reply_kind kind : replies) turn_->owed.push({.kind = kind, .whose = reply_for::look});
  actions.to_server(messages);
  look_ = std::make_unique<look_reader>(depth);
  turn_->touched = {};
  touched_anything_ = unlooked_ = false;
}

void transaction_conversation::look_ended() {
  if (!look_) return;
  const bool failed = look_->failed();
  const held_state held = look_->take();
  look_.reset();
  if (failed) {
    // Once more: the client's cancel was late, or its code has deallocated what is ours.
    server_->doubt_all();
    touched_anything_ = !look_again_;
    look_again_ = !look_again_;
    if (!look_again_) pin_ = "what it holds could not be read back";
    return;
  }
  look_again_ = false;
  if (held.depth == look_depth::whole) {
    server_->settings = session_state(held.settings);
    server_->unknown.clear();
    settings_ = after_look(held.settings, at_startup_);
    server_->prepared_in_sql = held.prepared_in_sql;
    if (!pinned_for_good_) pin_ = held.pin_reason();
    return;
  }
  for (const auto& [name, value] : held.settings) {
    server_->settings = server_->settings.with(name, value);
    settings_ = settings_.with(name, value);
    std::erase(server_->unknown, name);
  }
}

bool transaction_conversation::leave(action_list& actions) {
  if (!server_) return true;
  leaving_ = true;
  if (broken_ || pinned_for_good_ || batch_open_ || copy_open_ || client_body_left_ != 0)
    return false;
  if (turn_->owed.empty()) {
    note_definitions();
    clean_up(actions);
  }
  return true;
}

// Nobody will ask for what this session still holds on its server.
void transaction_conversation::clean_up(action_list& actions) {
  if (status_ != 'I') return roll_back(actions);
  names_.clear();
  if (close_unkept(actions)) return;
  if (pin_.empty() && !touched_anything_) {
    server_->unknown.insert(server_->unknown.end(), turn_->touched.begin(), turn_->touched.end());
    return give_back(actions);
  }
  pin_ = {};
  touched_anything_ = false;
  turn_->touched.clear();
  std::string messages;
  for (const reply_kind kind : append_clean(messages, server_->prepared_in_sql, server_->own))
    inject({.kind = kind, .whose = reply_for::nobody});
  message_writer(messages).begin(from_frontend::sync).end();
  inject({.kind = reply_kind::sync, .whose = reply_for::nobody});
  server_->settings = {};
  server_->unknown.clear();
  server_->ran_unseen_code = false;
  actions.to_server(messages);
}

}  // namespace skein::postgres
