// What the two sides of an exchange owe each other, kept from message types alone: how many
// ReadyForQuery are due, whether a COPY is open, whether a commit may be under way. The
// conversation feeds it one call a header; everything here is a few instructions.
#pragma once

#include <cstdint>

#include "backends/conversation.hpp"

namespace skein::postgres {

class ledger {
 public:
  // From the client. `commit_excluded`: a simple query that can be seen not to commit.
  void query(bool commit_excluded);
  void function_call();
  void sync();
  void execute();
  void batch();     // any other extended message
  void copy_end();  // CopyDone or CopyFail

  // From the server.
  void ready(char transaction_status);
  void error();
  void copy_in();
  void command_complete() { copy_open_ = copy_ending_ = false; }

  bool in_transaction() const { return status_ != 'I'; }
  bool at_rest() const { return owed_ == 0 && !batch_open_ && !copy_open_ && status_ == 'I'; }
  bool busy() const { return owed_ != 0 || batch_open_ || copy_open_; }
  bool commit_possible() const { return busy() && commit_possible_ && !told(); }
  // The server has reported an error that ends all that is owed.
  bool told() const { return error_last_ && owed_ <= 1; }
  const exchange_counts& counts() const { return counts_; }

 private:
  void owe();

  std::uint64_t owed_ = 0;            // ReadyForQuery due
  std::uint64_t trailing_syncs_ = 0;  // Syncs sent right behind the latest Query or Execute
  exchange_counts counts_ = {};
  char status_ = 'I';
  bool tail_is_query_ = false;  // the latest statement was a Query
  bool tail_is_bare_ = false;   // nothing but Sync, Flush and CopyData came behind it
  bool batch_open_ = false;     // extended messages without their Sync
  bool copy_open_ = false;      // the server reads CopyData
  bool copy_ending_ = false;    // the client has said that it is done
  bool commit_possible_ = false;
  bool error_last_ = false;
};

}  // namespace skein::postgres
