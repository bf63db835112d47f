#include "backends/mysql/answer.hpp"

#include <algorithm>
#include <utility>

namespace skein::mysql {

namespace {

// What tells of the connection is read as a whole, up to this; a server that says more at once is
// taken at the rest of its word.
constexpr std::uint32_t body_read_max = 1024U * 1024;
// An EOF packet has a body of five bytes; a row that begins alike is longer than these.
constexpr std::uint32_t eof_below = 9;

std::uint16_t status_of_ok(byte_view body) {
  field_reader fields(body);
  fields.u8();
  fields.counted();
  fields.counted();
  return fields.u16();
}

std::uint16_t status_of_eof(byte_view body) {
  field_reader fields(body);
  fields.u8();
  fields.u16();
  return fields.u16();
}

// Its answer is a result, or several, or an OK.
bool has_results(command what) {
  return what == command::query || what == command::process_info || what == command::stmt_execute ||
         what == command::stmt_bulk_execute;
}

}  // namespace

bool answer::is_owed(command what) {
  return what != command::quit && what != command::stmt_close &&
         what != command::stmt_send_long_data;
}

void answer::begin(command what, answer_shape shape) {
  what_ = what;
  number_ = 0;
  shape_ = shape;
  definitions_ = later_definitions_ = 0;
  switch (what) {
    case command::quit:
    case command::stmt_close:
    case command::stmt_send_long_data:
      at_ = place::nothing;
      break;
    case command::stmt_fetch:
      at_ = place::rows;
      break;
    case command::field_list:
      at_ = place::fields;
      break;
    case command::statistics:
      at_ = place::line;
      break;
    default:
      at_ = place::first;
      break;
  }
}

answer::step answer::next(byte_view input) {
  if (passing_ != 0) {
    const std::size_t size = std::min(passing_, input.size());
    passing_ -= size;
    return {size == 0 ? kind::more : kind::passed, size};
  }
  if (at_ == place::rows && !continues_)
    if (const std::size_t size = rows_size(input); size != 0) return {kind::passed, size};
  return next_packet(input);
}

answer::step answer::next_packet(byte_view input) {
  if (input.size() < header_bytes) return {};
  const std::uint32_t size = body_size(input.data());
  const bool goes_on = std::exchange(continues_, size == body_max);
  if (goes_on) return pass(input, size);
  if (input.size() == header_bytes && size != 0) {
    continues_ = false;
    return {};
  }
  const std::uint8_t first = size == 0 ? 0 : std::to_integer<std::uint8_t>(input[header_bytes]);
  if (size == 0) return {kind::broken};
  switch (at_) {
    case place::first:
      return first_of(input, size, first);
    case place::definitions:
    case place::prepared:
      return definition(input, size, first);
    case place::behind_definitions:
      if (first == reply::error) return whole(kind::error, input, size);
      return first == reply::eof && size < eof_below ? end_of(input, size) : step{kind::broken};
    case place::rows:
      return row(input, size, first);
    case place::fields:
      if (first == reply::error) return whole(kind::error, input, size);
      return ends_rows(size, first) ? end_of(input, size) : pass(input, size);
    case place::line:
      at_ = place::nothing;
      return first == reply::error ? whole(kind::error, input, size) : pass(input, size);
    case place::nothing:
    case place::file:
      break;
  }
  return {kind::broken};
}

// The state is as before until the whole of it is there.
answer::step answer::whole(kind what, byte_view input, std::uint32_t size) {
  if (size > body_read_max) return {kind::broken};
  if (input.size() - header_bytes < size) return {};
  step now{what, header_bytes + size, input.subspan(header_bytes, size)};
  number_ = number_of(input.data());
  if (what == kind::error) at_ = place::nothing;
  if (what == kind::file) at_ = place::file;
  return now;
}

answer::step answer::pass(byte_view input, std::size_t size) {
  const std::size_t seen = std::min(header_bytes + size, input.size());
  number_ = number_of(input.data());
  passing_ = header_bytes + size - seen;
  return {kind::passed, seen};
}

answer::step answer::first_of(byte_view input, std::uint32_t size, std::uint8_t first) {
  if (first == reply::error) return whole(kind::error, input, size);
  if (what_ == command::stmt_prepare)
    return first == reply::ok ? begin_prepared(input, size) : step{kind::broken};
  if (first == reply::ok || first == reply::eof) return end_of(input, size);
  if (!has_results(what_)) return {kind::broken};
  if (first == reply::local_infile) return whole(kind::file, input, size);
  if (input.size() - header_bytes < size) return {};
  field_reader fields(input.subspan(header_bytes, size));
  definitions_ = fields.counted();
  if (fields.failed() || definitions_ == 0) return {kind::broken};
  at_ = place::definitions;
  return pass(input, size);
}

answer::step answer::begin_prepared(byte_view input, std::uint32_t size) {
  const step now = whole(kind::prepared, input, size);
  if (now.what != kind::prepared) return now;
  field_reader fields(now.body);
  fields.u8();
  fields.u32();
  later_definitions_ = fields.u16();
  definitions_ = fields.u16();
  if (fields.failed()) return {kind::broken};
  at_ = place::prepared;
  if (definitions_ == 0) next_definitions();
  return now;
}

// Of a prepared statement its parameters come first, then its columns.
void answer::next_definitions() {
  definitions_ = std::exchange(later_definitions_, 0);
  at_ = definitions_ == 0 ? place::nothing : place::prepared;
}

answer::step answer::definition(byte_view input, std::uint32_t size, std::uint8_t first) {
  if (first == reply::error) return whole(kind::error, input, size);
  const bool prepared = at_ == place::prepared;
  if (definitions_ == 0) {  // what stands behind those of a prepared statement
    if (first != reply::eof || size >= eof_below) return {kind::broken};
    if (input.size() - header_bytes < size) return {};
    next_definitions();
    return pass(input, size);
  }
  --definitions_;
  const step now = pass(input, size);
  if (definitions_ != 0) return now;
  if (!prepared) {
    at_ = shape_.deprecates_eof ? place::rows : place::behind_definitions;
  } else if (shape_.deprecates_eof) {
    next_definitions();
  }
  return now;
}

bool answer::ends_rows(std::uint32_t size, std::uint8_t first) const {
  return first == reply::eof && size < (shape_.deprecates_eof ? body_max : eof_below);
}

answer::step answer::row(byte_view input, std::uint32_t size, std::uint8_t first) {
  if (first == reply::error) return whole(kind::error, input, size);
  return ends_rows(size, first) ? end_of(input, size) : pass(input, size);
}

// Of the whole rows at the front: a result may have millions.
std::size_t answer::rows_size(byte_view input) {
  std::size_t at = 0;
  while (input.size() - at > header_bytes) {
    const std::uint32_t size = body_size(input.data() + at);
    const auto first = std::to_integer<std::uint8_t>(input[at + header_bytes]);
    if (size == 0 || size == body_max || first >= reply::eof) break;
    if (input.size() - at - header_bytes < size) break;
    number_ = number_of(input.data() + at);
    at += header_bytes + size;
  }
  return at;
}

// An OK packet, or an EOF packet, which has its status elsewhere. Behind definitions it announces
// rows, unless a cursor has them.
answer::step answer::end_of(byte_view input, std::uint32_t size) {
  step now = whole(kind::ok, input, size);
  if (now.what != kind::ok) return now;
  const bool is_eof =
      std::to_integer<std::uint8_t>(now.body[0]) == reply::eof && size < eof_below - 2;
  now.status = is_eof ? status_of_eof(now.body) : status_of_ok(now.body);
  if (at_ == place::behind_definitions && (now.status & status::cursor_exists) == 0) {
    at_ = place::rows;
    now.what = kind::passed;
    return now;
  }
  const bool more = (now.status & status::more_results) != 0 && at_ != place::fields;
  at_ = more ? place::first : place::nothing;
  return now;
}

}  // namespace skein::mysql
