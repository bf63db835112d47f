// Where what a client asks may run: what only reads may go to a follower, and if it fails there
// before the client has heard anything of it, it is asked again elsewhere. What may run nowhere is
// refused.
#include <algorithm>
#include <iterator>
#include <utility>

#include "backends/mysql/transaction_conversation.hpp"

namespace skein::mysql {

namespace {

// Of a follower, and not of the statement: it lags behind definitions and grants, it stops,
// something of it is broken or used up, or it refuses what has turned out to write. Elsewhere the
// answer may be another.
constexpr std::uint16_t of_follower[] = {1021,              // disk full
                                         1030,              // the storage engine
                                         1034,              // index file
                                         1037, 1038, 1041,  // out of memory
                                         1044, 1045,        // access
                                         1049, 1051, 1054,  // unknown database, table, column
                                         1053,              // it is being shut down
                                         1109, 1114,        // unknown table, table full
                                         1135,              // no thread
                                         1142, 1143,        // access
                                         1146,              // no such table
                                         1176,              // no such key
                                         1194, 1195,        // a table that has crashed
                                         1227,              // access
                                         1246,              // converted column
                                         1290,              // it only reads
                                         1305,              // no such routine
                                         1356, 1370,        // a view, a routine: access
                                         1412,              // definitions have changed
                                         1615,              // to be prepared anew
                                         1792,              // it only reads
                                         1836,              // it only reads
                                         1927,              // killed: by whom is not told
                                         3100, 3572};

error no_blocks_here() {
  return {error_kind::unsupported,
          fault::client,
          {},
          "transactions of several statements cannot run in statement pooling: use pool mode "
          "transaction",
          {}};
}

error no_last_value() {
  return {error_kind::unsupported,
          fault::client,
          {},
          "the last value of a sequence is not kept between transactions: ask in one transaction "
          "with NEXTVAL(), or pool by session",
          {}};
}

error no_last_id() {
  return {error_kind::lost,
          fault::server,
          {},
          "the last insert id of this session is not known any more: its server was lost behind "
          "the COMMIT, which was carried out; connect again",
          {}};
}

error nobody_would_hear() {
  return {error_kind::unsupported,
          fault::client,
          {},
          "sql_log_bin cannot be turned off here, because durability promises that followers have "
          "what is acknowledged: write at the server itself, or set durability.mode to async",
          {}};
}

}  // namespace

std::optional<error> transaction_conversation::refusal() const {
  const leavings& left = *now_.left;
  if (mode_ == pool_mode::statement && left.begins_block && !left.opaque) return no_blocks_here();
  if (server_ && left.reads_sequences && others_sequences_ && !left.opaque) return no_last_value();
  if (left.asks_insert_id && id_lost_ && !left.opaque) return no_last_id();
  if (left.unlogged && shared_.keeps_promise && !left.opaque) return nobody_would_hear();
  if (server_) return std::nullopt;
  const bool lost = left.asks_counts || (left.asks_warnings && !warnings_.empty());
  if (!lost || left.shows_warnings || left.opaque) return std::nullopt;
  return error{error_kind::unsupported,
               fault::client,
               {},
               "what the statement before has left (ROW_COUNT(), FOUND_ROWS(), diagnostics) is not "
               "kept between transactions: ask in one transaction with it, or pool by session",
               {}};
}

// Why no statement of this session may go to a follower now; empty: nothing speaks against it.
std::string_view transaction_conversation::unsure_of_all() const {
  if (!definitions_.certain() || !definitions_.known()) return definitions_unknown;
  const std::string* const commits = settings_.find("autocommit");
  if (commits ? *commits == "OFF" : (status_ & status::autocommit) == 0)
    return "its session does not commit by itself";
  if (settings_.isolation().value_or(first_isolation_) == "SERIALIZABLE")
    return "its session's transactions are serializable";
  return {};
}

void transaction_conversation::make_wish() {
  wish_.clear();
  wish_.again = std::exchange(repeats_, false);
  if (!shared_.routes) return;
  wish_.hint = now_.hint;
  wish_.unsure = unsure_of_all();
  if (wish_.unsure.empty()) wish_.unsure = now_.unsure;
  // What keeps its server for what comes next keeps the one that can do anything.
  if (wish_.unsure.empty() && now_.left->begins != 0 && now_.facts &&
      now_.facts->where != place::leader)
    wish_.unsure = "its session keeps the server";
  if (now_.facts) wish_.facts = now_.facts;
}

// As it is, in case that it is to be asked elsewhere.
void transaction_conversation::keep_approved(const incoming& from) {
  if (!untold_) return;
  if (from.whole() && from.size <= whole_max) {
    approved_ = as_text(from.packet);
  } else {
    approved_.clear();
    untold_ = false;
  }
}

bool transaction_conversation::is_of_follower(byte_view error_body) const {
  if (!server_->of_follower) return false;
  field_reader fields(error_body);
  fields.u8();
  return std::ranges::find(of_follower, fields.u16()) != std::end(of_follower);
}

void transaction_conversation::say_again(action_list& actions) {
  repeats_ = true;
  repeating_ = failed_ = false;
  --counts_.queries_started;
  now_ = {};
  status_unsure_ = false;
  holds_ = holds_before_;
  give_back(actions);
  actions.again(std::exchange(approved_, {}));
}

// The server is gone. What was not sent yet is still in the client's input.
bool transaction_conversation::ask_again(action_list& actions) {
  const bool ahead =
      whose_ == asker::us && errands_.front().what <= errand_kind::clear && welcomed_;
  const bool asked = whose_ == asker::client && !approved_.empty();
  if (!(untold_ || repeating_) || !(ahead || asked)) return false;
  if (asked) {
    --counts_.queries_started;
    holds_ = holds_before_;
    actions.again(std::exchange(approved_, {}));
  }
  forget_server();
  repeats_ = true;
  return true;
}

}  // namespace skein::mysql
