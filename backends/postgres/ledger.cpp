#include "backends/postgres/ledger.hpp"

namespace skein::postgres {

void ledger::owe() {
  ++owed_;
  ++counts_.queries_started;
}

void ledger::query(bool commit_excluded) {
  // What is known of the transaction is old while replies are still due.
  if (!commit_excluded || busy() || !in_transaction()) commit_possible_ = true;
  owe();
  tail_is_query_ = tail_is_bare_ = true;
  trailing_syncs_ = 0;
  batch_open_ = false;  // it ends an extended batch as a Sync would
  copy_ending_ = false;
}

void ledger::function_call() {
  commit_possible_ = true;
  owe();
  tail_is_bare_ = false;
  trailing_syncs_ = 0;
  batch_open_ = false;
}

void ledger::sync() {
  // A server that reads COPY data skips Sync, "for the convenience of client libraries".
  if (copy_open_ && !copy_ending_) return;
  owe();
  if (tail_is_bare_) ++trailing_syncs_;
  batch_open_ = false;
}

void ledger::execute() {
  commit_possible_ = true;  // nobody here knows which statement that is
  tail_is_query_ = false;
  tail_is_bare_ = true;
  trailing_syncs_ = 0;
  batch_open_ = true;
  copy_ending_ = false;
}

void ledger::batch() {
  tail_is_bare_ = false;
  trailing_syncs_ = 0;
  batch_open_ = true;
}

void ledger::copy_end() {
  tail_is_bare_ = false;
  trailing_syncs_ = 0;
  copy_ending_ = true;
}

void ledger::ready(char transaction_status) {
  status_ = transaction_status;
  error_last_ = copy_open_ = false;
  if (owed_ != 0) {
    --owed_;
    ++counts_.queries_finished;
  }
  if (!busy()) commit_possible_ = false;
}

void ledger::error() {
  ++counts_.errors_seen;
  error_last_ = true;
  copy_open_ = false;
}

// The COPY began at a statement whose Sync the client has sent already, as libpq does: that Sync
// is read as part of the data and skipped, a second one follows CopyDone. Where more than that one
// statement is under way the count may stay too high. The connection is then never at rest and
// not used again, which is the safe side.
void ledger::copy_in() {
  copy_open_ = true;
  if (!tail_is_bare_ || trailing_syncs_ == 0) return;
  if (owed_ != trailing_syncs_ + (tail_is_query_ ? 1 : 0)) return;
  owed_ -= trailing_syncs_;
  counts_.queries_finished += trailing_syncs_;
  trailing_syncs_ = 0;
  batch_open_ = !tail_is_query_;
}

}  // namespace skein::postgres
