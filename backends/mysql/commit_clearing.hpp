// Clears the tokens of commits (commit_tokens) that nobody asks for any more: on a thread and by a
// connection of its own, so that neither a client nor a heartbeat waits for it; a little at a time,
// and only as long as its server goes on to take our heartbeats.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "backends/mysql/wire_session.hpp"

namespace skein::mysql {

class commit_clearing {
 public:
  explicit commit_clearing(wire_settings how) : how_(how), session_(std::move(how)) {}
  commit_clearing(const commit_clearing&) = delete;
  ~commit_clearing();

  // The server leads and has just taken a write.
  void beaten();
  void interrupt();  // from any thread, for good

 private:
  void work();
  result<bool> clear_some();
  bool may_go_on();

  const wire_settings how_;
  wire_session session_;
  std::mutex mutex_ = {};
  std::condition_variable changed_ = {};
  net::steady_time beaten_ = {};
  net::steady_time next_ = {};
  bool due_ = false;
  bool stopping_ = false;
  std::thread thread_ = {};
};

}  // namespace skein::mysql
