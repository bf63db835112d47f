// Brings one member back by the commands that a person has written for it: stop, rejoin, start, one
// after the other, on a thread of its own, so that one that hangs holds up nobody else. When they
// are to be run is decided elsewhere (cluster/decide); what fails is tried again, later each time.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "backends/program.hpp"

namespace skein::cluster {

struct hook_commands {
  std::string stop = {};
  std::string start = {};
  std::string rejoin = {};  // empty: `skein rejoin` of the member
  // Runs before all others; where it fails they run all the same. Empty: nothing does.
  std::string keep = {};
  std::chrono::milliseconds timeout{300'000};
  bool operator==(const hook_commands&) const = default;
  bool any() const { return !stop.empty() && !start.empty(); }
};

// A `keep` for servers that are read while they run: `skein rejoin --keep-only` of the member.
extern const char* const own_keep;

// Of whom they are run, and who leads: "host:port".
struct hook_facts {
  std::string cluster = {};
  std::string member_address = {};
  std::string leader = {};
  std::string leader_address = {};
};

// What a person reads of it.
struct hook_news {
  std::string running = {};  // which hook: "rejoin"; empty: none
  std::chrono::steady_clock::time_point since = {};
  std::string failed = {};  // a clause, of the last attempt: "its hook `stop` ended with 1: ..."
  std::chrono::steady_clock::time_point again = {};  // not before this
};

class hooks {
 public:
  using clock = std::chrono::steady_clock;
  hooks(std::string member, hook_commands commands)
      : member_(std::move(member)), commands_(std::move(commands)) {}
  ~hooks() { stop(); }
  hooks(const hooks&) = delete;

  // Runs them, unless they are being run, or have failed too lately.
  void bring_back(hook_facts who);
  // The member follows: what failed before is no news any more.
  void settle();
  hook_news news() const;
  bool is_of(const std::string& member, const hook_commands& commands) const {
    return member_ == member && commands_ == commands;
  }
  // Ends what is under way, and joins.
  void stop();
  // How long is waited after so many failures in a row.
  static std::chrono::seconds pause_after(unsigned failures);

 private:
  void run(const hook_facts& who);
  bool run_one(const char* name, const std::string& command, const hook_facts& who);

  const std::string member_;
  const hook_commands commands_;
  std::atomic<bool> stopping_{false};
  std::thread thread_ = {};
  mutable std::mutex mutex_;
  bool busy_ = false;
  unsigned failures_ = 0;
  hook_news news_ = {};
};

}  // namespace skein::cluster
