// A commit whose answer may be lost: ahead of it, in the same packet, the server is asked for its
// transaction's number, by which who leads later tells what became of it (commits). The number is
// on its way to us before the commit begins.
#include "backends/postgres/errors.hpp"
#include "backends/postgres/transaction_conversation.hpp"

namespace skein::postgres {

namespace {

constexpr std::string_view lost_settings =
    "what this session has set in the transaction before is not known any more: connect again";

}  // namespace

// In a round of its own, so that it can fail by itself; but not in the midst of a batch, which a
// Sync would end: there what was sent ahead is flushed with it.
void transaction_conversation::ask_number_first(std::string_view text, action_list& actions) {
  if (!shared_.resolves_commits || !wrote_ || on_follower_) return;
  const commit what = commit_of(text);
  if (what == commit::none) return;
  // Where the transaction has failed the question would fail the batch, too.
  const bool sure = status_ == 'T' && turn_->owed.rounds() == 0;
  if (batch_open_ ? !sure : status_ != 'T') return;
  auto& mine = turn_->committing;
  mine.what = what;
  mine.told = false;
  mine.apart = !batch_open_;
  mine.number.clear();
  std::string messages;
  std::vector<reply_kind> replies;
  server_->own.append(messages, replies, own_statement::transaction_id);
  message_writer(messages).begin(mine.apart ? from_frontend::sync : from_frontend::flush).end();
  for (const reply_kind kind : replies) inject({.kind = kind, .whose = reply_for::commit});
  if (mine.apart) inject({.kind = reply_kind::sync, .whose = reply_for::commit});
  actions.to_server(messages);
}

// One column, in binary, or null.
void transaction_conversation::take_number(byte_view row) {
  constexpr std::uint32_t number_bytes = 8;
  field_reader fields(row);
  if (fields.u16() != 1) return;
  const std::uint32_t size = fields.u32();
  auto& mine = turn_->committing;
  if (fields.failed() || (size != number_bytes && size != ~0U)) return;
  mine.told = true;
  mine.number.clear();
  if (size == ~0U) return;
  const std::uint64_t high = fields.u32();
  const std::uint64_t number = high << 32U | fields.u32();
  mine.told = !fields.failed();
  if (mine.told) mine.number = std::to_string(number);
}

// All before it has been answered.
bool transaction_conversation::awaits_commit_alone() const {
  const auto& mine = turn_->committing;
  return mine.what != commit::none && mine.told && !batch_open_ && !told_ && injected_ == 0 &&
         turn_->owed.rounds_of_client() == 1;
}

// A transaction that has no number has written nothing.
bool transaction_conversation::commits_nothing() const {
  return turn_ && awaits_commit_alone() && turn_->committing.number.empty();
}

std::string_view transaction_conversation::commit_token() const {
  if (!in_doubt() || !may_outlive() || !awaits_commit_alone()) return {};
  return turn_->committing.number;
}

bool transaction_conversation::outlive_commit(const error& why, commit_fate fate,
                                              action_list& actions) {
  if (fate == commit_fate::unknown || commit_token().empty()) return false;
  const bool chains = turn_->committing.what == commit::and_chain;
  const bool looks_due = touched_anything_ || !turn_->touched.empty();
  if (fate == commit_fate::committed && !say_committed(actions)) return false;
  forget_server();
  status_ = 'I';
  if (fate == commit_fate::rolled_back) {
    tell_loss(error_response(why, {.severity = "ERROR"}), status_, actions);
  } else {
    ++counts_.queries_finished;
  }
  if (fate == commit_fate::committed && chains) {
    status_ = 'E';
    block_lost_ = true;
    turn_->loss = error_response({error_kind::rolled_back,
                                  fault::server,
                                  {},
                                  "the transaction before was committed, this one was lost with "
                                  "its server: run it again",
                                  {}},
                                 {.severity = "ERROR"});
  } else if (fate == commit_fate::committed && looks_due) {
    actions.to_client(
        break_off({error_kind::lost, fault::server, {}, std::string(lost_settings), {}}));
    actions.finish();
  }
  end_turn();
  return true;
}

// As the server would have said it. False: what it would have said to something behind is not
// known.
bool transaction_conversation::say_committed(action_list& actions) {
  std::string said;
  message_writer out(said);
  const char status = turn_->committing.what == commit::and_chain ? 'T' : 'I';
  for (std::size_t i = 0; i < turn_->owed.size(); ++i) {
    switch (turn_->owed.at(i).kind) {
      case reply_kind::parse:
      case reply_kind::parse_here:
        out.begin(from_backend::parse_complete).end();
        break;
      case reply_kind::bind:
        out.begin(from_backend::bind_complete).end();
        break;
      case reply_kind::close:
      case reply_kind::close_here:
        out.begin(from_backend::close_complete).end();
        break;
      case reply_kind::execute:
        out.begin(from_backend::command_complete).text("COMMIT").end();
        break;
      case reply_kind::query:
        out.begin(from_backend::command_complete).text("COMMIT").end();
        out.begin(from_backend::ready).byte(status).end();
        break;
      case reply_kind::sync:
        out.begin(from_backend::ready).byte(status).end();
        break;
      case reply_kind::describe:
      case reply_kind::function_call:
        return false;
    }
  }
  actions.to_client(said);
  return true;
}

}  // namespace skein::postgres
