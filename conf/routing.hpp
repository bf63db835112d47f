// How a cluster's statements are routed, as a file says it. A part of settings.hpp;
// routing_keys.hpp documents each key.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conf/values.hpp"

namespace skein::conf {

enum class reads_from : std::uint8_t { leader, followers, any, nearest };
enum class balance_way : std::uint8_t { round_robin, random, least_busy, fastest };
enum class freshness : std::uint8_t { any, session, bounded, global, leader };
enum class freshness_key : std::uint8_t { none, user, application_name, hint };
enum class sticky : std::uint8_t { none, zone };
enum class send_to : std::uint8_t { leader, followers };

std::string_view to_string(reads_from reads);
std::string_view to_string(balance_way balance);
std::string_view to_string(freshness fresh);
std::string_view to_string(freshness_key key);
std::string_view to_string(sticky how);
std::string_view to_string(send_to to);

// Of each list any must fit; one that is empty says nothing.
struct match_settings {
  std::vector<std::string> user = {};
  std::vector<std::string> database = {};
  std::vector<std::string> application = {};
  std::vector<conf::network> network = {};
  std::vector<pattern> query = {};
  std::vector<conf::fingerprint> fingerprint = {};
  std::vector<std::string> table = {};

  bool operator==(const match_settings&) const = default;
};

// At most one of the first three.
struct send_settings {
  std::optional<send_to> to = {};
  std::string member = {};
  std::string zone = {};
  std::optional<conf::freshness> freshness = {};
  std::optional<duration> freshness_bound = {};

  bool operator==(const send_settings&) const = default;
};

struct rate_settings {
  std::optional<unsigned> rate = {};   // a second; empty: no limit
  std::optional<unsigned> burst = {};  // completed: as the rate

  bool operator==(const rate_settings&) const = default;
};

struct routing_rule {
  std::string name = {};  // completed: "rule 3"
  match_settings match = {};
  send_settings send = {};
  std::optional<duration> timeout = {};  // 0: without end
  rate_settings limit = {};
  std::string refuse = {};

  bool operator==(const routing_rule&) const = default;
};

struct routing_settings {
  static constexpr std::size_t rules_max = 64;
  static constexpr std::size_t patterns_max = 128;  // in all rules: each may take its memory

  reads_from reads = reads_from::followers;
  balance_way balance = balance_way::least_busy;
  conf::freshness freshness = conf::freshness::session;
  conf::freshness_key freshness_key = conf::freshness_key::none;
  duration freshness_wait = std::chrono::milliseconds(20);
  duration freshness_bound = std::chrono::seconds(1);
  duration max_lag = std::chrono::seconds(5);
  duration slow_start = std::chrono::seconds(30);
  std::string zone = {};  // empty: Skein is in none
  conf::sticky sticky = conf::sticky::none;
  unsigned log_sample = 0;  // of so many one; 0: none
  std::vector<routing_rule> rules = {};

  bool operator==(const routing_settings&) const = default;
};

}  // namespace skein::conf
