#include "backends/postgres/rewording.hpp"

#include <algorithm>
#include <charconv>

#include "backends/postgres/message.hpp"

namespace skein::postgres {

namespace {

// A position counts from 1.
std::string position_there(std::string_view position, const rewording& words) {
  std::int64_t at = 0;
  const auto read = std::from_chars(position.data(), position.data() + position.size(), at);
  if (read.ec != std::errc()) return std::string(position);
  std::int64_t shift = 0;
  for (const auto& place : words.places) {
    const auto size = static_cast<std::int64_t>(place.ours.size());
    if (at - 1 >= place.begin + size) shift += place.theirs_size - size;
  }
  return std::to_string(at + shift);
}

std::string names_there(std::string_view told, const rewording& words) {
  std::string text(told);
  for (const auto& place : words.places) {
    if (place.ours.empty()) continue;
    std::size_t from = 0;
    while ((from = text.find(place.ours, from)) != text.npos) {
      const std::size_t end = from + place.ours.size();
      const bool longer = end < text.size() && text[end] >= '0' && text[end] <= '9';
      if (!longer) text.replace(from, place.ours.size(), place.theirs);
      from += longer ? place.ours.size() : place.theirs.size();
    }
  }
  return text;
}

}  // namespace

std::uint32_t characters_in(std::string_view text, bool utf8) {
  if (!utf8) return static_cast<std::uint32_t>(text.size());
  return static_cast<std::uint32_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }));
}

std::string reword_error(byte_view message, const rewording& words) {
  std::string out;
  message_writer told(out);
  told.begin(from_backend::error_response);
  field_reader fields(message.subspan(header_bytes));
  for (char field = fields.byte(); field != '\0'; field = fields.byte()) {
    const std::string_view value = fields.text();
    told.byte(field);
    if (field == 'P') {
      told.text(position_there(value, words));
    } else if (field == 'M') {
      told.text(names_there(value, words));
    } else {
      told.text(value);
    }
  }
  told.byte('\0').end();
  return out;
}

}  // namespace skein::postgres
