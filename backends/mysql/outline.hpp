// A statement's text with gaps where its whole numbers and its plain strings stand. A text that
// fits has the same tokens but for what these are, and so the same form: where one statement is
// asked again and again, with other values, comparing tells it in a fraction of a lexer's time.
#pragma once

#include <string_view>

#include "backends/gaps.hpp"
#include "backends/mysql/lexer.hpp"

namespace skein::mysql {

class outline {
 public:
  // Of a text that the lexer reads to its end.
  outline(std::string_view text, const reading_rules& rules);

  bool fits(std::string_view text, const reading_rules& rules) const {
    return rules == rules_ && text_.fits(text);
  }

 private:
  text_with_gaps text_ = {};
  reading_rules rules_;
};

}  // namespace skein::mysql
