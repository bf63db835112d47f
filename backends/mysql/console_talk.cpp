#include "backends/mysql/console_talk.hpp"

#include <utility>

#include "backends/mysql/driver_questions.hpp"
#include "backends/mysql/errors.hpp"
#include "backends/mysql/replies.hpp"

namespace skein::mysql {

namespace {

// A bound on what a client can make us keep.
constexpr std::uint32_t query_bytes_max = 64U * 1024;

constexpr std::uint16_t utf8mb4 = 45;
constexpr std::uint16_t binary = 63;
constexpr std::uint8_t text_type = 0xfd;
constexpr std::uint8_t bigint_type = 0x08;
constexpr std::uint32_t text_width = 4096;
constexpr std::uint32_t bigint_width = 20;
constexpr std::uint8_t null_value = 0xfb;

error client_error(error_kind kind, std::string sqlstate, std::string text) {
  return {kind, fault::client, std::move(sqlstate), std::move(text), {}};
}

}  // namespace

console_talk::console_talk(const login_request& asked)
    : agreed_(read_traits(asked).shaped.value_or(0)) {}

std::string console_talk::greeting(std::string_view) const {
  return {};
}

console_want console_talk::advance(byte_view& input) {
  if (!query_.empty() && !next_of_query()) return console_want::answer;
  for (;;) {
    if (input.size() < header_bytes) return console_want::input;
    const std::uint32_t size = body_size(input.data());
    number_ = number_of(input.data());
    if (size == 0 || size > query_bytes_max) {
      fail(client_error(error_kind::limit, {},
                        "a packet of " + std::to_string(size) + " bytes is not for the console"));
      return console_want::finish;
    }
    if (input.size() - header_bytes < size) return console_want::input;
    const auto what = static_cast<command>(input[header_bytes]);
    const std::string_view text = as_text(input.subspan(header_bytes + 1, size - 1));
    input = input.subspan(header_bytes + size);
    if (what == command::quit) return console_want::finish;
    if (!take(what, text)) return console_want::answer;
  }
}

bool console_talk::take(command what, std::string_view text) {
  switch (what) {
    case command::query:
      for (const auto each : console::statements_of(text)) query_.emplace_back(each);
      if (!query_.empty()) return next_of_query();
      fail(client_error(error_kind::unsupported, "42000", "there is no statement in it"));
      return true;
    case command::ping:
    case command::init_db:
    case command::reset_connection:
      write_ok();
      return true;
    default:
      fail(client_error(error_kind::unsupported, "42000",
                        "the console takes queries as text, and no command " +
                            std::to_string(static_cast<unsigned>(what))));
      return true;
  }
}

// True once the query is over: an error ends it, and so does its last statement.
bool console_talk::next_of_query() {
  while (!query_.empty()) {
    const std::string text = std::move(query_.front());
    query_.pop_front();
    if (const auto told = answer_to_driver(text)) {
      write_variables(*told);
      continue;
    }
    auto meant = console::parse(text);
    if (meant) {
      asked_ = std::move(*meant);
      return false;
    }
    query_.clear();
    fail(client_error(error_kind::unsupported, "42000", std::move(meant.error())));
  }
  return true;
}

void console_talk::write_variables(const variables_told& told) {
  std::vector<console::column> columns;
  for (const auto& each : told.columns) columns.push_back({.name = each});
  write_columns(columns);
  for (const auto& each : told.rows) write_row(each);
  write_end();
}

void console_talk::answer(result<console::table> told) {
  if (!told) {
    query_.clear();
    return fail(told.error());
  }
  if (told->columns.empty()) return write_ok();
  write_columns(told->columns);
  for (const auto& each : told->rows) write_row(each);
  write_end();
}

void console_talk::write_columns(std::span<const console::column> columns) {
  message_writer out(output_);
  out.begin(++number_).counted(columns.size()).end();
  for (const auto& each : columns) {
    const bool is_text = each.kind == console::column_kind::text;
    out.begin(++number_).counted_text("def").counted_text("").counted_text("").counted_text("");
    out.counted_text(each.name).counted_text(each.name);
    if ((agreed_ & capability::extended_metadata) != 0) out.counted_text("");
    out.counted(12).u16(is_text ? utf8mb4 : binary).u32(is_text ? text_width : bigint_width);
    out.u8(is_text ? text_type : bigint_type).u16(0).u8(0).u16(0).end();
  }
  const bool deprecates_eof = (agreed_ & capability::deprecate_eof) != 0;
  if (!deprecates_eof) output_ += written(++number_, eof_packet{.status = status::autocommit});
}

void console_talk::write_row(const console::row& one) {
  message_writer out(output_);
  out.begin(++number_);
  for (const auto& value : one) {
    if (const auto* text = std::get_if<std::string>(&value)) {
      out.counted_text(*text);
    } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
      out.counted_text(std::to_string(*number));
    } else {
      out.u8(null_value);
    }
  }
  out.end();
}

// More statements of the same query have answers too.
void console_talk::write_end() {
  const std::uint16_t more = query_.empty() ? 0 : status::more_results;
  const auto now = static_cast<std::uint16_t>(status::autocommit | more);
  const bool deprecates_eof = (agreed_ & capability::deprecate_eof) != 0;
  output_ += deprecates_eof ? written(++number_, ok_packet{.status = now}, agreed_, reply::eof)
                            : written(++number_, eof_packet{.status = now});
}

void console_talk::write_ok() {
  const std::uint16_t more = query_.empty() ? 0 : status::more_results;
  const auto now = static_cast<std::uint16_t>(status::autocommit | more);
  output_ += written(++number_, ok_packet{.status = now}, agreed_);
}

void console_talk::fail(const error& why) {
  output_ += error_response(++number_, why);
}

std::string console_talk::break_off(const error& why) {
  return error_response(1, why);
}

}  // namespace skein::mysql
