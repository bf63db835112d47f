// A commit whose answer may be lost leaves a row of ours, a token, which is there if and only if it
// was committed: what is said to write one, to ask for it, and to clear those of long ago. Pure but
// for a clock and chance. The conversation writes, backends/mysql/commits asks,
// commit_clearing clears.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/mysql/role_statements.hpp"

namespace skein::mysql {

// What is cleared was written so long ago, by the server's clock. Of half of that, by ours, nobody
// is told any more that a row which is not there has never been.
inline constexpr std::chrono::hours token_kept{1};
inline constexpr std::chrono::minutes token_believed{30};

// Those of one core. None is ever used twice, by nobody.
class token_maker {
 public:
  // 16 bytes in hex: when it was made, in seconds since this machine's start, whose it is, a count.
  std::string next(std::chrono::nanoseconds since_boot);

 private:
  std::string whose_ = {};
  std::uint32_t count_ = 0;
};

// How long ago it was made; nothing: it is no token, or of another machine's time.
std::optional<std::chrono::seconds> age_of(std::string_view token,
                                           std::chrono::nanoseconds since_boot);

// Whether a form is a COMMIT that ends its transaction, and does nothing else.
bool is_plain_commit(std::string_view form);

std::string token_statement(std::string_view token);
std::string token_question(std::string_view token);
// The same rows at each server.
std::string clear_statement(const write_limits& limits, unsigned rows_max);
const own_table& commits_table();

}  // namespace skein::mysql
