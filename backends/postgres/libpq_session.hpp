// A connection of our own to one server by libpq, for what blocks and runs on a thread of its own:
// observers, and looking users up. Every step has the caller's deadline; any thread may end it.
#pragma once

#include <libpq-fe.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "backends/members.hpp"

namespace skein::postgres {

struct libpq_settings {
  member_address address = {};
  tls_settings tls = {};
  credentials who = {};
  std::string database = {};  // empty: postgres
  const char* application = "skein";
  std::chrono::milliseconds timeout{2000};
  // Settings that hold in every connection from its beginning: "-c name=value ..."
  std::string options = {};
};
// The words of it that libpq has for where it goes and how, without the password.
std::map<std::string, std::string> connection_words(const libpq_settings& how);

struct answer_closer {
  void operator()(PGresult* answer) const { PQclear(answer); }
};
using answer_pointer = std::unique_ptr<PGresult, answer_closer>;

class libpq_session {
 public:
  explicit libpq_session(libpq_settings how);
  ~libpq_session();
  libpq_session(const libpq_session&) = delete;
  libpq_session& operator=(const libpq_session&) = delete;

  // Asks within the timeout, over the connection that is kept, else over a new one. What the
  // server refuses closes the connection. `what` ends the sentence that begins with
  // the server: "cannot be asked for its state".
  result<answer_pointer> ask(const char* query, const std::optional<std::string>& parameter,
                             const char* what);
  // Of the last refusal; empty: it was not the server's.
  const std::string& sqlstate() const { return sqlstate_; }
  // Whether the server has said anything over the last connection.
  bool heard() const { return heard_; }
  // Of the last answer, without what connecting took.
  std::chrono::microseconds round_trip() const { return round_trip_; }
  // For an answer that makes no sense; nobody knows what the connection is good for.
  std::unexpected<error> refuse(std::string_view what);
  // From any thread, for good: what is under way ends with error_kind::shutdown.
  void interrupt();

 private:
  struct connection_closer {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  result<answer_pointer> try_to_ask(const char* query, const std::optional<std::string>& parameter,
                                    const char* what);
  result<void> connect();
  result<answer_pointer> take_answer(const char* what);
  result<void> wait(short events);
  std::unexpected<error> refused(std::string_view what) const;

  libpq_settings how_;
  std::unique_ptr<PGconn, connection_closer> connection_;
  bool heard_ = false;
  int wake_ = -1;  // becomes readable, for good, when all must end
  std::atomic<bool> stopped_ = false;
  std::chrono::steady_clock::time_point deadline_ = {};
  std::chrono::microseconds round_trip_{0};
  std::string sqlstate_ = {};
};

}  // namespace skein::postgres
