// What the server's own scanner makes of a statement, through libpg_query (PostgreSQL 15), and
// whether the lexer sees the same tokens: for its unit test and its fuzzing.
#pragma once

#include <pg_query.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/postgres/lexer.hpp"

namespace server_scanner {

struct scanned {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::uint64_t kind = 0;
};

// Numbers of the library's protocol buffers.
inline constexpr std::uint64_t u_identifier = 259, string_constant = 261, u_string = 262,
                               hexadecimal_constant = 264, line_comment = 275, block_comment = 276;

class protocol_buffer {
 public:
  explicit protocol_buffer(std::string_view rest) : rest_(rest) {}
  bool empty() const { return rest_.empty(); }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }
  std::string_view bytes() {
    const auto taken = rest_.substr(0, number_size());
    rest_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::size_t number_size() { return static_cast<std::size_t>(number()); }
  std::string_view rest_;
};

inline scanned read_token(std::string_view message) {
  scanned read;
  for (protocol_buffer fields(message); !fields.empty();) {
    const auto field = fields.number() >> 3;
    const auto value = fields.number();
    if (field == 1) read.begin = value;
    if (field == 2) read.end = value;
    if (field == 4) read.kind = value;
  }
  return read;
}

// Nothing for a text that the scanner refuses. `text` holds no NUL.
inline std::optional<std::vector<scanned>> scan(const std::string& text) {
  const PgQueryScanResult result = pg_query_scan(text.c_str());
  std::optional<std::vector<scanned>> tokens;
  if (!result.error) {
    tokens.emplace();
    protocol_buffer top({result.pbuf.data, result.pbuf.len});
    while (!top.empty()) {
      if (const auto tag = top.number(); (tag & 7) == 0) {
        top.number();  // the version
      } else {
        tokens->push_back(read_token(top.bytes()));
      }
    }
  }
  pg_query_free_scan_result(result);
  return tokens;
}

// Where the library departs from the server: it does not join strings across a comment of a line.
inline bool has_comment_between_strings(const std::vector<scanned>& tokens,
                                        const std::string& text) {
  bool behind_string = false;
  bool commented = false;
  for (const auto& one : tokens) {
    if (one.kind == line_comment) {
      commented = behind_string;
      continue;
    }
    if (commented && text[one.begin] == '\'') return true;
    commented = false;
    behind_string = one.kind >= string_constant && one.kind <= hexadecimal_constant;
  }
  return false;
}

enum class agreement : std::uint8_t { yes, no, refused };

// Bytes that the scanner hands on one by one for the grammar to refuse: the lexer is broken there.
inline bool is_refused_later(const scanned& one, const std::string& text) {
  return one.end == one.begin + 1 && std::string_view("\\{}$\x7f").contains(text[one.begin]);
}

inline agreement compare(const std::string& text) {
  using skein::postgres::token_kind;
  // Control characters; \v is white space to newer servers.
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 && !std::string_view("\t\n\f\r").contains(c))
      return agreement::refused;
  const auto theirs = scan(text);
  if (!theirs || has_comment_between_strings(*theirs, text)) return agreement::refused;
  skein::postgres::lexer ours(text);
  std::size_t prefix = 0;
  for (const auto& one : *theirs) {
    if (one.kind == line_comment || one.kind == block_comment) continue;
    // N'...' is two tokens to them.
    if (one.end == one.begin + 1 && (text[one.begin] | 0x20) == 'n' && text[one.end] == '\'') {
      prefix = 1;
      continue;
    }
    const auto token = ours.next();
    if (is_refused_later(one, text))
      return token.kind == token_kind::broken ? agreement::yes : agreement::no;
    if (token.kind == token_kind::end) return agreement::no;
    const auto begin = static_cast<std::size_t>(token.text.data() - text.data());
    // Of U&'...' and U&"..." the library does not know the end.
    const bool open_ended = one.kind == u_identifier || one.kind == u_string;
    if (begin + prefix != one.begin || (!open_ended && ours.at() != one.end)) return agreement::no;
    prefix = 0;
  }
  return ours.next().kind == token_kind::end ? agreement::yes : agreement::no;
}

}  // namespace server_scanner
