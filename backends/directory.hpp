// Where a member's own list of users is looked into: what it stores in the password's stead. Like
// an observer it blocks, with a deadline, on a thread of its own.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "backends/members.hpp"

namespace skein {

struct directory_settings {
  member_address address = {};
  tls_settings tls = {};
  credentials who = {};
  std::string database = {};  // empty: the engine's own
  std::string query = {};     // empty: the engine's own
  std::chrono::milliseconds timeout{5000};
};

class directory {
 public:
  virtual ~directory() = default;
  // nullopt: there is no such user, or none that has a password.
  virtual result<std::optional<credentials>> find(const std::string& user) = 0;
  // From any thread, for good: what is under way ends soon, with error_kind::shutdown.
  virtual void interrupt() = 0;
};

}  // namespace skein
