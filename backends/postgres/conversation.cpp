#include "backends/postgres/conversation.hpp"

#include <algorithm>

#include "backends/postgres/errors.hpp"
#include "backends/postgres/framing.hpp"

namespace skein::postgres {

namespace {

// Longer texts are taken to hold anything.
constexpr std::size_t text_read_max = 4096;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool begins_with_word(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if ((text[i] | 0x20) != word[i]) return false;
  return text.size() == word.size() || !is_letter(text[word.size()]);
}

// True only for what can be seen to be one statement, and not one that ends a transaction block.
// A text that begins with anything but a word (a comment, say) is not looked into.
bool is_seen_not_to_commit(std::string_view text) {
  if (text.size() > text_read_max || !text.ends_with('\0')) return false;
  text.remove_suffix(1);
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || !is_letter(text[first])) return false;
  text.remove_prefix(first);
  text = text.substr(0, text.find_last_not_of(" \t\r\n;") + 1);
  if (text.find(';') != std::string_view::npos) return false;
  return !begins_with_word(text, "commit") && !begins_with_word(text, "end") &&
         !begins_with_word(text, "prepare");
}

}  // namespace

void conversation::from_client(byte_view input, action_list& actions) {
  const std::byte* const data = input.data();
  const std::size_t size = input.size();
  if (finished_) return actions.hide(size);
  std::size_t at = std::min<std::size_t>(client_body_left_, size);
  client_body_left_ -= static_cast<std::uint32_t>(at);
  while (size - at >= header_bytes) {
    const char type = static_cast<char>(data[at]);
    const std::uint32_t length = load_u32(data + at + 1);
    if (!client_may_send(type, length) || type == from_frontend::terminate) {
      actions.forward(at);
      actions.hide(size - at);
      return end_client(type, length, actions);
    }
    const std::uint32_t body = length - length_bytes;
    at += header_bytes;
    const std::size_t seen = std::min<std::size_t>(body, size - at);
    note_client(type, input.subspan(at, seen), body);
    at += seen;
    client_body_left_ = body - static_cast<std::uint32_t>(seen);
  }
  actions.forward(at);
}

void conversation::note_client(char type, byte_view body_seen, std::uint32_t body_size) {
  asked_ = true;
  switch (type) {
    case from_frontend::query:
      // Outside a transaction block every statement commits itself: no need to look.
      return ledger_.query(ledger_.in_transaction() && body_seen.size() == body_size &&
                           is_seen_not_to_commit(as_text(body_seen)));
    case from_frontend::sync:
      return ledger_.sync();
    case from_frontend::execute:
      return ledger_.execute();
    case from_frontend::parse:
    case from_frontend::bind:
    case from_frontend::describe:
    case from_frontend::close:
      return ledger_.batch();
    case from_frontend::function_call:
      return ledger_.function_call();
    case from_frontend::copy_done:
    case from_frontend::copy_fail:
      return ledger_.copy_end();
    default:  // Flush and CopyData owe nothing
      return;
  }
}

// Terminate, or something that no client may send.
void conversation::end_client(char type, std::uint32_t length, action_list& actions) {
  finished_ = true;
  if (type != from_frontend::terminate && server_body_left_ == 0)
    actions.to_client(error_response(bad_client_message(type, length)));
  actions.finish();
}

void conversation::from_server(byte_view input, action_list& actions) {
  const std::byte* const data = input.data();
  const std::size_t size = input.size();
  if (finished_) return actions.hide(size);
  std::size_t at = std::min<std::size_t>(server_body_left_, size);
  if (status_due_ && at != 0) end_exchange(static_cast<char>(data[0]));
  server_body_left_ -= static_cast<std::uint32_t>(at);
  while (size - at >= header_bytes) {
    const char type = static_cast<char>(data[at]);
    const std::uint32_t length = load_u32(data + at + 1);
    const bool ready = type == from_backend::ready;
    if (length < length_bytes || length > length_max || (ready && length != length_bytes + 1)) {
      actions.forward(at);
      actions.hide(size - at);
      return end_server(type, length, actions);
    }
    const std::uint32_t body = length - length_bytes;
    at += header_bytes;
    const std::size_t seen = std::min<std::size_t>(body, size - at);
    server_body_left_ = body - static_cast<std::uint32_t>(seen);
    if (ready && seen != 0) {
      end_exchange(static_cast<char>(data[at]));
    } else {
      note_server(type);
    }
    at += seen;
  }
  actions.forward(at);
  if (leaving_ && quiet()) end_reset(actions);
}

// A cancel may take effect late, on the reset itself: once more tells.
void conversation::end_reset(action_list& actions) {
  const bool failed = counts().errors_seen != errors_before_reset_;
  if (!failed && !ledger_.in_transaction()) return actions.give_back();
  if (std::exchange(reset_again_, true)) return actions.finish();
  errors_before_reset_ = counts().errors_seen;
  send_reset(actions);
}

void conversation::send_reset(action_list& actions) {
  std::string reset;
  if (ledger_.in_transaction()) {
    message_writer(reset).begin(from_frontend::query).text("ROLLBACK").end();
    ledger_.query(true);
  }
  message_writer(reset).begin(from_frontend::query).text("DISCARD ALL").end();
  ledger_.query(true);
  actions.to_server(reset);
}

void conversation::note_server(char type) {
  switch (type) {
    case from_backend::ready:
      status_due_ = true;
      return;
    case from_backend::command_complete:
      return ledger_.command_complete();
    case from_backend::error_response:
      return ledger_.error();
    case from_backend::copy_in:
    case from_backend::copy_both:
      return ledger_.copy_in();
    default:
      return;
  }
}

void conversation::end_exchange(char transaction_status) {
  status_due_ = false;
  ledger_.ready(transaction_status);
}

void conversation::end_server(char type, std::uint32_t length, action_list& actions) {
  auto text = break_off(bad_server_message(type, length));
  if (!text.empty()) actions.to_client(text);
  actions.finish();
}

bool conversation::quiet() const {
  return !broken_ && client_body_left_ == 0 && server_body_left_ == 0 && !ledger_.busy();
}

bool conversation::at_rest() const {
  return quiet() && !ledger_.in_transaction();
}

std::string conversation::break_off(error why) {
  const bool deaf = finished_ || server_body_left_ != 0 || ledger_.told();
  finished_ = true;
  broken_ = true;
  if (deaf) return {};
  return end_of_session(std::move(why), ledger_.commit_possible());
}

void conversation::settle_in(action_list&) {}

result<std::string> conversation::greeting() const {
  return status_messages(server_->reported.all());
}

// The connection is as new once DISCARD ALL has gone through, behind the end of an open block; with
// an open reply it is given up. Of a client that has only logged in there is nothing to reset.
bool conversation::leave(action_list& actions) {
  if (!quiet()) return false;
  leaving_ = true;
  finished_ = false;
  errors_before_reset_ = counts().errors_seen;
  if (asked_) {
    send_reset(actions);
  } else {
    actions.give_back();
  }
  return true;
}

}  // namespace skein::postgres
