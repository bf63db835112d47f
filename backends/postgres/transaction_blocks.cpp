// Statement pooling, where each statement is a transaction: what is seen to begin a block is
// refused before it is sent. What begins one unseen, deep in a text too long to be looked at, is
// told by the status of ReadyForQuery, and rolled back.
#include "backends/postgres/errors.hpp"
#include "backends/postgres/transaction_conversation.hpp"

namespace skein::postgres {

error transaction_conversation::no_blocks_here() {
  return {error_kind::unsupported,
          fault::client,
          {},
          "transactions of several statements cannot run in statement pooling: use pool mode "
          "transaction",
          {}};
}

std::optional<error> transaction_conversation::why_not_here(const effects& asked) const {
  if (mode_ == pool_mode::statement && asked.begins_block) return no_blocks_here();
  if (!shared_.keeps_promise || !asked.lowers_commit) return std::nullopt;
  return error{error_kind::unsupported,
               fault::client,
               {},
               "synchronous_commit cannot be lowered here, because durability promises that "
               "followers have what is acknowledged: leave it on, or set durability.mode to async",
               {}};
}

// What came behind in one pipeline would run in the block. COPY data belongs to what is under way.
// True: the client must wait for the status.
bool transaction_conversation::await_no_block(char type) {
  if (mode_ != pool_mode::statement || !block_possible_ || batch_open_ || copy_open_) return false;
  if (turn_->owed.rounds() == 0 || type == from_frontend::copy_data ||
      type == from_frontend::copy_done || type == from_frontend::copy_fail)
    return false;
  await_replies();
  return true;
}

// In place of the ReadyForQuery that told of a block.
void transaction_conversation::end_block(action_list& actions) {
  std::string said;
  if (!told_) said = error_response(no_blocks_here(), {.severity = "ERROR"});
  message_writer(said).begin(from_backend::ready).byte('I').end();
  actions.to_client(said);
  roll_back(actions);
}

void transaction_conversation::roll_back(action_list& actions) {
  std::string message;
  message_writer(message).begin(from_frontend::query).text("ROLLBACK").end();
  inject({.kind = reply_kind::query, .whose = reply_for::nobody});
  actions.to_server(message);
}

}  // namespace skein::postgres
