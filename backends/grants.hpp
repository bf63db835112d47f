// What a database must grant to the roles that Skein comes as, feature by feature, so that each has
// the least that it needs. `skein grants` asks each backend for it, in the database's own words.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein {

enum class grants_feature : std::uint8_t { health, auth_query, pooling, failover, rejoin };
inline constexpr std::array<std::string_view, 5> grants_feature_names = {
    "health", "auth_query", "pooling", "failover", "rejoin"};

// Who comes, and where to. An empty database is the engine's own.
struct grants_request {
  struct login {
    std::string user = {};
    std::string database = {};  // empty: it is not known
  };
  login observer = {};
  login failover = {};  // who moves the lead; no user: the observer does
  login directory = {};
  std::string directory_query = {};  // empty: the engine's own
  std::vector<login> applications = {};
  bool commit_tokens = false;  // their commits write a row of ours
};

}  // namespace skein
