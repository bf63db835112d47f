#include "metrics/json.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace skein::metrics {

namespace {

// How many bytes the well-formed UTF-8 sequence at the front takes (RFC 3629); 0: it is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const auto first = byte(0);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  unsigned low = 0x80;  // the second byte's range excludes overlong forms and surrogates
  unsigned high = 0xbf;
  if (first >= 0xc2 && first <= 0xdf) {
    length = 2;
  } else if (first >= 0xe0 && first <= 0xef) {
    length = 3;
    if (first == 0xe0) low = 0xa0;
    if (first == 0xed) high = 0x9f;
  } else if (first >= 0xf0 && first <= 0xf4) {
    length = 4;
    if (first == 0xf0) low = 0x90;
    if (first == 0xf4) high = 0x8f;
  } else {
    return 0;
  }
  if (text.size() < length || byte(1) < low || byte(1) > high) return 0;
  for (std::size_t at = 2; at < length; ++at) {
    if ((byte(at) & 0xc0) != 0x80) return 0;
  }
  return length;
}

void append_code(std::string& out, unsigned code) {
  static constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u00";
  out += digits[code >> 4 & 0xf];
  out += digits[code & 0xf];
}

void append_control(std::string& out, char which) {
  switch (which) {
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      append_code(out, static_cast<unsigned char>(which));
  }
}

void append_sequence(std::string& out, std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  if (first == '"' || first == '\\') {
    out += '\\';
    out += sequence[0];
  } else if (first < 0x20 || first == 0x7f) {
    append_control(out, sequence[0]);
  } else if (first == 0xc2 && static_cast<unsigned char>(sequence[1]) < 0xa0) {
    append_code(out, static_cast<unsigned char>(sequence[1]));  // U+0080 to U+009F
  } else {
    out += sequence;
  }
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto length = sequence_length(text);
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else {
      append_sequence(out, text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

void append_number(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  std::array<char, 32> digits = {};
  const auto [end, failed] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  if (failed == std::errc()) out.append(digits.data(), end);
}

json_writer& json_writer::open(char opening, char closing) {
  separate();
  out_ += opening;
  closers_.push_back(closing);
  comma_ = false;
  return *this;
}

json_writer& json_writer::close() {
  if (!closers_.empty()) {
    out_ += closers_.back();
    closers_.pop_back();
  }
  comma_ = true;
  return *this;
}

json_writer& json_writer::key(std::string_view name) {
  separate();
  out_ += '"';
  append_escaped(out_, name);
  out_ += "\":";
  comma_ = false;
  return *this;
}

json_writer& json_writer::value(std::string_view text) {
  separate();
  out_ += '"';
  append_escaped(out_, text);
  out_ += '"';
  comma_ = true;
  return *this;
}

json_writer& json_writer::value(double number) {
  std::string digits;
  append_number(digits, number);
  return raw(digits);
}

json_writer& json_writer::raw(std::string_view token) {
  separate();
  out_ += token;
  comma_ = true;
  return *this;
}

void json_writer::separate() {
  if (comma_) out_ += ',';
}

}  // namespace skein::metrics
