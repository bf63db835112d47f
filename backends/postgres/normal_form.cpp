#include "backends/postgres/normal_form.hpp"

#include <algorithm>
#include <utility>

#include "backends/postgres/bytes.hpp"
#include "backends/postgres/lexer.hpp"

namespace skein::postgres {

namespace {

// What is left of a literal in the form.
enum class literal : std::uint8_t { none, text, bits, number, parameter };

// As PostgreSQL 15 has them; what newer servers add is for the grammar to refuse.
bool is_plain_number(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return is(c, number_part); });
}

// With escapes that the grammar may refuse.
bool has_code_points(std::string_view text) {
  return text.contains("\\u") || text.contains("\\U");
}

literal literal_of(const token& one) {
  switch (one.kind) {
    case token_kind::number:
      return is_plain_number(one.text) ? literal::number : literal::none;
    case token_kind::parameter:
      return literal::parameter;
    case token_kind::string: {
      const char first = lower_of(one.text.front());
      if (first == 'b' || first == 'x') return literal::bits;
      if (first == 'u' || (first == 'e' && has_code_points(one.text))) return literal::none;
      return literal::text;
    }
    default:
      return literal::none;
  }
}

// The tokens of a form: those of the statement, but of the literals that follow each other with
// only commas (and signs) between, the first alone. What a UESCAPE names is a part of what it
// stands behind, and no value. Behind LIMIT stands no list: the grammar refuses one.
class item_reader {
 public:
  item_reader(std::string_view text, bool standard_strings)
      : text_(text), behind_(text, standard_strings) {}

  struct item {
    token what = {};
    literal value = literal::none;
    bool is_literal() const { return value != literal::none; }
  };
  item read() {
    token now = behind_.next();
    if (now.kind == token_kind::word) return {now, literal::none};
    // 12ab: the server refuses what it would once have parted.
    if (now.kind == token_kind::number && is_word_part(behind_.at())) now.kind = token_kind::broken;
    return {now, escapes ? literal::none : literal_of(now)};
  }
  std::string_view hint() const { return behind_.hint(); }

  bool escapes = false;  // the last token was UESCAPE

 private:
  bool is_word_part(std::size_t at) const {
    return at < text_.size() && is(text_[at], word_start | digit);
  }

  std::string_view text_;
  lexer behind_;
};

class form_reader {
 public:
  using item = item_reader::item;

  form_reader(std::string_view text, bool standard_strings) : items_(text, standard_strings) {}

  item next() {
    const item now = items_.next();
    if (now.what.kind == token_kind::word) {
      items_.source().escapes = is_word(now.what, "uescape");
      limits_ = is_word(now.what, "limit");
      return now;
    }
    items_.source().escapes = false;
    if (now.is_literal() && !limits_) items_.pass_list();
    limits_ = false;
    return now;
  }
  std::string_view hint() const { return items_.source().hint(); }

 private:
  literal_lists<item_reader> items_;
  bool limits_ = false;
};

// Words that nest a tree without a parenthesis; each operator does too.
bool nests(const token& one) {
  static constexpr std::string_view words[] = {
      "not", "case",    "join",    "union", "else",  "except",  "intersect", "and", "or",
      "is",  "collate", "between", "like",  "ilike", "similar", "isnull",    "at",  "notnull"};
  if (one.kind == token_kind::other) return true;
  for (const auto word : words)
    if (is_word(one, word)) return true;
  return false;
}

class form_writer {
 public:
  void take(const form_reader::item& one) {
    if (one.what.kind == token_kind::semicolon) return text_.take_semicolon();
    std::string& to = text_.behind_last();
    switch (one.value) {
      case literal::none:
        write(one.what, to);
        break;
      case literal::bits:
        to += "b'?'";
        break;
      case literal::text:
        to += "'?'";
        break;
      case literal::number:
        to += '1';
        break;
      case literal::parameter:
        to += one.what.text;
        break;
    }
    count(one.what);
  }
  std::size_t size() { return text_.text().size(); }
  normal_form done() {
    made_.text = std::move(text_.text());
    return std::move(made_);
  }

 private:
  static void write(const token& one, std::string& to) {
    if (one.kind != token_kind::word) {
      to += one.text;
      return;
    }
    for (const char each : one.text) to += lower_of(each);
  }
  void count(const token& one) {
    ++made_.tokens;
    if (one.kind == token_kind::open) depth_max_ = std::max(depth_max_, ++depth_);
    if (one.kind == token_kind::close && depth_ > 0) --depth_;
    chained_ += nests(one);
    made_.nesting = depth_max_ + chained_;
  }
  normal_form made_ = {};
  form_text text_ = {};
  std::size_t depth_ = 0;
  std::size_t depth_max_ = 0;
  std::size_t chained_ = 0;
};

}  // namespace

std::optional<marks> marks_of(std::string_view text, bool standard_strings,
                              const fingerprint_seed& seed) {
  form_reader tokens(text, standard_strings);
  mixer mixed(seed);
  for (;;) {
    const auto [what, value] = tokens.next();
    if (what.kind == token_kind::end) return marks{mixed.value(), tokens.hint()};
    if (what.kind == token_kind::broken) return std::nullopt;
    const auto kind = static_cast<std::uint64_t>(value);
    mixed.take(value == literal::none || value == literal::parameter ? what.text : "", kind);
  }
}

std::expected<normal_form, unreadable> normal_form_of(std::string_view text, bool standard_strings,
                                                      std::size_t bytes_max) {
  form_reader tokens(text, standard_strings);
  form_writer form;
  for (;;) {
    const auto item = tokens.next();
    if (item.what.kind == token_kind::end) return form.done();
    if (item.what.kind == token_kind::broken) return std::unexpected(unreadable::broken);
    form.take(item);
    if (form.size() > bytes_max) return std::unexpected(unreadable::too_long);
  }
}

}  // namespace skein::postgres
