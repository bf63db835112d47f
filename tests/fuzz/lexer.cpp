// Statements: the lexer and the server's own scanner see the same tokens, wherever both read the
// text to its end. And a form is its own form: what the grammar is given differs from the statement
// in its literals alone. What fits a text's outline has that text's fingerprint.
#include "backends/postgres/lexer.hpp"

#include <string>

#include "backends/postgres/normal_form.hpp"
#include "backends/postgres/outline.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/unit/backends/postgres/server_scanner.hpp"

using namespace skein::postgres;

namespace {

// The text with other values, and with a piece of it in place of what stands in its strings.
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

void compare_with_outline(const std::string& text, const marks& of) {
  const outline looks(text, true);
  fuzz::must(looks.fits(text, true), "a text fits its own outline");
  const std::string other = with_other_values(text);
  if (!of.hint.empty() || !looks.fits(other, true)) return;
  const auto marks = marks_of(other, true);
  fuzz::must(marks && marks->print == of.print && marks->hint.empty(),
             "what fits an outline has its form");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (text.contains('\0')) return 0;
  fuzz::must(server_scanner::compare(text) != server_scanner::agreement::no,
             "the lexer sees what the server's scanner sees");
  const auto marks = marks_of(text, true);
  if (marks) compare_with_outline(text, *marks);
  const auto form = normal_form_of(text, true, 1 << 16);
  if (!form) return 0;
  fuzz::must(marks.has_value(), "what has a form has a fingerprint");
  const auto again = normal_form_of(form->text, true, 1 << 17);
  fuzz::must(again && again->text == form->text, "a form is its own form");
  fuzz::must(marks->hint.empty() || text.contains("skein:"), "a hint stands in the text");
  return 0;
}
