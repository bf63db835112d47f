// Which transactions of MySQL's a server has: of each source, the numbers of its transactions as
// runs without a gap. A value with the operations of sets. What is read has limits, so that no
// text makes a set that costs more than a text of that length may.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::mysql {

// Who numbered a transaction: a server, or one tag of a server (from MySQL 8.3 on).
struct gtid_source {
  std::array<std::uint8_t, 16> uuid = {};
  std::string tag = {};  // in lower case; empty as a rule
  auto operator<=>(const gtid_source&) const = default;
};

struct gtid {
  // The server gives out numbers below 2^63 - 1.
  static constexpr std::uint64_t number_max = 0x7ffffffffffffffe;

  gtid_source source = {};
  std::uint64_t number = 0;
  bool operator==(const gtid&) const = default;
};
// "3e11fa47-71ca-11e1-9e33-c80aa9429562:23", or with a tag in front of the number.
std::optional<gtid> parse_gtid(std::string_view text);
std::string to_string(const gtid& one);

class gtid_set {
 public:
  static constexpr std::size_t intervals_max = 65536;
  static constexpr std::size_t text_max = 4UZ << 20;

  // As servers print it, with white space and line ends around every part; in any order, and with
  // runs that overlap. Nothing for what is no set, or beyond a limit.
  static std::optional<gtid_set> parse(std::string_view text);
  // As the server prints it, but without line ends: sorted, joined, in lower case.
  std::string text() const;

  // False, and nothing is changed: there would be more runs than a set may have, or no server gives
  // out such a number.
  bool add(const gtid& one);
  bool add(const gtid_set& other);
  void subtract(const gtid_set& other);

  bool contains(const gtid& one) const;
  bool contains(const gtid_set& other) const;
  bool empty() const { return runs_.empty(); }
  std::size_t intervals() const { return intervals_; }
  std::uint64_t transactions() const;
  std::optional<gtid> only_one() const;  // that is in it; nothing: there are more, or none
  bool operator==(const gtid_set&) const = default;

 private:
  struct interval {
    std::uint64_t first = 0;
    std::uint64_t last = 0;  // is in it
    bool operator==(const interval&) const = default;
  };
  // Sorted, and with a gap between each two.
  using intervals_of_one = std::vector<interval>;

  class reader;

  static bool put(intervals_of_one& to, interval added);
  static intervals_of_one joined(const intervals_of_one& one, const intervals_of_one& other);
  static intervals_of_one without(const intervals_of_one& one, const intervals_of_one& other);
  static bool covers(const intervals_of_one& one, const intervals_of_one& other);
  void tidy(std::map<gtid_source, intervals_of_one>& runs);

  std::map<gtid_source, intervals_of_one> runs_ = {};  // of each source at least one
  std::size_t intervals_ = 0;
};

}  // namespace skein::mysql
