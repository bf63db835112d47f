// What of a server's reports on its session a client has asked for: Skein has the server report
// everything, and hands on what would have come without it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "backends/mysql/replies.hpp"

namespace skein::mysql {

class tracking {
 public:
  // The client has set a variable that steers the reports.
  void heed(std::string_view name, std::string_view value);
  bool wants(const session_change& what) const;
  bool operator==(const tracking&) const = default;

 private:
  bool wants_variable(std::string_view name) const;

  // Of system variables; nothing: those that every server reports.
  std::optional<std::set<std::string, std::less<>>> variables_ = {};
  bool all_variables_ = false;
  bool schema_ = true;
  bool state_ = false;
  bool gtids_ = false;
  bool transaction_state_ = false;
  bool characteristics_ = false;
};

}  // namespace skein::mysql
