// One client of the freshness rounds: a thread with two connections that share an application's
// name, and so a freshness key. It writes now and then, reads most of the time, by every protocol
// and on either connection, and keeps the history of it. freshness.cpp starts several.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/servers/routing/door.hpp"
#include "tests/servers/routing/history.hpp"

namespace skein::servers::freshness {

struct workload {
  std::size_t clients = 8;
  double paced_per_second = 100;  // operations of one client
  unsigned writes_percent = 10;
};

using heard_errors = std::map<std::string, std::string>;  // by code: the text of the first

class shopper {
 public:
  shopper(std::size_t number, std::uint64_t seed, workload what, way to);
  ~shopper();  // stops

  void stop();  // and joins

  // After stop().
  const history& told() const { return told_; }
  const heard_errors& errors() const { return errors_; }
  std::size_t error_count() const { return error_count_; }
  // Reads by the member that served them, where reads tell.
  const std::map<std::string, std::size_t>& served() const { return served_; }

 private:
  struct connection {
    std::unique_ptr<door> open;
    int session = 0;
  };

  void run();
  bool connect(connection& one);
  void write(connection& on);  // connects first where it must
  void read(connection& on);
  bool write_alone(connection& on, std::size_t row);
  bool write_in_block(connection& on, std::size_t row);
  bool write_in_pipeline(connection& on, std::size_t row, bool in_one);
  bool read_alone(connection& on);
  bool read_in_block(connection& on);
  bool read_in_pipeline(connection& on);

  // Each takes an answer, and says whether it is what it should be.
  bool take_write(session& from, operation& into);
  bool take_read(session& from, operation& into);
  bool take_plain(session& from);
  bool begin(session& to, bool read_only);
  bool commit(session& to);
  bool note(const std::string& code, const std::string& text);

  operation begun(const connection& on, std::size_t row = 0) const;
  protocol any_protocol() { return static_cast<protocol>(below(protocols)); }
  std::uint64_t below(std::uint64_t end) { return random_() % end; }

  const std::size_t number_;
  const workload what_;
  const way to_;
  std::mt19937_64 random_;
  std::array<connection, 2> connections_;
  std::size_t writes_begun_ = 0;
  int sessions_begun_ = 0;
  history told_;
  heard_errors errors_;
  std::size_t error_count_ = 0;
  std::map<std::string, std::size_t> served_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace skein::servers::freshness
