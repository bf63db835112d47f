// Writers that number their writes, and readers beside them. Each writer keeps outside the servers
// what it was told of each write and when; no write is tried twice, so one that is there twice was
// doubled by somebody else. scene.hpp starts them, through Skein or past it.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/faults/checker.hpp"
#include "tests/servers/tongue.hpp"

namespace skein::servers::faults {

using steady = std::chrono::steady_clock;

// `taker` is the port of the server that took it, for every member keeps that row.
inline constexpr auto table_sql =
    "create table numbered (client int not null, number bigint not null, taker int not null)";
inline constexpr auto held_sql = "select client, number, taker from numbered";

struct load_settings {
  std::uint16_t port = 0;
  int first_client = 1;
  int writers = 16;
  int readers = 2;
  double writes_per_second = 0;   // of all writers together; 0: as fast as they can
  steady::time_point begun = {};  // times are counted from here
};

// What writers and readers heard, by code; the text is that of the first.
struct heard_error {
  std::size_t times = 0;
  std::string text;
};
using heard_errors = std::map<std::string, heard_error>;

class load {
 public:
  load(const tongue& in, load_settings how);
  ~load();      // stops
  void stop();  // returns when the last writer has been told of its last write

  std::size_t acknowledged() const { return acknowledged_; }
  // Whether a write has been acknowledged that was sent after that.
  bool has_acknowledged_since(steady::time_point when) const;
  std::vector<write> told() const;
  heard_errors errors() const;
  std::size_t wrong_reads() const { return wrong_reads_; }
  std::size_t reads() const { return reads_; }

 private:
  struct writer;
  void write_on(writer& one);
  void read_on(int number);
  void note(const std::string& code, const std::string& text);
  milliseconds now() const;

  const tongue& in_;
  const load_settings how_;
  std::vector<std::unique_ptr<writer>> writers_;
  std::vector<std::thread> threads_;
  mutable std::mutex mutex_;
  heard_errors errors_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> acknowledged_ = 0;
  std::atomic<steady::rep> latest_ = 0;  // sending time of the last that was acknowledged
  std::atomic<std::size_t> reads_ = 0;
  std::atomic<std::size_t> wrong_reads_ = 0;
};

}  // namespace skein::servers::faults
