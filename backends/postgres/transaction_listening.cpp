// LISTEN and UNLISTEN outside of transactions, for which a client needs no server: it is told when
// the channel is live, and what is announced there between two exchanges of its own. Inside a
// transaction, or where a server is held, the server does it, and the look finds it there.
#include "backends/postgres/errors.hpp"
#include "backends/postgres/transaction_conversation.hpp"

namespace skein::postgres {

namespace {

// What is kept of announcements for a client that does not read, or stays in a transaction.
constexpr std::size_t kept_max = 1024UZ * 1024;

std::string notice_of_gap() {
  const error gap{error_kind::lost,
                  fault::server,
                  "01000",
                  "notifications may have been missed: look at what they would have told",
                  {}};
  std::string notice = error_response(gap, {.severity = "WARNING"});
  notice[0] = from_backend::notice;
  return notice;
}

std::string said(char type) {
  std::string out;
  message_writer(out).begin(type).end();
  return out;
}

}  // namespace

// All listen on one connection, whose announcements come in the encoding of the database.
bool transaction_conversation::can_listen_here(const effects& left) const {
  if (left.how != handling::listen && left.how != handling::unlisten &&
      left.how != handling::unlisten_all)
    return false;
  if (server_ || !turn_->owed.empty()) return false;
  if (!shared_.shares_announcements && channels_.empty()) return false;
  const std::string* client = reported_.find("client_encoding");
  const std::string* server = reported_.find("server_encoding");
  return !client || !server || *client == *server;
}

// True: it is done; else the client waits for the server that listens.
bool transaction_conversation::listen_here(const effects& wanted, action_list& actions) {
  const auto place = std::ranges::find(channels_, wanted.name);
  if (wanted.how == handling::unlisten_all) {
    stop_listening(actions);
  } else if (wanted.how == handling::unlisten && place != channels_.end()) {
    channels_.erase(place);
    actions.unlisten(wanted.name);
  } else if (wanted.how == handling::listen && place == channels_.end()) {
    listening_ = wanted.name;
    hold_ = true;
    actions.listen(listening_);
    return false;
  }
  return true;
}

void transaction_conversation::stop_listening(action_list& actions) {
  if (channels_.empty()) return;
  channels_.clear();
  actions.unlisten_all();
}

// As a simple query.
transaction_conversation::taken transaction_conversation::take_listening(const incoming& message,
                                                                         action_list& actions) {
  if (listen_here(turn_->next, actions))
    return answer_alone(message, turn_->next.how == handling::listen ? "LISTEN" : "UNLISTEN",
                        actions);
  ++counts_.queries_started;
  next_known_ = false;
  return drop(message, actions);
}

// As an extended query of an unnamed statement: nobody but us sees any of it.
transaction_conversation::taken transaction_conversation::parse_listening(const incoming& message,
                                                                          action_list& actions) {
  forget_unnamed();
  unnamed_listens_ = true;
  actions.to_client(said(from_backend::parse_complete));
  return drop(message, actions);
}

transaction_conversation::taken transaction_conversation::bind_listening(const incoming& message,
                                                                         action_list& actions) {
  portal_listens_ = true;
  actions.to_client(said(from_backend::bind_complete));
  return drop(message, actions);
}

transaction_conversation::taken transaction_conversation::describe_listening(
    const incoming& message, bool of_statement, action_list& actions) {
  std::string words;
  if (of_statement) message_writer(words).begin(from_backend::parameter_description).u16(0).end();
  actions.to_client(words + said(from_backend::no_data));
  return drop(message, actions);
}

transaction_conversation::taken transaction_conversation::execute_listening(const incoming& message,
                                                                            action_list& actions) {
  if (listen_here(unnamed_leaves_, actions)) {
    std::string words;
    message_writer(words)
        .begin(from_backend::command_complete)
        .text(unnamed_leaves_.how == handling::listen ? "LISTEN" : "UNLISTEN")
        .end();
    actions.to_client(words);
  }
  return drop(message, actions);
}

void transaction_conversation::channel_live(const result<void>& outcome, action_list& actions) {
  if (listening_.empty()) return;
  std::string words;
  message_writer out(words);
  if (outcome) {
    channels_.push_back(listening_);
    out.begin(from_backend::command_complete).text("LISTEN").end();
  } else {
    words = error_response(outcome.error(), {.severity = "ERROR"});
    skipping_ = portal_listens_;
  }
  if (!portal_listens_) {
    out.begin(from_backend::ready).byte('I').end();
    ++counts_.queries_finished;
  }
  actions.to_client(words);
  listening_.clear();
  hold_ = false;
  end_turn();
}

void transaction_conversation::announce(std::string_view message, bool room, action_list& actions) {
  announcements_ += message;
  if (announcements_.size() > kept_max) {
    announcements_.clear();
    announcements_missed_ = true;
  }
  if (room && at_rest()) say_announcements(actions);
}

void transaction_conversation::announcements_lost(bool room, action_list& actions) {
  announcements_missed_ = true;
  announce({}, room, actions);
}

void transaction_conversation::say_announcements(action_list& actions) {
  if (std::exchange(announcements_missed_, false)) actions.to_client(notice_of_gap());
  if (announcements_.empty()) return;
  actions.to_client(announcements_);
  announcements_ = {};
}

}  // namespace skein::postgres
