// Statements: the lexer and the server's own scanner see the same tokens, wherever both read the
// text to its end. And a form is its own form: what the grammar is given differs from the statement
// in its literals alone.
#include "backends/postgres/lexer.hpp"

#include <string>

#include "backends/postgres/normal_form.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/unit/backends/postgres/server_scanner.hpp"

using namespace skein::postgres;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (text.contains('\0')) return 0;
  fuzz::must(server_scanner::compare(text) != server_scanner::agreement::no,
             "the lexer sees what the server's scanner sees");
  const auto marks = marks_of(text, true);
  const auto form = normal_form_of(text, true, 1 << 16);
  if (!form) return 0;
  fuzz::must(marks.has_value(), "what has a form has a fingerprint");
  const auto again = normal_form_of(form->text, true, 1 << 17);
  fuzz::must(again && again->text == form->text, "a form is its own form");
  fuzz::must(marks->hint.empty() || text.contains("skein:"), "a hint stands in the text");
  return 0;
}
