// Which transactions one server has and another has not, by what both say of their GTIDs, and how
// they are found in the log of who has them. Pure, so that tables of texts test it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/mysql/flavour.hpp"
#include "backends/mysql/gtid_position.hpp"
#include "backends/mysql/gtid_set.hpp"

namespace skein::mysql {

struct errant_transactions {
  std::string text = {};  // "3e11...:4-5", "0-1-104 to 0-1-105"; empty: there are none
  gtid_set set = {};      // MySQL
  // MariaDB: a tool that is told this list prints them and no other, for in each domain the first
  // of them comes right behind what both have.
  std::string after = {};

  bool any() const { return !text.empty(); }
};

errant_transactions errant_in(const gtid_set& has, const gtid_set& other);
errant_transactions errant_in(const domain_log& has, const domain_log& other);

// What a tool has printed of a log: which of the transactions that were looked for are there.
class printed_transactions {
 public:
  printed_transactions(flavour of, errant_transactions wanted)
      : flavour_(of), wanted_(std::move(wanted)) {}
  void take(std::string_view line);
  std::uint64_t count() const { return count_; }
  // "3e11...:4", of MySQL's; empty: all are there, as far as can be told.
  std::string lacking() const { return wanted_.set.text(); }

 private:
  flavour flavour_ = flavour::mysql;
  errant_transactions wanted_ = {};
  std::uint64_t count_ = 0;
};

}  // namespace skein::mysql
