// Statements with names whose texts are too long to be kept for other servers. They go through as
// they come, and their client keeps the server on which they are until they are closed.
#include "backends/postgres/transaction_conversation.hpp"

namespace skein::postgres {

namespace {

// So that people recognise it.
constexpr std::size_t beginning_kept_max = 1024;

}  // namespace

transaction_conversation::taken transaction_conversation::take_long_parse(const incoming& message,
                                                                          std::string_view name,
                                                                          std::string_view tail,
                                                                          action_list& actions) {
  if (!message.whole() && message.body.size() < names_max) return taken::not_yet;
  if (await_name(name)) return taken::not_yet;
  if (auto why = refusal_of(name)) return refuse(message, *why, actions);
  effects leaves = effects_of_beginning(text_of_tail(tail), standard_strings_);
  if (leaves.how == handling::execute) {
    return refuse(message,
                  {error_kind::limit,
                   fault::client,
                   "54000",
                   "an EXECUTE that is a named prepared statement may be 128 KiB long at most in "
                   "transaction pooling: send it unnamed, or use pool mode session",
                   {}},
                  actions);
  }
  if (replay_first(false, actions)) return taken::not_yet;
  const std::string_view beginning = text_of_tail(tail).substr(0, beginning_kept_max);
  turn_->unkept.push_back(shared_.statements.make_unkept(beginning, std::move(leaves)));
  const statement& made = *turn_->unkept.back();
  names_.give(name, turn_->unkept.back());
  batch_open_ = true;
  turn_->owed.push({.kind = reply_kind::parse, .names = true, .statement = made.number});
  return pass_renamed(message, {}, name, made, actions);
}

// Whose name is gone, however it went: between two exchanges, when that is certain. True: it is
// under way.
bool transaction_conversation::close_unkept(action_list& actions) {
  std::string messages;
  const bool all = !names_.needs_server();
  std::erase_if(turn_->unkept, [&](const statement_ref& entry) {
    // The store holds it, and this list.
    if (!all && entry.use_count() != 2) return false;
    close_there(messages, entry->number);
    return true;
  });
  if (messages.empty()) return false;
  message_writer(messages).begin(from_frontend::sync).end();
  inject({.kind = reply_kind::sync, .whose = reply_for::nobody});
  actions.to_server(messages);
  return true;
}

void transaction_conversation::close_there(std::string& messages, std::uint32_t number) {
  message_writer(messages).begin(from_frontend::close).byte('S').text(statement_name(number)).end();
  inject({.kind = reply_kind::close, .whose = reply_for::nobody, .statement = number});
}

}  // namespace skein::postgres
