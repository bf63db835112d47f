#include "backends/mysql/normal_form.hpp"

#include <utility>

namespace skein::mysql {

namespace {

// What is left of a literal in the form.
enum class literal : std::uint8_t { none, text, bits, number };

literal literal_of(const token& one) {
  if (one.kind == token_kind::number) {
    const bool bits = one.text.size() > 1 && one.text.front() == '0' &&
                      (one.text[1] == 'x' || one.text[1] == 'b');
    return bits ? literal::bits : literal::number;
  }
  if (one.kind != token_kind::string) return literal::none;
  const char first = lower_of(one.text.front());
  return first == 'x' || first == 'b' ? literal::bits : literal::text;
}

class item_reader {
 public:
  item_reader(std::string_view text, const reading_rules& rules)
      : behind_(text, rules), ahead_(behind_.next()) {}

  struct item {
    token what = {};
    literal value = literal::none;
    bool is_literal() const { return value != literal::none || what.kind == token_kind::parameter; }
  };
  // Strings that follow each other are one. What follows bits is none of theirs but a name.
  item read() {
    const item now{ahead_, literal_of(ahead_)};
    ahead_ = behind_.next();
    if (now.value == literal::text)
      while (literal_of(ahead_) == literal::text) ahead_ = behind_.next();
    return now;
  }
  std::string_view hint() const { return behind_.hint(); }

 private:
  lexer behind_;
  token ahead_;
};

// Behind LIMIT two numbers are no list: the first says how many rows are left out.
class form_reader {
 public:
  using item = item_reader::item;

  form_reader(std::string_view text, const reading_rules& rules) : items_(text, rules) {}

  item next() {
    const item now = items_.next();
    if (now.is_literal() && !limits_) items_.pass_list();
    limits_ = is_word(now.what, "limit");
    return now;
  }
  std::string_view hint() const { return items_.source().hint(); }

 private:
  literal_lists<item_reader> items_;
  bool limits_ = false;
};

// A word that would be something else without the dot that stands in front of it is quoted.
void write(const token& one, std::string& to) {
  const bool folds = one.kind == token_kind::word || one.kind == token_kind::system_variable;
  if (!folds || one.text.contains('`')) {
    to += one.text;
    return;
  }
  if (one.text == "\\N") {
    to += "null";
    return;
  }
  const bool quotes = one.kind == token_kind::word && is(one.text.front(), digit);
  if (quotes) to += '`';
  for (const char each : one.text) to += lower_of(each);
  if (quotes) to += '`';
}

}  // namespace

std::optional<marks> marks_of(std::string_view text, const reading_rules& rules,
                              const fingerprint_seed& seed) {
  form_reader tokens(text, rules);
  mixer mixed(seed);
  const char* end = nullptr;  // of the last token
  for (;;) {
    const auto [what, value] = tokens.next();
    if (what.kind == token_kind::end) return marks{mixed.value(), tokens.hint()};
    if (what.kind == token_kind::broken) return std::nullopt;
    // 1e5 is a number, and a name behind a dot. Some functions are the server's own only where the
    // parenthesis stands right behind their names.
    const std::uint64_t apart = what.kind == token_kind::open && what.text.data() != end ? 64 : 0;
    end = what.text.data() + what.text.size();
    const auto kind =
        apart | static_cast<std::uint64_t>(value) << 4 | static_cast<std::uint64_t>(what.kind);
    mixed.take(value == literal::none ? what.text : "",
               value == literal::none ? kind : kind & ~15U);
  }
}

std::expected<normal_form, unreadable> normal_form_of(std::string_view text,
                                                      const reading_rules& rules,
                                                      std::size_t bytes_max) {
  form_reader tokens(text, rules);
  normal_form made;
  form_text form;
  for (;;) {
    const auto [what, value] = tokens.next();
    if (what.kind == token_kind::end) break;
    if (what.kind == token_kind::broken) return std::unexpected(unreadable::broken);
    if (what.kind == token_kind::semicolon) {
      form.take_semicolon();
      continue;
    }
    ++made.tokens;
    std::string& to = form.behind_last();
    if (value == literal::none) {
      write(what, to);
    } else {
      to += value == literal::text ? "'?'" : value == literal::bits ? "b'1'" : "1";
    }
    if (to.size() > bytes_max) return std::unexpected(unreadable::too_long);
  }
  made.text = std::move(form.text());
  return made;
}

}  // namespace skein::mysql
