// What an observer learns of one database server, and positions in its history. Opaque outside
// backends/: other folders compare and print them, they never look inside.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "backends/error.hpp"
#include "backends/login.hpp"

namespace skein {

struct member_address {
  std::string host = {};  // a name, an address, or the folder of a unix socket (starts with '/')
  std::uint16_t port = 0;
  bool operator==(const member_address&) const = default;
};
std::string to_string(const member_address& where);

struct tls_settings {
  tls_mode mode = tls_mode::disable;
  std::string ca_file = {};
  std::string certificate_file = {};
  std::string key_file = {};
  bool operator==(const tls_settings&) const = default;
};

// What a position holds, in an engine whose histories are not lines: two servers may each have what
// the other lacks.
class extent {
 public:
  virtual ~extent() = default;
  virtual bool covers(const extent& other) const = 0;
};

// An opaque place in a history. Bytes in `text` are what people read; `rank` orders the positions
// of one history. Without an extent it counts bytes, and the order is total. With one it only tells
// who cannot cover whom: who ranks lower.
struct position {
  // Of what nobody can be known to have: no position covers one of this history.
  static constexpr std::uint64_t nobodys = ~std::uint64_t{0};

  std::uint64_t history = 0;  // timeline, or 0 where the engine has none
  std::uint64_t rank = 0;     // comparable within one history
  std::string text = {};
  std::shared_ptr<const extent> exact = {};

  bool operator==(const position& other) const {
    return history == other.history && rank == other.rank && text == other.text;
  }
};
// Whether who shows the one has all that the other stands for.
bool covers(const position& shown, const position& needed);

enum class member_role : std::uint8_t { unknown, leader, follower };
std::string_view to_string(member_role role);

// One look at one member.
struct observation {
  member_role role = member_role::unknown;
  // Leader: how far its log goes, so that every commit that was acknowledged before the look was
  // sent is in it; follower: received.
  position written = {};
  position applied = {};  // follower: how far reads see; history 0 in an engine with histories:
                          // that of what it has applied is not known ...
  // ... and this clause says why; of a leader: why nobody can be known to have what it has written.
  std::string history_unknown = {};
  // Follower: a clause that says why nothing more comes to be shown; empty: it goes on.
  std::string stopped = {};
  // Leader: how far followers can be sent its log, where that is less than `written`: a transaction
  // that is open may have written more, and nothing sends that as long as nobody commits.
  std::optional<position> offered = {};
  const position& for_followers() const { return offered ? *offered : written; }
  std::optional<double> lag_seconds = {};  // follower: of what it has applied, by its own word
  std::chrono::microseconds round_trip{0};
  std::string server_version = {};
  std::int64_t started_at_us = 0;  // server start, epoch microseconds: tells restarts apart
};

struct observer_settings {
  member_address address = {};
  tls_settings tls = {};
  credentials who = {};
  std::string database = {};
  std::chrono::milliseconds timeout{2000};
};

// Why a look failed, at a server that was heard or was not.
error said_nothing(error why, bool heard);

// Blocking, with a deadline: runs on a thread of its own, never on a proxy core. Keeps its
// connection between looks.
class observer {
 public:
  virtual ~observer() = default;
  // error_kind::lost: it cannot be connected to, and has not said a word.
  virtual result<observation> look() = 0;
  // From any thread: a look under way returns soon, with error_kind::shutdown.
  virtual void interrupt() = 0;
};

}  // namespace skein
