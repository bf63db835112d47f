// A statement's text with gaps where its whole numbers and its plain strings stand. A text that
// fits has the same tokens but for what these are, and so the same form: where one statement is
// asked again and again, with other values, comparing tells it in a fraction of a lexer's time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein::postgres {

class outline {
 public:
  // Of a text that the lexer reads to its end.
  outline(std::string_view text, bool standard_strings);

  bool fits(std::string_view text, bool standard_strings) const;

 private:
  enum class literal : std::uint8_t { number, string };
  struct gap {
    std::size_t at = 0;  // in `fixed_`
    literal takes = literal::number;
  };

  std::string fixed_ = {};  // all that stands around the gaps
  std::vector<gap> gaps_ = {};
  bool standard_strings_;
};

}  // namespace skein::postgres
