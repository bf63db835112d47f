// The replies that a server owes on one borrowed connection, in order: whose each is (the client's,
// or ours to swallow), and what is answered in the server's place when its turn comes. An error
// skips to the next Sync, as the server does. A few instructions a message.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein::postgres {

enum class reply_kind : std::uint8_t {
  parse,
  bind,
  describe,
  execute,
  close,
  query,          // owes a ReadyForQuery of its own
  function_call,  // so does this
  sync,
  parse_here,  // nothing is owed: ParseComplete is said to the client when its turn comes
  close_here,  // and CloseComplete
};

inline bool is_answered_here(reply_kind kind) {
  return kind == reply_kind::parse_here || kind == reply_kind::close_here;
}

// Whose reply it is.
enum class reply_for : std::uint8_t {
  client,
  nobody,   // hidden; an error in it is the client's, whose statement it was sent ahead of
  replay,   // the same, and its failure leaves settings unknown
  look,     // its rows are read by us, and its error too
  refused,  // it will fail, and the client hears our words in place of the server's
  commit,   // its row is the number of the transaction that is about to be committed
};

struct owed_reply {
  reply_kind kind = reply_kind::query;
  reply_for whose = reply_for::client;
  bool names = false;        // it gives or takes one of the client's statement names
  bool behind_copy = false;  // a Sync that was sent behind CopyDone or CopyFail
  bool in_sql = false;       // a Parse that is the client's PREPARE, a Close that is its DEALLOCATE
  bool reworded = false;     // the server has other words for it than the client
  std::uint32_t statement = 0;  // which entry it prepares on the server, closes or uses
  bool changes_prepared() const {
    return statement != 0 && (kind == reply_kind::parse || kind == reply_kind::close);
  }
  bool prepares_unnamed() const { return statement == 0 && kind == reply_kind::parse; }
};

// First in, first out, in one block of memory that shrinks to nothing when it is empty and was big.
class reply_queue {
 public:
  void push(owed_reply reply);
  bool empty() const { return first_ == owed_.size(); }
  std::size_t size() const { return owed_.size() - first_; }
  const owed_reply& front() const { return owed_[first_]; }
  owed_reply& front() { return owed_[first_]; }
  void pop();
  // Takes away the one behind the first.
  void pop_second();
  const owed_reply& at(std::size_t place) const { return owed_[first_ + place]; }
  // Whether that entry is prepared or closed there before a Sync under way: an error skips that,
  // and not what comes now.
  bool may_skip(std::uint32_t statement) const;
  bool prepares_unnamed() const;  // a reply to that is due
  // How many ReadyForQuery are due.
  std::size_t rounds() const { return rounds_; }
  std::size_t rounds_of_client() const;
  // What is the client's is nobody's from here on. Returns how many replies those are.
  std::size_t disown();
  // Those that give or take a name of the client's.
  std::size_t naming() const;
  void clear();
  static bool ends_round(reply_kind kind) {
    return kind == reply_kind::query || kind == reply_kind::function_call ||
           kind == reply_kind::sync;
  }

 private:
  std::vector<owed_reply> owed_ = {};
  std::size_t first_ = 0;
  std::size_t rounds_ = 0;
};

}  // namespace skein::postgres
