// A server is lost under a client, or leads no more. Where nothing can have been committed the
// client hears what a deadlock would have told it, which frameworks answer by running the
// transaction again, and goes on without one.
#include <algorithm>
#include <array>
#include <utility>

#include "backends/mysql/errors.hpp"
#include "backends/mysql/transaction_conversation.hpp"

namespace skein::mysql {

namespace {

char in_lower_case(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Of a form, where it is one statement.
std::string first_word_of(std::string_view form) {
  std::string word;
  if (form.find(';') != form.npos) return word;
  std::ranges::transform(form.substr(0, form.find_first_of(" (\n\t")), std::back_inserter(word),
                         in_lower_case);
  return word;
}

// In a transaction it neither ends that nor commits anything, whatever code it runs.
bool keeps_block(std::string_view form) {
  static constexpr std::array<std::string_view, 6> words{"select",  "insert", "update",
                                                         "replace", "delete", "with"};
  return std::ranges::find(words, first_word_of(form)) != words.end();
}

}  // namespace

bool transaction_conversation::is_in_block() const {
  if ((status_ & status::in_transaction) != 0) return true;
  const std::string* const commits = settings_.find("autocommit");
  return commits && *commits == "OFF";
}

bool transaction_conversation::in_doubt() const {
  if (!busy() || !may_commit(asked_) || !wrote_ || !server_ || on_follower_) return false;
  if (is_in_block()) return !now_.facts || !keeps_block(now_.facts->form);
  const bool only_begins = now_.left && now_.left->begins_block && !now_.left->opaque;
  return !only_begins;
}

// What a server has that no other can be given goes with it, and a packet that is under way to
// either side cannot be ended in another way.
bool transaction_conversation::may_outlive() const {
  const bool asked = whose_ == asker::client;
  if (!server_ || !welcomed_ || finished_ || broken_ || leaving_ || !client_.at_rest())
    return false;
  if (asked && (answer_.inside_packet() || answer_.wants_file())) return false;
  const bool behind = !errands_.empty() && errands_.front().what > errand_kind::clear;
  return !behind && pin().empty() && variables_.empty() && !collation_unsure_ && !changes_unheard_;
}

bool transaction_conversation::outlive(const error& why, action_list& actions) {
  const bool asked = whose_ == asker::client;
  if (in_doubt()) return false;
  if (asked) holds_ = holds_before_;
  if (!may_outlive()) return false;
  const bool in_block = (status_ & status::in_transaction) != 0;
  const auto number = static_cast<std::uint8_t>(answer_.number() + 1);
  forget_server();
  if (asked) {
    ++counts_.errors_seen;
    ++counts_.queries_finished;
    actions.to_client(error_response(number, why));
  } else if (in_block) {
    failure_ = error_response(1, why).substr(header_bytes);
    block_lost_ = true;
  }
  return true;
}

// Nothing that it was asked will be answered.
void transaction_conversation::forget_server() {
  answer_ = {};
  whose_ = asker::nobody;
  errands_.clear();
  failure_.clear();
  heard_.clear();
  approved_.clear();
  preparing_.reset();
  executing_ = 0;
  held_ = repeating_ = failed_ = untold_ = false;
  insert_id_unsure_ = id_told_again_ = has_warnings_ = status_unsure_ = drew_sequences_ = false;
  note_definitions();
  now_ = {};
  status_ = status::autocommit;
  server_ = nullptr;
}

// Its transaction has gone with its server, and that is all that the client wants.
bool transaction_conversation::rolls_back_what_is_lost() {
  if (!now_.facts || first_word_of(now_.facts->form) != "rollback") return false;
  const std::string_view form = now_.facts->form;
  if (form.size() > std::string_view("rollback work").size()) return false;
  now_ = {};
  failure_.clear();
  block_lost_ = false;
  return true;
}

}  // namespace skein::mysql
