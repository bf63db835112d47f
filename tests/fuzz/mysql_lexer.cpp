// Statements of MySQL and MariaDB: what is lexed stands in the text in its order and leaves out
// blanks and comments alone; a form is its own form; what fits a text's outline has that text's
// fingerprint; statements of one form do the same, wherever their values are.
#include "backends/mysql/lexer.hpp"

#include <algorithm>
#include <string>

#include "backends/mysql/normal_form.hpp"
#include "backends/mysql/outline.hpp"
#include "backends/mysql/placement.hpp"
#include "tests/fuzz/input.hpp"

using namespace skein::mysql;

namespace {

reading_rules choose_rules(std::uint8_t choice) {
  reading_rules rules;
  rules.mode.ansi_quotes = (choice & 1) != 0;
  rules.mode.backslash_escapes = (choice & 2) == 0;
  rules.of = (choice & 4) != 0 ? flavour::mariadb : flavour::mysql;
  rules.version = (choice & 4) != 0 ? 101119 : (choice & 8) != 0 ? 50744 : 90704;
  return rules;
}

// What stands between two tokens is blank, or has the mark of a comment.
bool is_passed_over(std::string_view between) {
  const bool blanks = std::ranges::all_of(between, [](char c) { return is(c, blank); });
  return blanks || between.contains("--") || between.contains('#') || between.contains("/*") ||
         between.contains("*/");
}

void look_at_tokens(const std::string& text, const reading_rules& rules) {
  lexer tokens(text, rules);
  std::size_t done = 0;
  for (;;) {
    const token one = tokens.next();
    if (one.kind == token_kind::end) break;
    const std::size_t end = tokens.at();
    fuzz::must(end <= text.size() && end - one.text.size() >= done, "tokens stand in their order");
    const std::size_t begin = end - one.text.size();
    fuzz::must(one.text == std::string_view(text).substr(begin, one.text.size()),
               "a token stands where the lexer says");
    fuzz::must(one.kind == token_kind::broken || !one.text.empty(), "a token has bytes");
    fuzz::must(is_passed_over(std::string_view(text).substr(done, begin - done)),
               "what is left out is blank or a comment");
    done = end;
    if (one.kind == token_kind::broken)
      fuzz::must(end == text.size() && tokens.next().kind == token_kind::end,
                 "what is broken is all the rest");
  }
}

std::string with_other_values(const std::string& text) {
  std::string other;
  const std::string piece = text.substr(text.size() / 2, 3);
  for (const char each : text) {
    if (each == '7') {
      other += piece;
    } else if (each >= '0' && each <= '9') {
      other += "05";
    } else {
      other += each;
    }
  }
  return other;
}

void compare_with_outline(const std::string& text, const reading_rules& rules, const marks& of) {
  const outline looks(text, rules);
  fuzz::must(looks.fits(text, rules), "a text fits its own outline");
  const std::string other = with_other_values(text);
  if (!of.hint.empty() || !looks.fits(other, rules)) return;
  const auto marks = marks_of(other, rules);
  fuzz::must(marks && marks->print == of.print && marks->hint.empty(),
             "what fits an outline has its form");
  const placement here = place_of(text, rules);
  const placement there = place_of(other, rules);
  fuzz::must(here.where == there.where && here.kind == there.kind && here.why == there.why &&
                 here.relations == there.relations && here.may_write == there.may_write,
             "what has one form does the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const reading_rules rules = choose_rules(data[0]);
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  look_at_tokens(text, rules);
  const auto marks = marks_of(text, rules);
  if (marks) compare_with_outline(text, rules, *marks);
  const auto form = normal_form_of(text, rules, 1 << 16);
  const placement made = place_of(text, rules);
  fuzz::must(made.why.empty() == (made.where != skein::place::leader), "the leader has its reason");
  if (!form) return 0;
  fuzz::must(marks.has_value(), "what has a form has a fingerprint");
  const auto again = normal_form_of(form->text, rules, 1 << 17);
  fuzz::must(again && again->text == form->text, "a form is its own form");
  fuzz::must(marks->hint.empty() || text.contains("skein:"), "a hint stands in the text");
  return 0;
}
