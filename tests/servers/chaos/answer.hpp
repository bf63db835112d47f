// What a client of chaos hears to one statement, by libpq, with a deadline. load.cpp asks.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <string>

namespace skein::servers::chaos {

struct answer {
  std::string sqlstate;   // empty: all went well. "lost", "late", "aborted" (behind an error)
  std::string tag;        // "INSERT 0 1"; "sync" at the end of a pipeline
  std::string value;      // of one row: its columns, with | between
  std::string text = {};  // of the error
  bool ok() const { return sqlstate.empty(); }
  bool is_end() const { return sqlstate == "lost" || sqlstate == "late"; }  // of the session
};

// The next statement's. Who is late has its connection reset: its answer would be the next one's.
answer take_answer(PGconn* from, std::chrono::milliseconds patience);

}  // namespace skein::servers::chaos
