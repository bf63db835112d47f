#include "backends/mysql/conversation.hpp"

#include <limits>
#include <utility>

#include "backends/mysql/commands.hpp"
#include "backends/mysql/errors.hpp"
#include "backends/mysql/session_state.hpp"

namespace skein::mysql {

conversation::conversation(const login_request& asked) : database_(asked.database) {
  const client_traits traits = read_traits(asked);
  shaped_ = traits.shaped.value_or(0);
  collation_ = traits.collation;
}

void conversation::from_client(byte_view input, action_list& actions) {
  if (finished_) return actions.hide(input.size());
  input = input.subspan(client_.take_rest(input, actions));
  while (const auto from = client_packets::first_of(input)) {
    if (!take_packet(*from, actions)) return;
    input = input.subspan(from->packet.size());
  }
}

// False, here and below: nothing more is read.
bool conversation::take_packet(const incoming& from, action_list& actions) {
  if (client_.goes_on(from, actions)) return true;
  if (whose_ == asker::nobody) return take_command(from, actions);
  if (whose_ != asker::client || !answer_.wants_file()) {
    held_ = true;
    return false;
  }
  // Of a file; up to an empty one, whatever stands in them.
  client_.pass(from, false, actions);
  if (from.size == 0) answer_.file_sent();
  return true;
}

bool conversation::take_command(const incoming& from, action_list& actions) {
  if (from.packet.size() < command_bytes || number_of(from.packet.data()) != 0) {
    actions.hide(from.packet.size());
    end_client(no_command(from), actions);
    return false;
  }
  const auto what = static_cast<command>(from.packet[header_bytes]);
  if (what == command::quit) {
    finished_ = true;
    actions.hide(from.packet.size());
    actions.finish();
    return false;
  }
  if (what == command::change_user) {
    actions.sign_in_again();
    return false;
  }
  if (what == command::ping) {
    client_.pass(from, true, actions);
    say(written(1, ok_packet{.status = status_}, server_->agreed), actions);
    return true;
  }
  if (is_refused(what)) {
    client_.pass(from, true, actions);
    say(error_response(1, refusal_of(what)), actions);
    return true;
  }
  if (is_looked_at(what) && from.size <= whole_max && !from.whole()) return false;
  const bool whole = from.whole() && from.size < body_max;
  if (const auto asked = kill_in(what, as_text(from.arguments()), whole, server_->which))
    return kill(from, *asked, actions);
  used_ = true;
  client_.pass(from, false, actions);
  if (!answer::is_owed(what)) return true;
  whose_ = asker::client;
  asked_ = what;
  answer_.begin(what, server_->shape);
  ++counts_.queries_started;
  return true;
}

// Nothing more is read before it is known what became of it.
bool conversation::kill(const incoming& from, const std::expected<kill_request, std::string>& asked,
                        action_list& actions) {
  client_.pass(from, true, actions);
  if (!asked) {
    say(error_response(1, {error_kind::unsupported, fault::client, {}, asked.error(), {}}),
        actions);
    return true;
  }
  if (asked->id > std::numeric_limits<std::uint32_t>::max()) {
    say(kill_refused(1, no_such_thread(), asked->id), actions);
    return true;
  }
  killing_ = static_cast<std::uint32_t>(asked->id);
  held_ = true;
  actions.cancel(*killing_, asked->for_good);
  return false;
}

void conversation::cancelled(const result<void>& outcome, action_list& actions) {
  if (!killing_ || finished_) return;
  held_ = false;
  const std::uint32_t id = *std::exchange(killing_, std::nullopt);
  say(outcome ? written(1, ok_packet{.status = status_}, server_->agreed)
              : kill_refused(1, outcome.error(), id),
      actions);
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
  const std::string told = break_off(senseless_server());
  if (!told.empty()) actions.to_client(told);
  actions.finish();
}

void conversation::end_answer(action_list& actions) {
  if (std::exchange(whose_, asker::nobody) == asker::us) return end_ours(actions);
  held_ = false;
  ++counts_.queries_finished;
  if (leaving_ && !leave(actions)) actions.finish();
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
  if (collation_)
    ours_.emplace_back(command::query,
                       "set " + collation_settings(collation_of(*collation_, server_->which)));
  if (const std::string flagged = flag_settings(server_->agreed); !flagged.empty())
    ours_.emplace_back(command::query, "set " + flagged);
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
  return !broken_ && !killing_ && whose_ == asker::nobody && client_.at_rest() &&
         (status_ & status::in_transaction) == 0;
}

// A connection without a database that has been given one cannot lose it again. And an XA
// transaction that is prepared outlives its connection, but on MariaDB no reset of that: 10.11 then
// says OK to who commits it, and commits nothing. There a status tells of one as of any
// transaction; but only those that are none of XA let themselves be rolled back so.
bool conversation::leave(action_list& actions) {
  leaving_ = true;
  if (broken_ || !client_.at_rest() || answer_.wants_file()) return false;
  if (whose_ == asker::client) return true;
  if (!used_) {
    actions.give_back();
    return true;
  }
  if (database_.empty()) return false;
  const bool may_be_xa =
      server_->which == flavour::mariadb && (status_ & status::in_transaction) != 0;
  if (may_be_xa) ours_.emplace_back(command::query, "rollback and no chain no release");
  ours_.emplace_back(command::reset_connection, "");
  ask_next(actions);
  return true;
}

std::string conversation::break_off(error why) {
  const bool deaf = finished_ || (busy() && answer_.inside_packet());
  finished_ = true;
  broken_ = true;
  if (deaf) return {};
  if (in_doubt() && why.whose != fault::client) why = in_doubt_by(std::move(why));
  return error_response(busy() ? static_cast<std::uint8_t>(answer_.number() + 1) : 1, why);
}

}  // namespace skein::mysql
