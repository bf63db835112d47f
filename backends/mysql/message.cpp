#include "backends/mysql/message.hpp"

#include <algorithm>

namespace skein::mysql {

namespace {

void append_little_endian(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes; ++at) out.push_back(static_cast<char>(value >> (8 * at)));
}

}  // namespace

message_writer& message_writer::begin(std::uint8_t number) {
  number_ = number;
  begun_at_ = out_.size();
  out_.append(header_bytes, '\0');
  return *this;
}

message_writer& message_writer::u8(std::uint8_t value) {
  out_.push_back(static_cast<char>(value));
  return *this;
}

message_writer& message_writer::u16(std::uint16_t value) {
  append_little_endian(out_, value, 2);
  return *this;
}

message_writer& message_writer::u24(std::uint32_t value) {
  append_little_endian(out_, value, 3);
  return *this;
}

message_writer& message_writer::u32(std::uint32_t value) {
  append_little_endian(out_, value, 4);
  return *this;
}

message_writer& message_writer::u64(std::uint64_t value) {
  append_little_endian(out_, value, 8);
  return *this;
}

message_writer& message_writer::counted(std::uint64_t value) {
  if (value < 0xfb) return u8(static_cast<std::uint8_t>(value));
  if (value <= 0xffff) return u8(0xfc).u16(static_cast<std::uint16_t>(value));
  if (value <= 0xffffff) return u8(0xfd).u24(static_cast<std::uint32_t>(value));
  return u8(0xfe).u64(value);
}

message_writer& message_writer::counted_text(std::string_view value) {
  return counted(value.size()).raw(value);
}

message_writer& message_writer::text(std::string_view value) {
  out_.append(value.substr(0, value.find('\0')));
  out_.push_back('\0');
  return *this;
}

message_writer& message_writer::raw(std::string_view value) {
  out_.append(value);
  return *this;
}

// A body of exactly the longest length is followed by an empty packet: else it would go on.
void message_writer::end() {
  const auto put_header = [&](std::size_t at, std::size_t size) {
    std::string header;
    append_little_endian(header, size, 3);
    header.push_back(static_cast<char>(number_++));
    out_.replace(at, header_bytes, header);
  };
  std::size_t left = out_.size() - begun_at_ - header_bytes;
  while (left >= body_max) {
    put_header(begun_at_, body_max);
    begun_at_ += header_bytes + body_max;
    out_.insert(begun_at_, header_bytes, '\0');
    left -= body_max;
  }
  put_header(begun_at_, left);
}

std::uint64_t field_reader::number(std::size_t bytes) {
  const byte_view taken = take(bytes);
  std::uint64_t value = 0;
  for (std::size_t at = taken.size(); at-- > 0;)
    value = value << 8 | std::to_integer<std::uint64_t>(taken[at]);
  return value;
}

std::uint8_t field_reader::u8() {
  return static_cast<std::uint8_t>(number(1));
}

std::uint16_t field_reader::u16() {
  return static_cast<std::uint16_t>(number(2));
}

std::uint32_t field_reader::u24() {
  return static_cast<std::uint32_t>(number(3));
}

std::uint32_t field_reader::u32() {
  return static_cast<std::uint32_t>(number(4));
}

std::uint64_t field_reader::u64() {
  return number(8);
}

// 0xfb stands for NULL in a row, and 0xff begins an error: neither is a number.
std::uint64_t field_reader::counted() {
  const std::uint8_t first = u8();
  switch (first) {
    case 0xfb:
    case 0xff:
      fail();
      return 0;
    case 0xfc:
      return u16();
    case 0xfd:
      return u24();
    case 0xfe:
      return u64();
    default:
      return first;
  }
}

std::string_view field_reader::counted_text() {
  return raw(counted());
}

result<std::optional<message>> take_message(byte_view& input, std::uint8_t expected,
                                            std::uint32_t limit, fault sender) {
  const auto wrong = [&](const std::string& what) {
    return failure(error_kind::protocol, sender, "bytes that are no packet of a login", what);
  };
  if (input.size() < header_bytes) return std::nullopt;
  const std::uint32_t size = body_size(input.data());
  const std::uint8_t number = number_of(input.data());
  if (number != expected)
    return wrong("packet number " + std::to_string(number) + " in place of " +
                 std::to_string(expected));
  if (size > std::min(limit, body_max - 1))
    return wrong("a packet of " + std::to_string(size) + " bytes");
  if (input.size() - header_bytes < size) return std::nullopt;
  const message taken{number, input.subspan(header_bytes, size)};
  input = input.subspan(header_bytes + size);
  return taken;
}

}  // namespace skein::mysql
