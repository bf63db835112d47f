// What a database has said of users, for a while. Pure: time is passed in. Who does not exist has a
// shelf apart, so that guessing names pushes nobody out; what failed to let a client in is asked
// for anew, so that a changed password counts at the next attempt. Used by user_lookup.
#pragma once

#include <chrono>
#include <list>
#include <map>
#include <optional>
#include <string>

#include "backends/login.hpp"

namespace skein::proxy {

struct user_cache_limits {
  std::chrono::milliseconds keep{60000};
  std::chrono::milliseconds keep_unknown{2000};
  std::chrono::milliseconds keep_doubted{1000};  // guessing must not become a query each time
  std::size_t known_max = 10000;
  std::size_t unknown_max = 1000;
};

class user_cache {
 public:
  using time = std::chrono::steady_clock::time_point;
  using answer = std::optional<credentials>;  // nullopt: no such user

  explicit user_cache(const user_cache_limits& how) : how_(how) {}

  // Has been somebody when it was asked for last, however long ago that was.
  bool has_known(const std::string& user) const { return known_.by_name.contains(user); }
  std::optional<answer> find(const std::string& user, time now) const;
  void keep(const std::string& user, answer said, time now);
  // A login with it has failed.
  void doubt(const std::string& user, time now);
  std::size_t size() const { return known_.by_name.size() + unknown_.by_name.size(); }

 private:
  struct entry {
    std::string user;
    answer said;
    time asked_at;
    time until;
  };
  struct shelf {
    std::list<entry> by_age = {};  // the oldest first
    std::map<std::string, std::list<entry>::iterator, std::less<>> by_name = {};
    void drop(const std::string& user);
    void put(entry what, std::size_t most);
  };

  user_cache_limits how_;
  shelf known_;
  shelf unknown_;
};

}  // namespace skein::proxy
