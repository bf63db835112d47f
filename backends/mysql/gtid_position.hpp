// How far a server is in its history: MariaDB's GTIDs, of which a position names the last of each
// domain, and a type that holds the position of either flavour. Values; the observer makes them,
// and freshness asks them who covers whom.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "backends/mysql/flavour.hpp"
#include "backends/mysql/gtid_set.hpp"

namespace skein::mysql {

struct domain_gtid {
  std::uint32_t domain = 0;
  std::uint32_t server = 0;
  std::uint64_t sequence = 0;
  bool operator==(const domain_gtid&) const = default;
};
// "0-1-23"
std::optional<domain_gtid> parse_domain_gtid(std::string_view text);
std::string to_string(const domain_gtid& one);

class domain_position {
 public:
  static constexpr std::size_t domains_max = 4096;

  // "0-1-23,7-2-5", with white space around each. Nothing for what is no position: also one that
  // has a domain twice, as the state of a binary log may.
  static std::optional<domain_position> parse(std::string_view text);
  std::string text() const;  // sorted by domain

  // Within a domain sequences only grow, so one that stands behind what is known changes nothing.
  // False: there would be too many domains.
  bool advance(const domain_gtid& to);
  bool advance(const domain_position& to);

  // By the sequence alone, as servers do that are not strict: two servers that have given out one
  // sequence in a domain look alike, though their histories have parted.
  bool covers(const domain_gtid& one) const;
  bool covers(const domain_position& other) const;
  // Both have the same sequence last in a domain, of two servers.
  bool parted_from(const domain_position& other) const;
  bool empty() const { return last_.empty(); }
  const std::vector<domain_gtid>& last() const { return last_; }
  // Of all domains, as their sequences count them.
  std::uint64_t transactions() const;
  bool operator==(const domain_position&) const = default;

 private:
  std::vector<domain_gtid> last_ = {};  // sorted by domain
};

// What stands in a MariaDB server's binary log: of each domain the last transaction of every server
// that wrote there (gtid_binlog_state), and what it took from others besides (gtid_slave_pos). By
// the same rule as its own a follower is let in behind a position, or refused (error 1236).
class domain_log {
 public:
  static std::optional<domain_log> parse(std::string_view state, std::string_view taken);
  // Whether it has that very transaction, not only one of that number or a later one.
  bool has(const domain_gtid& one) const;
  bool leads_on_from(const domain_position& at) const;
  const std::vector<domain_gtid>& last() const { return last_; }
  const domain_position& taken() const { return taken_; }

 private:
  std::vector<domain_gtid> last_ = {};  // sorted by domain and server
  domain_position taken_ = {};
};

class gtid_position {
 public:
  gtid_position(gtid_set of) : held_(std::move(of)) {}
  gtid_position(domain_position of) : held_(std::move(of)) {}

  static std::optional<gtid_position> parse(flavour of, std::string_view text);
  // One GTID, as an answer of the server names it, and all that stood in the position before.
  bool advance(std::string_view one);
  // All of another position, or none.
  bool advance_all(flavour of, std::string_view position);
  std::string text() const;
  // How many it has: orders the positions of one history.
  std::uint64_t transactions() const;
  // Positions of two flavours are of two histories.
  bool covers(const gtid_position& other) const;
  // Whether they are seen to be of two histories. False does not say that they are of one: in
  // MariaDB that shows only where both stand at the same sequence.
  bool parted_from(const gtid_position& other) const;
  const domain_position* domains() const { return std::get_if<domain_position>(&held_); }
  bool operator==(const gtid_position&) const = default;

 private:
  std::variant<gtid_set, domain_position> held_;
};

}  // namespace skein::mysql
