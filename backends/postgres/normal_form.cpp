#include "backends/postgres/normal_form.hpp"

#include <algorithm>
#include <array>
#include <cstring>
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

bool is_sign(const token& one) {
  return one.kind == token_kind::other && (one.text == "-" || one.text == "+");
}

// The tokens of a form: those of the statement, but of the literals that follow each other with
// only commas (and signs) between, the first alone. What a UESCAPE names is a part of what it
// stands behind, and no value. Behind LIMIT stands no list: the grammar refuses one.
class form_reader {
 public:
  form_reader(std::string_view text, bool standard_strings)
      : text_(text), behind_(text, standard_strings) {}

  struct item {
    token what = {};
    literal value = literal::none;
  };
  item next() {
    const item now = held_count_ == 0 ? read() : take();
    if (now.what.kind == token_kind::word) {
      escapes_ = is_word(now.what, "uescape");
      limits_ = is_word(now.what, "limit");
      return now;
    }
    escapes_ = false;
    if (now.value != literal::none && !limits_) pass_list();
    limits_ = false;
    return now;
  }
  std::string_view hint() const { return behind_.hint(); }

 private:
  item take() {
    const item first = held_[0];
    --held_count_;
    for (std::size_t at = 0; at < held_count_; ++at) held_[at] = held_[at + 1];
    return first;
  }
  item read() {
    token now = behind_.next();
    if (now.kind == token_kind::word) return {now, literal::none};
    // 12ab: the server refuses what it would once have parted.
    if (now.kind == token_kind::number && is_word_part(behind_.at())) now.kind = token_kind::broken;
    return {now, escapes_ ? literal::none : literal_of(now)};
  }
  bool is_word_part(std::size_t at) const {
    return at < text_.size() && is(text_[at], word_start | digit);
  }
  void hold(const item& one) { held_[held_count_++] = one; }

  // Behind a literal: all that follow it in its list and are nothing but literals, each with what
  // stands behind it.
  void pass_list() {
    if (held_count_ != 0) return;
    item comma = read();
    while (comma.what.kind == token_kind::comma) {
      const item sign = read();
      const bool is_signed = is_sign(sign.what);
      const item value = is_signed ? read() : sign;
      if (value.value == literal::none) return hold_all(comma, sign, is_signed, value);
      const item behind = read();
      const auto kind = behind.what.kind;
      if (kind != token_kind::comma && kind != token_kind::close) {
        hold_all(comma, sign, is_signed, value);
        return hold(behind);
      }
      comma = behind;
    }
    hold(comma);
  }
  void hold_all(const item& comma, const item& sign, bool is_signed, const item& value) {
    hold(comma);
    if (is_signed) hold(sign);
    hold(value);
  }

  std::string_view text_;
  lexer behind_;
  std::array<item, 4> held_ = {};
  std::size_t held_count_ = 0;
  bool escapes_ = false;
  bool limits_ = false;
};

std::uint64_t fold(std::uint64_t one, std::uint64_t other) {
  const auto product = static_cast<unsigned __int128>(one) * other;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

class mixer {
 public:
  explicit mixer(const fingerprint_seed& seed) : high_(seed.high), low_(seed.low), seed_(seed) {}

  void take(std::string_view bytes, std::uint64_t kind) {
    take_word(kind << 56 | bytes.size());
    for (; bytes.size() >= word_bytes; bytes.remove_prefix(word_bytes)) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data(), word_bytes);
      take_word(word);
    }
    if (!bytes.empty()) take_word(short_word(bytes));
  }
  fingerprint value() const { return {high_, low_}; }

 private:
  static constexpr std::size_t word_bytes = 8;

  // Of fewer bytes, which may be taken twice: how many they are has been mixed in.
  static std::uint64_t short_word(std::string_view bytes) {
    if (bytes.size() >= 4) {
      std::uint32_t front = 0;
      std::uint32_t back = 0;
      std::memcpy(&front, bytes.data(), sizeof front);
      std::memcpy(&back, bytes.data() + bytes.size() - sizeof back, sizeof back);
      return std::uint64_t{back} << 32 | front;
    }
    const auto byte = [&](std::size_t at) {
      return std::uint64_t{static_cast<std::uint8_t>(bytes[at])};
    };
    return byte(0) | byte(bytes.size() / 2) << 8 | byte(bytes.size() - 1) << 16;
  }
  void take_word(std::uint64_t word) {
    high_ = fold(high_ ^ word, seed_.low | 1);
    low_ = fold(low_ ^ word, seed_.high | 1) + high_;
  }
  std::uint64_t high_;
  std::uint64_t low_;
  fingerprint_seed seed_;
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
    std::string& to = made.text;
    if (one.what.kind == token_kind::semicolon) {
      ++semicolons_;
      return;
    }
    for (; semicolons_ > 0 && !to.empty(); --semicolons_) to += " ;";
    semicolons_ = 0;
    if (!to.empty()) to += ' ';
    switch (one.value) {
      case literal::none:
        write(one.what);
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
  normal_form made = {};

 private:
  void write(const token& one) {
    if (one.kind != token_kind::word) {
      made.text += one.text;
      return;
    }
    for (const char each : one.text) made.text += lower_of(each);
  }
  void count(const token& one) {
    ++made.tokens;
    if (one.kind == token_kind::open) depth_max_ = std::max(depth_max_, ++depth_);
    if (one.kind == token_kind::close && depth_ > 0) --depth_;
    chained_ += nests(one);
    made.nesting = depth_max_ + chained_;
  }
  std::size_t semicolons_ = 0;  // since the last token, which are left out at the end
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
    if (item.what.kind == token_kind::end) return std::move(form.made);
    if (item.what.kind == token_kind::broken) return std::unexpected(unreadable::broken);
    form.take(item);
    if (form.made.text.size() > bytes_max) return std::unexpected(unreadable::too_long);
  }
}

}  // namespace skein::postgres
