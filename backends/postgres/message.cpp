#include "backends/postgres/message.hpp"

namespace skein::postgres {

message_writer& message_writer::begin(char type) {
  out_.push_back(type);
  return begin_startup();
}

message_writer& message_writer::begin_startup() {
  length_at_ = out_.size();
  out_.append(length_bytes, '\0');
  return *this;
}

message_writer& message_writer::byte(char value) {
  out_.push_back(value);
  return *this;
}

message_writer& message_writer::u16(std::uint16_t value) {
  return byte(static_cast<char>(value >> 8)).byte(static_cast<char>(value & 0xff));
}

message_writer& message_writer::u32(std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out_.push_back(static_cast<char>((value >> shift) & 0xff));
  return *this;
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

void message_writer::end() {
  const auto length = static_cast<std::uint32_t>(out_.size() - length_at_);
  for (std::size_t i = 0; i < length_bytes; ++i)
    out_[length_at_ + i] = static_cast<char>((length >> (24 - 8 * i)) & 0xff);
}

char field_reader::byte() {
  const auto taken = take(1);
  return taken.empty() ? '\0' : static_cast<char>(taken.front());
}

std::uint16_t field_reader::u16() {
  const auto taken = take(2);
  if (taken.empty()) return 0;
  return static_cast<std::uint16_t>(std::to_integer<int>(taken[0]) << 8 |
                                    std::to_integer<int>(taken[1]));
}

std::uint32_t field_reader::u32() {
  const auto taken = take(4);
  return taken.empty() ? 0 : load_u32(taken.data());
}

result<std::optional<message>> take_message(byte_view& input, std::uint32_t limit, fault sender) {
  if (input.size() < header_bytes) return std::optional<message>();
  const auto length = load_u32(input.data() + 1);
  if (length < length_bytes || length > limit) {
    return failure(error_kind::protocol, sender,
                   "a message of " + std::to_string(length) + " bytes has no place in a login",
                   "limit " + std::to_string(limit) + " bytes");
  }
  const std::size_t whole = 1 + std::size_t{length};
  if (input.size() < whole) return std::optional<message>();
  const message taken{static_cast<char>(input.front()),
                      input.subspan(header_bytes, whole - header_bytes)};
  input = input.subspan(whole);
  return std::optional(taken);
}

}  // namespace skein::postgres
