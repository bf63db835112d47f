#include "backends/postgres/console_talk.hpp"

#include <algorithm>

#include "backends/postgres/errors.hpp"
#include "backends/postgres/framing.hpp"
#include "backends/postgres/session_state.hpp"

namespace skein::postgres {

namespace {

// Bounds on what a client can make us keep.
constexpr std::uint32_t message_length_max = 64U * 1024;
constexpr std::size_t names_max = 1000;

constexpr char parameter_description = 't';
constexpr std::uint32_t text_type = 25;
constexpr std::uint32_t bigint_type = 20;
constexpr std::uint16_t in_binary = 1;

error client_error(error_kind kind, std::string sqlstate, std::string text) {
  return {kind, fault::client, std::move(sqlstate), std::move(text), {}};
}

error syntax_error(std::string text) {
  return client_error(error_kind::unsupported, "42601", std::move(text));
}

error malformed(std::string_view what) {
  return client_error(error_kind::protocol, {}, "malformed " + std::string(what) + " message");
}

// A format code for each column, one for all, or none: text.
std::uint16_t format_of(std::span<const std::uint16_t> formats, std::size_t column) {
  if (formats.empty()) return 0;
  return formats.size() == 1 ? formats.front() : column < formats.size() ? formats[column] : 0;
}

std::vector<std::uint16_t> read_codes(field_reader& body) {
  std::vector<std::uint16_t> codes;
  for (std::size_t left = body.u16(); left > 0 && !body.failed(); --left)
    codes.push_back(body.u16());
  return codes;
}

}  // namespace

// Drivers choose what they may ask for by the version, and psql compares it with its own: so it is
// one of the server's, and says whose console this is behind it.
std::string console_talk::greeting(std::string_view version) const {
  return status_messages({{"server_version", "15.0 (Skein " + std::string(version) + ")"},
                          {"server_encoding", "UTF8"},
                          {"client_encoding", "UTF8"},
                          {"DateStyle", "ISO, MDY"},
                          {"TimeZone", "UTC"},
                          {"integer_datetimes", "on"},
                          {"default_transaction_read_only", "off"},  // for who looks for a leader
                          {"in_hot_standby", "off"},
                          {"standard_conforming_strings", "on"}});
}

console_want console_talk::advance(byte_view& input) {
  if (in_query_ && !next_of_query()) return console_want::answer;
  for (;;) {
    if (input.size() < header_bytes) return console_want::input;
    const char type = static_cast<char>(input.front());
    const auto length = load_u32(input.data() + 1);
    if (type == from_frontend::terminate) return console_want::finish;
    if (!client_may_send(type, length)) {
      output_ += error_response(bad_client_message(type, length));
      return console_want::finish;
    }
    if (length > message_length_max) {
      output_ += error_response(client_error(
          error_kind::limit, {},
          "a message of " + std::to_string(length) + " bytes is too long for the console"));
      return console_want::finish;
    }
    if (input.size() < 1 + std::size_t{length}) return console_want::input;
    const message said{type, input.subspan(header_bytes, length - length_bytes)};
    input = input.subspan(1 + std::size_t{length});
    if (!take(said)) return console_want::answer;
  }
}

bool console_talk::take(const message& said) {
  field_reader body(said.body);
  if (said.type == from_frontend::query) {
    skipping_ = false;
    const auto text = body.text();
    for (const auto each : console::statements_of(text)) query_.emplace_back(each);
    if (query_.empty()) write_empty(from_backend::empty_query);
    in_query_ = true;
    return next_of_query();
  }
  if (said.type == from_frontend::sync) {
    skipping_ = false;
    if (!in_block_) portals_.clear();
    ready();
    return true;
  }
  if (said.type == from_frontend::function_call) {
    fail(client_error(error_kind::unsupported, {}, "the console has no functions"));
    skipping_ = false;
    ready();
    return true;
  }
  if (skipping_) return true;
  switch (said.type) {
    case from_frontend::parse:
      parse(body);
      break;
    case from_frontend::bind:
      bind(body);
      break;
    case from_frontend::describe:
      describe(body);
      break;
    case from_frontend::execute:
      return execute(body);
    case from_frontend::close:
      close(body);
      break;
    default:  // Flush: nothing is held back; what belongs to COPY: the rest of a failed one
      break;
  }
  return true;
}

// True once the query is over.
bool console_talk::next_of_query() {
  while (!query_.empty()) {
    auto meant = console::parse(query_.front());
    query_.pop_front();
    if (meant) {
      asked_ = std::move(*meant);
      return false;
    }
    fail(syntax_error(std::move(meant.error())));
    query_.clear();
  }
  in_query_ = false;
  skipping_ = false;
  if (!in_block_) portals_.clear();
  ready();
  return true;
}

void console_talk::parse(field_reader body) {
  const std::string name(body.text());
  const auto text = body.text();
  if (body.failed()) return fail(malformed("Parse"));
  const auto all = console::statements_of(text);
  if (all.size() > 1) return fail(syntax_error("only one statement may be prepared at a time"));
  command what;
  if (!all.empty()) {
    auto meant = console::parse(all.front());
    if (!meant) return fail(syntax_error(std::move(meant.error())));
    what = std::move(*meant);
  }
  if (statements_.size() >= names_max)
    return fail(client_error(error_kind::limit, {}, "too many prepared statements: close some"));
  statements_[name] = std::move(what);
  write_empty(from_backend::parse_complete);
}

void console_talk::bind(field_reader body) {
  const std::string name(body.text());
  const auto statement = body.text();
  read_codes(body);
  const auto values = body.u16();
  if (values > 0)
    return fail(client_error(error_kind::protocol, {}, "the console takes no parameters"));
  portal made;
  made.formats = read_codes(body);
  if (body.failed()) return fail(malformed("Bind"));
  const auto known = statements_.find(statement);
  if (known == statements_.end())
    return fail(client_error(error_kind::protocol, "26000", "there is no such prepared statement"));
  made.what = known->second;
  if (portals_.size() >= names_max)
    return fail(client_error(error_kind::limit, {}, "too many portals: close some"));
  portals_[name] = std::move(made);
  write_empty(from_backend::bind_complete);
}

void console_talk::describe(field_reader body) {
  const char kind = body.byte();
  const auto name = body.text();
  if (body.failed()) return fail(malformed("Describe"));
  const command* what = nullptr;
  std::span<const std::uint16_t> formats;
  if (kind == 'S') {
    if (const auto known = statements_.find(name); known != statements_.end())
      what = &known->second;
  } else if (const auto known = portals_.find(name); known != portals_.end()) {
    what = &known->second.what;
    formats = known->second.formats;
  }
  if (!what)
    return fail(client_error(error_kind::protocol, "26000", "there is nothing of that name"));
  if (kind == 'S') message_writer(output_).begin(parameter_description).u16(0).end();
  const auto columns =
      *what ? console::columns_of((*what)->what) : std::span<const console::column>();
  if (columns.empty()) return write_empty(from_backend::no_data);
  write_columns(columns, formats);
}

bool console_talk::execute(field_reader body) {
  const auto name = body.text();
  rows_max_ = body.u32();
  const auto known = portals_.find(name);
  if (body.failed() || known == portals_.end()) {
    fail(client_error(error_kind::protocol, "34000", "there is no such portal"));
    return true;
  }
  portal& at = known->second;
  if (!at.what) {
    write_empty(from_backend::empty_query);
    return true;
  }
  asked_ = *at.what;
  if (at.rows) {
    fetch(at);
    return true;
  }
  executing_ = &at;
  return false;
}

void console_talk::close(field_reader body) {
  const char kind = body.byte();
  const auto name = body.text();
  if (body.failed()) return fail(malformed("Close"));
  if (kind == 'S') {
    if (const auto known = statements_.find(name); known != statements_.end())
      statements_.erase(known);
  } else if (const auto known = portals_.find(name); known != portals_.end()) {
    portals_.erase(known);
  }
  write_empty(from_backend::close_complete);
}

void console_talk::answer(result<console::table> told) {
  portal* const at = std::exchange(executing_, nullptr);
  if (!told) {
    query_.clear();
    return fail(told.error());
  }
  if (!told->notice.empty()) output_ += notice_response(told->notice);
  if (at) {
    at->rows = std::move(*told);
    return fetch(*at);
  }
  if (!told->columns.empty()) write_columns(told->columns, {});
  for (const auto& each : told->rows) write_row(each, {});
  complete(asked_.tag);
}

void console_talk::fetch(portal& from) {
  const auto& rows = from.rows->rows;
  for (std::size_t sent = 0; from.next < rows.size(); ++sent, ++from.next) {
    if (rows_max_ > 0 && sent == rows_max_) return write_empty(from_backend::portal_suspended);
    write_row(rows[from.next], from.formats);
  }
  complete(asked_.tag);
}

void console_talk::write_columns(std::span<const console::column> columns,
                                 std::span<const std::uint16_t> formats) {
  message_writer out(output_);
  out.begin(from_backend::row_description).u16(static_cast<std::uint16_t>(columns.size()));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool is_text = columns[i].kind == console::column_kind::text;
    out.text(columns[i].name).u32(0).u16(0);  // of no table
    out.u32(is_text ? text_type : bigint_type).u16(is_text ? 0xffff : 8).u32(~0U);
    out.u16(format_of(formats, i));
  }
  out.end();
}

void console_talk::write_row(const console::row& one, std::span<const std::uint16_t> formats) {
  message_writer out(output_);
  out.begin(from_backend::data_row).u16(static_cast<std::uint16_t>(one.size()));
  for (std::size_t i = 0; i < one.size(); ++i) {
    if (const auto* text = std::get_if<std::string>(&one[i])) {
      out.u32(static_cast<std::uint32_t>(text->size())).raw(*text);
    } else if (const auto* number = std::get_if<std::int64_t>(&one[i])) {
      const auto bits = static_cast<std::uint64_t>(*number);
      const auto decimal = std::to_string(*number);
      if (format_of(formats, i) == in_binary) {
        out.u32(8)
            .u32(static_cast<std::uint32_t>(bits >> 32))
            .u32(static_cast<std::uint32_t>(bits));
      } else {
        out.u32(static_cast<std::uint32_t>(decimal.size())).raw(decimal);
      }
    } else {
      out.u32(~0U);
    }
  }
  out.end();
}

void console_talk::complete(const std::string& tag) {
  if (tag == "BEGIN" || tag == "START") in_block_ = true;
  if (tag == "COMMIT" || tag == "END" || tag == "ROLLBACK" || tag == "ABORT") in_block_ = false;
  message_writer(output_).begin(from_backend::command_complete).text(tag).end();
}

void console_talk::ready() {
  message_writer(output_).begin(from_backend::ready).byte('I').end();
}

void console_talk::fail(const error& why) {
  output_ += error_response(why, {.severity = "ERROR"});
  skipping_ = true;
}

std::string console_talk::break_off(const error& why) {
  return error_response(why);
}

}  // namespace skein::postgres
