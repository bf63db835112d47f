// A session by libpq that stays open, as an application would hold it: every call has a deadline,
// every failure its SQLSTATE.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/servers/server.hpp"

namespace skein::servers {

// What the server, or Skein, said instead.
struct pg_refusal : std::runtime_error {
  pg_refusal(std::string sqlstate_said, const std::string& text)
      : std::runtime_error(sqlstate_said + " " + text), sqlstate(std::move(sqlstate_said)) {}
  std::string sqlstate;  // empty: the connection ended without a word
};

struct pg_answer {
  rows lines;
  std::vector<std::string> columns;
  std::string sqlstate;  // of the error; empty: all went well. "lost": the connection ended;
                         // "aborted": in a pipeline, behind an error
  std::string text;      // of the error
  bool ok() const { return sqlstate.empty(); }
};

class pg_session {
 public:
  // Throws pg_refusal.
  explicit pg_session(const std::string& words,
                      std::chrono::milliseconds deadline = std::chrono::seconds{30});
  pg_session(const pg_session&) = delete;
  pg_session& operator=(const pg_session&) = delete;

  // Simple query: several statements give the last one's rows, or the first error.
  pg_answer ask(const std::string& sql,
                std::chrono::milliseconds deadline = std::chrono::seconds{30});
  // The first column of the first row; throws pg_refusal.
  std::string value(const std::string& sql);

  void send(const std::string& sql);  // the answer is taken by finish()
  // In a pipeline: of the next statement, and each sync has an answer of its own.
  pg_answer finish(std::chrono::milliseconds deadline = std::chrono::seconds{30});
  // Runs the cancel, with its own connection; true when it was accepted for sending.
  bool cancel();

  std::string parameter(const char* name) const;
  int server_pid();  // of the server process that serves this session now
  // Channel names of notifications that have come; waits for one at most so long.
  std::vector<std::string> notifications(std::chrono::milliseconds deadline);
  std::vector<std::string> notices;
  PGconn* raw() const { return connection_.get(); }

 private:
  bool wait(short events, std::chrono::steady_clock::time_point end);

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

// Why a login failed: "28P01: password authentication failed ...", or "" when it did not.
std::string login_failure(const std::string& words,
                          std::chrono::milliseconds deadline = std::chrono::seconds{30});

}  // namespace skein::servers
