// What a range of PostgreSQL's log commits, by the lines that pg_waldump prints of it: read line by
// line as they come, for they may be many.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace skein::postgres {

class wal_summary {
 public:
  struct transaction {
    std::uint64_t xid = 0;
    std::string when = {};  // "2026-11-23 19:28:22.123456 UTC"
    std::string where = {};
  };

  void take(std::string_view bytes);
  void end();  // of the output: its last line may lack its end

  std::uint64_t records() const { return records_; }
  // How far the records go.
  const std::string& last() const { return last_; }
  // Committed, or prepared to be; but for those in which Skein alone has shown that the server
  // lives.
  std::uint64_t transactions() const { return transactions_; }
  // The first of them.
  const std::vector<transaction>& some() const { return some_; }

 private:
  enum class content : std::uint8_t { only_ours, others };
  void take_line(std::string_view line);

  std::string pending_ = {};
  std::map<std::uint64_t, content> open_ = {};
  std::uint64_t records_ = 0;
  std::uint64_t transactions_ = 0;
  std::string last_ = {};
  std::vector<transaction> some_ = {};
};

}  // namespace skein::postgres
