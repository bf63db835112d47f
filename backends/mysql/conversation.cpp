#include "backends/mysql/conversation.hpp"

#include <algorithm>
#include <utility>

#include "backends/mysql/errors.hpp"
#include "backends/mysql/lexer.hpp"

namespace skein::mysql {

namespace {

// Beyond it a command is not known to be one.
constexpr std::size_t command_bytes = header_bytes + 1;

// What would turn the connection into something else than a client's, or stop its server.
bool is_refused(command what) {
  switch (what) {
    case command::init_db:
    case command::query:
    case command::field_list:
    case command::create_db:
    case command::drop_db:
    case command::refresh:
    case command::statistics:
    case command::process_info:
    case command::debug:
    case command::ping:
    case command::stmt_prepare:
    case command::stmt_execute:
    case command::stmt_send_long_data:
    case command::stmt_close:
    case command::stmt_reset:
    case command::set_option:
    case command::stmt_fetch:
    case command::reset_connection:
    case command::stmt_bulk_execute:
    case command::quit:
      return false;
    default:
      return true;
  }
}

bool may_commit(command what) {
  return what == command::query || what == command::stmt_execute ||
         what == command::stmt_bulk_execute || what == command::create_db ||
         what == command::drop_db;
}

// A text up to here is looked at as a whole.
constexpr std::uint32_t whole_max = 128U * 1024;

// The id in it is one that we have told, or one of the server's: nobody must hit another by it.
// Of a longer text the beginning is looked at.
bool kills(std::string_view text, flavour which) {
  const auto same = [](char one, char other) { return (one | 0x20) == other; };
  constexpr std::string_view word = "kill";
  if (std::ranges::search(text, word, same).empty()) return false;
  lexer tokens(text, {.of = which});
  bool begins = true;
  for (token one = tokens.next(); one.kind != token_kind::end; one = tokens.next()) {
    if (begins && is_word(one, word)) return true;
    begins = one.kind == token_kind::semicolon;
  }
  return false;
}

bool has_text(command what) {
  return what == command::query || what == command::stmt_prepare;
}

std::string name_of(command what) {
  return "command " + std::to_string(static_cast<unsigned>(what));
}

}  // namespace

conversation::conversation(const login_request& asked)
    : database_(asked.database), shaped_(read_traits(asked).shaped.value_or(0)) {
  for (const auto& [name, value] : asked.parameters)
    if (name == "collation") collation_ = value;
}

void conversation::from_client(byte_view input, action_list& actions) {
  if (finished_) return actions.hide(input.size());
  input = input.subspan(take_body(input, actions));
  while (input.size() > header_bytes ||
         (input.size() == header_bytes && body_size(input.data()) == 0)) {
    const std::uint32_t size = body_size(input.data());
    const bool goes_on = client_continues_;
    const std::size_t seen = std::min(input.size(), header_bytes + size);
    const byte_view packet = input.first(seen);
    if (goes_on) {
      pass_client(packet, size, client_hidden_, actions);
    } else if (answer_.wants_file() && whose_ == asker::client) {
      if (!take_file_packet(packet, size, actions)) return;
    } else if (whose_ != asker::nobody) {
      held_ = true;
      return;
    } else if (!take_command(packet, size, actions)) {
      return;
    }
    input = input.subspan(seen);
  }
}

// What is left of a packet that has begun.
std::size_t conversation::take_body(byte_view input, action_list& actions) {
  const std::size_t size = std::min(client_left_, input.size());
  client_left_ -= size;
  client_hidden_ ? actions.hide(size) : actions.forward(size);
  return size;
}

void conversation::pass_client(byte_view packet, std::uint32_t size, bool hidden,
                               action_list& actions) {
  client_hidden_ = hidden;
  client_continues_ = size == body_max;
  client_left_ = header_bytes + size - packet.size();
  hidden ? actions.hide(packet.size()) : actions.forward(packet.size());
}

// False: nothing more is read.
bool conversation::take_command(byte_view packet, std::uint32_t size, action_list& actions) {
  if (packet.size() < command_bytes || number_of(packet.data()) != 0) {
    actions.hide(packet.size());
    end_client(size == 0 ? "an empty packet in place of a command"
                         : "a command whose packet has not the number 0",
               actions);
    return false;
  }
  const auto what = static_cast<command>(packet[header_bytes]);
  if (what == command::quit) {
    finished_ = true;
    actions.hide(packet.size());
    actions.finish();
    return false;
  }
  if (what == command::ping) {
    pass_client(packet, size, true, actions);
    say(written(1, ok_packet{.status = status_}, server_->agreed), actions);
    return true;
  }
  if (is_refused(what)) return refuse(packet, size, name_of(what), actions);
  if (has_text(what) && size <= whole_max && packet.size() < header_bytes + size) return false;
  const std::string_view text = as_text(packet.subspan(command_bytes));
  if (has_text(what) && kills(text, server_->which)) return refuse(packet, size, "KILL", actions);
  used_ = true;
  pass_client(packet, size, false, actions);
  if (!answer::is_owed(what)) return true;
  whose_ = asker::client;
  asked_ = what;
  answer_.begin(what, server_->shape);
  ++counts_.queries_started;
  return true;
}

bool conversation::refuse(byte_view packet, std::uint32_t size, const std::string& what,
                          action_list& actions) {
  pass_client(packet, size, true, actions);
  const error why{error_kind::unsupported,
                  fault::client,
                  {},
                  what + " is not taken here: connect to the server itself for it",
                  {}};
  say(error_response(1, why), actions);
  return true;
}

// Up to an empty one, whatever stands in them.
bool conversation::take_file_packet(byte_view packet, std::uint32_t size, action_list& actions) {
  pass_client(packet, size, false, actions);
  if (size == 0) answer_.file_sent();
  return true;
}

// Of our own, where no server is asked.
void conversation::say(const std::string& text, action_list& actions) {
  actions.to_client(text);
  ++counts_.queries_started;
  ++counts_.queries_finished;
}

void conversation::end_client(const std::string& what, action_list& actions) {
  const error why{error_kind::protocol, fault::client, {}, what, {}};
  actions.to_client(break_off(why));
  actions.finish();
}

void conversation::from_server(byte_view input, action_list& actions) {
  if (finished_ && !leaving_) return actions.hide(input.size());
  while (!input.empty()) {
    if (whose_ == asker::nobody) {
      broken_ = true;  // nobody has asked: a server that closes says why, as a rule
      return actions.hide(input.size());
    }
    const bool hidden = whose_ == asker::us;
    const answer::step now = answer_.next(input);
    if (now.what == answer::kind::broken) {
      actions.hide(input.size());
      return end_server(actions);
    }
    if (now.bytes == 0) return;
    note(now);
    hidden ? actions.hide(now.bytes) : actions.forward(now.bytes);
    input = input.subspan(now.bytes);
    if (answer_.over()) end_answer(actions);
  }
}

void conversation::note(const answer::step& now) {
  if (now.what == answer::kind::ok) status_ = now.status;
  if (now.what != answer::kind::error) return;
  if (whose_ == asker::us) {
    failed_ = read_error_response(now.body);
  } else {
    ++counts_.errors_seen;
  }
}

void conversation::end_server(action_list& actions) {
  const std::string told = break_off(
      {error_kind::protocol, fault::server, {}, "the server said what makes no sense here", {}});
  if (!told.empty()) actions.to_client(told);
  actions.finish();
}

void conversation::end_answer(action_list& actions) {
  if (std::exchange(whose_, asker::nobody) == asker::us) return end_ours(actions);
  held_ = false;
  ++counts_.queries_finished;
  if (leaving_) leave(actions);
}

void conversation::end_ours(action_list& actions) {
  const bool failed = !failed_.text_for_client.empty();
  if (!failed && !ours_.empty()) return ask_next(actions);
  held_ = false;
  if (!leaving_) return;
  server_->has_been_reset = true;
  failed ? actions.finish() : actions.give_back();
}

void conversation::ask(command what, std::string_view text, action_list& actions) {
  std::string packet;
  message_writer(packet).begin(0).u8(static_cast<std::uint8_t>(what)).raw(text).end();
  actions.to_server(packet);
  whose_ = asker::us;
  answer_.begin(what, server_->shape);
}

void conversation::ask_next(action_list& actions) {
  const auto [what, text] = std::move(ours_.front());
  ours_.erase(ours_.begin());
  ask(what, text, actions);
}

void conversation::settle_in(action_list& actions) {
  if (!server_->has_been_reset) return;
  if (!database_.empty()) ours_.emplace_back(command::init_db, database_);
  if (!collation_.empty())
    ours_.emplace_back(command::query, "set character_set_client=" + collation_ +
                                           ",character_set_results=" + collation_ +
                                           ",collation_connection=" + collation_);
  if (ours_.empty()) return;
  held_ = true;
  ask_next(actions);
}

// An old server lacks what the client reads its answers by, and nothing here writes them anew.
result<std::string> conversation::greeting() const {
  constexpr auto of_answers = capability::deprecate_eof | capability::session_track;
  if ((shaped_ & of_answers & ~server_->agreed) != 0)
    return failure(error_kind::unsupported, fault::server,
                   "the server is too old for this client (it lacks SESSION_TRACK or "
                   "DEPRECATE_EOF): run MySQL 5.7.5, MariaDB 10.2 or newer");
  if (!failed_.text_for_client.empty()) return std::unexpected(failed_);
  return std::string();
}

bool conversation::at_rest() const {
  return !broken_ && whose_ == asker::nobody && client_left_ == 0 && !client_continues_ &&
         (status_ & status::in_transaction) == 0;
}

// A connection without a database that has been given one cannot lose it again.
bool conversation::leave(action_list& actions) {
  leaving_ = true;
  if (broken_ || client_left_ != 0 || client_continues_ || answer_.wants_file()) return false;
  if (whose_ == asker::client) return true;
  if (!used_) {
    actions.give_back();
    return true;
  }
  if (database_.empty()) return false;
  ask(command::reset_connection, "", actions);
  return true;
}

std::string conversation::break_off(error why) {
  const bool deaf = finished_ || (busy() && answer_.inside_packet());
  finished_ = true;
  broken_ = true;
  if (deaf) return {};
  if (busy() && may_commit(asked_) && why.whose != fault::client) why.kind = error_kind::in_doubt;
  return error_response(busy() ? static_cast<std::uint8_t>(answer_.number() + 1) : 1, why);
}

}  // namespace skein::mysql
