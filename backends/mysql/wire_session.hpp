// A connection of our own to one server, for what blocks and runs on a thread of its own: observers
// and the like. It signs in and asks as clients of Skein do, over the same logins and answers.
// Every step has the caller's deadline; any thread may end it.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/members.hpp"
#include "backends/mysql/answer.hpp"
#include "backends/mysql/capabilities.hpp"
#include "net/blocking_stream.hpp"

namespace skein::mysql {

struct wire_settings {
  member_address address = {};
  tls_settings tls = {};
  credentials who = {};
  std::string database = {};
  std::string_view application = "skein";
  std::chrono::milliseconds timeout{2000};
};

// Values as text; none: NULL. Rows find theirs by the column's name, in lower case.
struct wire_result {
  std::vector<std::map<std::string, std::optional<std::string>, std::less<>>> rows = {};
  std::vector<std::string> columns = {};  // their names, in order
  std::uint64_t changed = 0;              // of a statement without rows: those that it changed
};

// Of a member whose address is a folder: where its socket is, as Debian's servers name it.
std::string socket_path_of(const member_address& address);

class wire_session {
 public:
  explicit wire_session(wire_settings how) : how_(std::move(how)) {}

  // Asks within the timeout, over the connection that is kept, else over a new one: a kept one may
  // have been closed by its server meanwhile. What the server refuses is told in its words, and
  // closes nothing.
  result<wire_result> ask(std::string_view query);
  // ... within what is left of a time, for one of several questions that share it.
  result<wire_result> ask(std::string_view query, net::steady_time until);
  // ... over the connection of the last answer, or not at all.
  result<wire_result> go_on(std::string_view query, net::steady_time until);
  // Of the last refusal of a query; 0: it was not the server's.
  std::uint16_t refusal() const { return refusal_; }
  // Whether the server has said anything over the last connection.
  bool heard() const { return heard_; }
  // Of the last answer, without what connecting took.
  std::chrono::microseconds round_trip() const { return round_trip_; }
  const std::string& version() const { return version_; }
  flavour which() const { return flavour_; }
  std::uint32_t id() const { return id_; }  // of the connection, as the other side has told it
  // How many were made until the last one.
  std::uint64_t connection() const { return connections_; }
  // From any thread, for good: what is under way ends with error_kind::shutdown.
  void interrupt() { stream_.interrupt(); }

 private:
  result<wire_result> try_to_ask(std::string_view query);
  result<void> connect();
  result<void> sign_in();
  result<wire_result> hear();
  result<std::vector<std::string>> hear_names(std::uint64_t count);
  std::unexpected<error> refused(std::string_view packet);
  result<std::string> take_packet();
  result<void> read_more();
  std::unexpected<error> failed(std::string_view doing, net::error_code why);

  wire_settings how_;
  net::blocking_stream stream_ = {};
  std::string input_ = {};
  std::string version_ = {};
  flavour flavour_ = flavour::mysql;
  answer_shape shape_ = {};
  std::uint32_t id_ = 0;
  std::uint64_t connections_ = 0;
  std::uint16_t refusal_ = 0;
  bool heard_ = false;
  std::chrono::microseconds round_trip_{0};
};

}  // namespace skein::mysql
