#include "backends/mysql/kill_statement.hpp"

#include <algorithm>
#include <charconv>

#include "backends/mysql/errors.hpp"
#include "backends/mysql/lexer.hpp"
#include "backends/mysql/replies.hpp"

namespace skein::mysql {

namespace {

constexpr std::string_view word = "kill";

std::unexpected<std::string> other_form() {
  return std::unexpected(
      std::string("KILL is taken here as KILL [CONNECTION | QUERY] and a number, alone: for other "
                  "forms connect to the server itself"));
}

// As a rule there is none, and no token is looked at.
bool may_have(std::string_view text) {
  const auto same = [](char one, char other) { return (one | 0x20) == other; };
  return !std::ranges::search(text, word, same).empty();
}

bool has(std::string_view text, flavour of) {
  if (!may_have(text)) return false;
  lexer tokens(text, {.of = of});
  bool begins = true;
  for (token one = tokens.next(); one.kind != token_kind::end; one = tokens.next()) {
    if (begins && is_word(one, word)) return true;
    begins = one.kind == token_kind::semicolon;
  }
  return false;
}

// Decimal digits; one that no id reaches stands for any such.
std::optional<std::uint64_t> id_in(std::string_view text) {
  if (!std::ranges::all_of(text, [](char each) { return each >= '0' && each <= '9'; }))
    return std::nullopt;
  std::uint64_t id = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
  return read.ec == std::errc() ? id : ~std::uint64_t{0};
}

// Behind the word itself.
std::expected<kill_request, std::string> rest_of(lexer& tokens, flavour of) {
  kill_request asked;
  token one = tokens.next();
  if (of == flavour::mariadb && (is_word(one, "hard") || is_word(one, "soft"))) one = tokens.next();
  if (is_word(one, "connection") || is_word(one, "query")) {
    asked.for_good = is_word(one, "connection");
    one = tokens.next();
  }
  const auto id = one.kind == token_kind::number ? id_in(one.text) : std::nullopt;
  if (!id) return other_form();
  asked.id = *id;
  one = tokens.next();
  if (one.kind == token_kind::semicolon) one = tokens.next();
  if (one.kind != token_kind::end) return other_form();
  return asked;
}

}  // namespace

kill_reading read_kill(std::string_view text, flavour of) {
  if (!has(text, of)) return std::nullopt;
  lexer tokens(text, {.of = of});
  if (!is_word(tokens.next(), word)) return other_form();
  return rest_of(tokens, of);
}

kill_reading refuse_kill(std::string_view text, flavour of) {
  if (!has(text, of)) return std::nullopt;
  return other_form();
}

kill_reading read_process_kill(std::string_view body) {
  if (body.size() != 4) return std::unexpected(std::string("COM_PROCESS_KILL has no id in it"));
  std::uint64_t id = 0;
  for (const char each : {body[3], body[2], body[1], body[0]})
    id = id << 8 | static_cast<unsigned char>(each);
  return kill_request{.id = id, .for_good = true};
}

error no_such_thread() {
  return {error_kind::lost, fault::client, {}, {}, {}};
}

std::string kill_refused(std::uint8_t number, const error& why, std::uint64_t id) {
  const std::string which = std::to_string(id);
  if (why.kind == error_kind::login)
    return written(number, error_packet{1095, "HY000", "You are not owner of thread " + which});
  if (why.kind != error_kind::lost) return error_response(number, why);
  return written(
      number,
      error_packet{1094, "HY000",
                   "Unknown thread id: " + which +
                       " (KILL here wants the id that Skein told that client when it connected; "
                       "those of CONNECTION_ID() and SHOW PROCESSLIST are the server's: connect to "
                       "the server itself to kill by them)"});
}

}  // namespace skein::mysql
