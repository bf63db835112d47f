// A commit whose answer may be lost: ahead of it, in its transaction, a row is written by which who
// leads later tells what became of it (commits). It is written for certain before the commit is
// sent: whatever happens then, the row is there if and only if the transaction was committed.
#include <utility>

#include "backends/mysql/errors.hpp"
#include "backends/mysql/transaction_conversation.hpp"
#include "net/boot_clock.hpp"

namespace skein::mysql {

namespace {

// Where the server would not take it, as no table is there, or nobody may write into it, it is not
// tried again at each commit.
constexpr std::chrono::seconds rest_after_refusal{10};

}  // namespace

// Not where it would be of no use, because the session cannot go on without its server.
bool transaction_conversation::wants_token() const {
  if (!shared_.writes_tokens || !wrote_ || now_.token_tried || !now_.facts) return false;
  if ((status_ & status::in_transaction) == 0 || server_->of_follower || !welcomed_) return false;
  const std::string* const then = settings_.find("completion_type");
  if (then && *then != "NO_CHAIN") return false;
  if (!is_plain_commit(now_.facts->form) || !variables_.empty() || !pin().empty()) return false;
  return net::since_boot() >= server_->no_tokens_before;
}

void transaction_conversation::write_token() {
  now_.token_tried = true;
  now_.token = shared_.tokens.next(net::since_boot());
  run(errand_kind::token, command::query, token_statement(now_.token));
}

// The error may have ended the whole transaction: then a COMMIT would be answered as if it had kept
// something.
void transaction_conversation::doubt_token() {
  now_.token_refusal = std::exchange(failure_, {});
  server_->no_tokens_before = net::since_boot() + rest_after_refusal;
  run(errand_kind::still_open, command::ping, {});
}

// The OK of the commit tells what all of it has written, as ever.
void transaction_conversation::note_token() {
  now_.token_written = now_.token_refusal.empty();
  all_told_ = false;
}

// Still open: it is committed without a token. Else the client hears what ended it.
void transaction_conversation::go_on_without_token(action_list& actions) {
  if ((status_ & status::in_transaction) == 0) {
    failure_ = now_.token_refusal;
    return;
  }
  const auto why = read_error(as_bytes(now_.token_refusal));
  actions.token_refused(why ? std::string_view(why->text) : "it was refused");
}

std::string_view transaction_conversation::commit_token() const {
  if (!now_.token_written || !in_doubt() || !may_outlive()) return {};
  return now_.token;
}

// What the session would have read of its last insert, or sequence, has gone with the server.
bool transaction_conversation::outlive_commit(const error& why, commit_fate fate,
                                              action_list& actions) {
  if (fate == commit_fate::unknown || commit_token().empty()) return false;
  const bool committed = fate == commit_fate::committed;
  const auto number = static_cast<std::uint8_t>(answer_.number() + 1);
  const auto kept = static_cast<std::uint16_t>(status_ & status::autocommit);
  const bool id_lost = committed && (insert_id_unsure_ || id_lost_);
  if (drew_sequences_) sequences_ = shared_.next_turn++;
  forget_server();
  id_lost_ = id_lost;
  ++counts_.queries_finished;
  if (committed) {
    actions.to_client(written(number, ok_packet{.status = kept}, shaped_));
  } else {
    ++counts_.errors_seen;
    actions.to_client(error_response(number, why));
  }
  return true;
}

}  // namespace skein::mysql
