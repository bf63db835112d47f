// Reads the settings file again while Skein serves: compares it with what is in force and applies
// all of it, or nothing and says why. Each reload runs on a thread of its own, one at a time;
// SIGHUP and the console ask for one.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "cli/compose.hpp"
#include "metrics/exporter.hpp"

namespace skein::cli {

// What is in force, and where it was read.
struct settings_source {
  std::string file = {};
  conf::loaded loaded = {};
};

// What has changed, with the parts made of it; nothing has, where there are no changes. The error
// has all that is wrong, a line each. No part that runs is touched.
struct prepared_reload {
  std::vector<std::pair<std::string, std::string>> changes = {};
  conf::loaded loaded = {};
  cli::parts parts = {};
};
std::expected<prepared_reload, std::string> prepare_reload(const settings_source& running);

class reloads {
 public:
  // `apply` cannot fail; it is called on the thread here.
  reloads(settings_source running, std::function<void(parts)> apply);
  ~reloads() { stop(); }
  void start();
  void stop();  // joins; who asks later is told so

  // From any thread; `tell` is called on the thread here, or at once. `by` is for the log.
  using teller = std::function<void(proxy::reload_answer)>;
  void ask(std::string by, teller tell);
  metrics::reload_sample so_far() const;

 private:
  struct question {
    std::string by;
    teller tell;
  };
  void work();
  proxy::reload_answer reload(const std::string& by);

  settings_source running_;
  std::function<void(parts)> apply_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::deque<question> asked_ = {};
  metrics::reload_sample so_far_ = {};
  std::thread thread_ = {};
};

}  // namespace skein::cli
