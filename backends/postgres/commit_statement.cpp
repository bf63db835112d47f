#include "backends/postgres/commit_statement.hpp"

#include <algorithm>

namespace skein::postgres {

namespace {

constexpr std::string_view blanks = " \t\r\n\f\v";
constexpr std::size_t size_max = 200;  // longer, it is not worth a look

char in_lower_case(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

class words {
 public:
  explicit words(std::string_view text) : left_(text.size() > size_max ? "" : text) { advance(); }

  bool pass(std::string_view word) {
    const bool same = std::ranges::equal(now_, word, {}, in_lower_case);
    if (same) advance();
    return same;
  }
  bool ended() const { return now_.empty(); }

 private:
  // A semicolon ends the last word: what stands behind it makes this no word at all.
  void advance() {
    left_.remove_prefix(std::min(left_.find_first_not_of(blanks), left_.size()));
    now_ = left_.substr(0, left_.find_first_of(blanks));
    left_.remove_prefix(now_.size());
    const bool last = left_.find_first_not_of(" \t\r\n\f\v;") == left_.npos;
    while (last && now_.ends_with(';')) now_.remove_suffix(1);
  }

  std::string_view left_;
  std::string_view now_ = {};
};

enum class chain : std::uint8_t { none, no, yes, broken };

chain read_rest(words& text) {
  if (!text.pass("work")) text.pass("transaction");
  if (text.ended()) return chain::none;
  if (!text.pass("and")) return chain::broken;
  const bool no = text.pass("no");
  if (!text.pass("chain") || !text.ended()) return chain::broken;
  return no ? chain::no : chain::yes;
}

}  // namespace

commit commit_of(std::string_view text) {
  words all(text);
  if (!all.pass("commit") && !all.pass("end")) return commit::none;
  const chain rest = read_rest(all);
  if (rest == chain::broken) return commit::none;
  return rest == chain::yes ? commit::and_chain : commit::plain;
}

bool is_rollback(std::string_view text) {
  words all(text);
  if (!all.pass("rollback") && !all.pass("abort")) return false;
  const chain rest = read_rest(all);
  return rest == chain::none || rest == chain::no;
}

}  // namespace skein::postgres
