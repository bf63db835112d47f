// What a database defines beyond what its servers bring along (triggers, views, functions ...), as
// far as conversations must know it before they judge a statement. A reader asks for it, blocking,
// on a thread of its own; conversations of all cores see what was read last, and say when a
// definition may be another.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "backends/members.hpp"

namespace skein {

// Opaque outside its backend, and immutable.
class catalog {
 public:
  virtual ~catalog() = default;
  // For a log line: what was found, in a few words.
  virtual std::string in_words() const = 0;
};

struct catalog_settings {
  member_address address = {};
  tls_settings tls = {};
  credentials who = {};
  std::string database = {};
  std::chrono::milliseconds timeout{10000};
};

class catalog_reader {
 public:
  virtual ~catalog_reader() = default;
  // Null: all is as it was when `before` was read, by whichever reader. An error of the kind
  // `timeout`: somebody is changing definitions just now.
  virtual result<std::shared_ptr<const catalog>> read(const catalog* before) = 0;
  // From any thread, for good: what is under way ends soon, with error_kind::shutdown.
  virtual void interrupt() = 0;
};

// One database's. Conversations compare editions, which costs them one load a statement, and ask
// for more only when it has moved.
class definitions {
 public:
  // `wake` is called, from any thread, when something is to be read.
  explicit definitions(std::function<void()> wake) : wake_(std::move(wake)) {}

  // Moves with each change and each reading, and is never another database's.
  std::uint64_t edition() const { return edition_.load(std::memory_order_acquire); }
  struct reading {
    std::uint64_t edition = 0;
    std::shared_ptr<const catalog> known = {};  // null: not known, or not any more
  };
  reading now() const;
  // A definition may be another from here on.
  struct moved {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
  };
  moved change();
  // Transactions that may define something and are still under way.
  std::size_t defining() const { return defining_.load(std::memory_order_relaxed); }
  void begin_defining() { ++defining_; }
  void end_defining() { --defining_; }
  // A server of this database has been lent: nothing is read before. Once is enough.
  void want();

  bool wanted() const { return wanted_; }

  // For the reader. What was begun at an edition is worth nothing once it has moved.
  bool publish(std::uint64_t begun_at, std::shared_ptr<const catalog> known);

 private:
  static std::uint64_t next_edition();

  std::atomic<std::uint64_t> edition_{next_edition()};
  std::atomic<bool> wanted_{false};
  std::atomic<std::size_t> defining_{0};
  mutable std::mutex mutex_;
  std::shared_ptr<const catalog> known_ = {};
  std::function<void()> wake_;
};

}  // namespace skein
