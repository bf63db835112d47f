// When a server comes and when it goes: between two exchanges it goes back, unless something that
// cannot be carried elsewhere holds it.
#include <utility>

#include "backends/mysql/errors.hpp"
#include "backends/mysql/transaction_conversation.hpp"

namespace skein::mysql {

namespace {

constexpr std::string_view without_database =
    "it has chosen a database behind a login without one: name it at the login";
constexpr std::string_view unseen_code = "what it ran may be defined otherwise by now";
constexpr std::size_t unseen_max = 8;
constexpr std::size_t unseen_bytes_max = 16UZ * 1024;
constexpr std::string_view unread_code = "it ran code that Skein does not read";

}  // namespace

transaction_conversation::taken transaction_conversation::ask_for_server(action_list& actions) {
  if (borrowing_) return taken::not_yet;
  make_wish();
  borrowing_ = true;
  actions.borrow();
  return taken::not_yet;
}

void transaction_conversation::lend(skein::server_memory& there) {
  borrowing_ = false;
  server_ = &static_cast<server_memory&>(there);
  definitions_.want();
  status_ = server_->status;
  wrote_ = all_told_ = false;
  fresh_ = true;
  untold_ = on_follower_ = server_->of_follower;
  id_told_again_ = false;
  others_sequences_ = server_->sequences != sequences_;
  if (server_->set_up) {
    first_mode_ = server_->mode;
    first_isolation_ = server_->isolation;
  }
  rules_.of = server_->which;
  rules_.version = release_of(server_->version);
  shared_.rules = rules_;
}

void transaction_conversation::refuse_next(const error& why) {
  borrowing_ = false;
  failure_ = error_response(1, why).substr(header_bytes);
}

void transaction_conversation::settle_in(action_list& actions) {
  static const leavings nothing;
  now_.left = &nothing;
  const capability_set needed = capability::session_track | (shaped_ & capability::deprecate_eof);
  too_old_ = (needed & ~server_->agreed) != 0;
  if (too_old_) return give_back(actions);
  const bool under_way = bring_first(nullptr, actions);
  now_ = {};
  if (!under_way) settle(actions);
}

void transaction_conversation::follow(const skein::conversation& before) {
  writes_ = static_cast<const transaction_conversation&>(before).writes_;
}

result<std::string> transaction_conversation::greeting() const {
  if (!failure_.empty()) return std::unexpected(read_error_response(as_bytes(failure_)));
  if (too_old_)
    return failure(error_kind::unsupported, fault::server,
                   "the server is too old to be pooled by transactions (it lacks SESSION_TRACK, or "
                   "DEPRECATE_EOF, which this client needs): run MySQL 5.7.5, MariaDB 10.2 or "
                   "newer, or pool by session");
  return std::string();
}

bool transaction_conversation::at_rest() const {
  return !broken_ && !killing_ && whose_ == asker::nobody && errands_.empty() &&
         client_.at_rest() && (status_ & status::in_transaction) == 0;
}

bool transaction_conversation::client_at_rest() const {
  const bool behind = errands_.empty() || errands_.front().what > errand_kind::clear;
  return !broken_ && !killing_ && whose_ != asker::client && behind && client_.at_rest() &&
         (status_ & status::in_transaction) == 0;
}

std::string_view transaction_conversation::pin() const {
  if (!server_) return {};
  for (std::uint16_t one = 1; one != 0 && holds_ != 0; one = static_cast<std::uint16_t>(one << 1))
    if ((holds_ & one) != 0) return words_of_hold(static_cast<hold>(one));
  if (unread_) return unread_code;
  if (!unseen_.empty()) return unseen_code;
  for (const auto& [id, each] : statements_) {
    if (each.has_cursor) return "it has a cursor open";
    if (each.has_long_data) return "the values of a statement come in pieces";
  }
  // Asked last: a lost server may be gone, and whoever chose none at the login wrote no token.
  if (now_.token_written) return {};
  if (first_database_.empty() && !server_->database.empty()) return without_database;
  return {};
}

// What was run and may have left what nobody tells. Of a long text, or one of no sense, only what
// the server reports of it.
void transaction_conversation::note_unseen() {
  const leavings& left = *now_.left;
  if (left.opaque ? state_changed_ || !(now_.long_text || unresolved_) : false) unread_ = true;
  if (!left.unseen || left.opaque || unresolved_) return;
  if (unseen_.size() < unseen_max && now_.text.size() <= unseen_bytes_max) {
    unseen_.push_back(std::move(now_.text));
  } else {
    unread_ = true;
  }
}

// By what is known of definitions now: what a statement named may have been new.
void transaction_conversation::read_unseen() {
  if (unseen_.empty()) return;
  definitions_.look();
  if (!definitions_.certain()) return;
  for (const std::string& each : std::exchange(unseen_, {})) {
    const auto read = shared_.reader.read(each, rules_, database_, definitions_.known());
    unread_ |= read.left->unseen;
    holds_ |= read.left->begins;
    for (const std::string& name : read.left->variables) variables_.push_back(name);
  }
}

// Between two commands.
void transaction_conversation::settle(action_list& actions) {
  if (broken_ || !client_.at_rest()) return;
  if (status_unsure_) {
    run(errand_kind::status, command::ping, {});
    return begin_errand(actions);
  }
  if ((status_ & status::in_transaction) != 0) {
    if (mode_ != pool_mode::statement) return;
    run(errand_kind::end_block, command::query, "rollback and no chain no release");
    return begin_errand(actions);
  }
  if (!welcomed_) return give_back(actions);
  read_unseen();
  if (pin().empty() && !look_back(actions) && pin().empty()) give_back(actions);
}

void transaction_conversation::give_back(action_list& actions) {
  welcomed_ = true;
  server_->status = status_;
  if (std::exchange(drew_sequences_, false)) server_->sequences = sequences_ = shared_.next_turn++;
  server_ = nullptr;
  untold_ = false;
  actions.give_back();
}

bool transaction_conversation::is_dirty() const {
  return holds_ != 0 || unread_ || !unseen_.empty() || !variables_.empty() || insert_id_unsure_ ||
         collation_unsure_ || changes_unheard_ || status_unsure_ ||
         (status_ & status::in_transaction) != 0 || !pin().empty();
}

// Its client has left; what it holds there goes at once.
bool transaction_conversation::leave(action_list& actions) {
  if (!server_) return true;
  leaving_ = true;
  if (broken_ || !client_.at_rest() || answer_.wants_file()) return false;
  if (first_database_.empty() && !server_->database.empty()) return false;
  // What it has prepared outlives the connection, but not a reset of it: MariaDB 10.11 then says OK
  // to who commits it, and commits nothing.
  if ((holds_ & bit_of(hold::xa)) != 0) return false;
  if (whose_ == asker::nobody) clean_up(actions);
  return true;
}

void transaction_conversation::clean_up(action_list& actions) {
  errands_.clear();
  if (!is_dirty()) return give_back(actions);
  run(errand_kind::reset, command::reset_connection, {});
  begin_errand(actions);
}

// Empty in the middle of a packet to the client, where nothing can be put in.
std::string transaction_conversation::break_off(error why) {
  const bool deaf = finished_ || (busy() && answer_.inside_packet());
  finished_ = true;
  broken_ = true;
  if (deaf) return {};
  if (in_doubt() && why.whose != fault::client) why = in_doubt_by(std::move(why));
  return error_response(busy() ? static_cast<std::uint8_t>(answer_.number() + 1) : 1, why);
}

}  // namespace skein::mysql
