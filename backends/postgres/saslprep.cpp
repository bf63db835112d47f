#include "backends/postgres/saslprep.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace skein::postgres {

namespace {

struct code_range {
  char32_t first;
  char32_t last;
};

// RFC 3454, C.1.2.
constexpr code_range exotic_spaces[] = {{0xa0, 0xa0},     {0x1680, 0x1680}, {0x2000, 0x200b},
                                        {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}};
// B.1.
constexpr code_range invisible[] = {{0xad, 0xad},     {0x34f, 0x34f},   {0x1806, 0x1806},
                                    {0x180b, 0x180d}, {0x200c, 0x200d}, {0x2060, 0x2060},
                                    {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}};
// C.2.1 to C.9, and of A.1 (not assigned in Unicode 3.2) the planes where emoji are.
constexpr code_range prohibited[] = {
    {0x0, 0x1f},         {0x7f, 0x9f},       {0x340, 0x341},     {0x6dd, 0x6dd},
    {0x70f, 0x70f},      {0x180e, 0x180e},   {0x200e, 0x200f},   {0x2028, 0x202e},
    {0x2061, 0x2063},    {0x206a, 0x206f},   {0x2ff0, 0x2ffb},   {0xd800, 0xf8ff},
    {0xfdd0, 0xfdef},    {0xfff9, 0xfffd},   {0xfffe, 0xffff},   {0x10000, 0x102ff},
    {0x10350, 0x1cfff},  {0x1d173, 0x1d17a}, {0x1d800, 0x1ffff}, {0x2a6d7, 0x2f7ff},
    {0x2fa1e, 0x10ffff},
};

bool within(std::span<const code_range> ranges, char32_t code) {
  return std::ranges::any_of(
      ranges, [code](const code_range& one) { return one.first <= code && code <= one.last; });
}

// One code point off the front; nullopt where the bytes are no shortest-form UTF-8.
std::optional<char32_t> take_code(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80   ? 1
                           : lead < 0xc2 ? 0
                           : lead < 0xe0 ? 2
                           : lead < 0xf0 ? 3
                                         : 4;
  if (size == 0 || lead > 0xf4 || text.size() < size) return std::nullopt;
  char32_t code = size == 1 ? lead : lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return std::nullopt;
    code = (code << 6) | (next & 0x3fU);
  }
  const bool longer_than_needed = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  if (longer_than_needed || code > 0x10ffff) return std::nullopt;
  text.remove_prefix(size);
  return code;
}

}  // namespace

std::string saslprep(std::string_view password) {
  const bool ascii =
      std::ranges::all_of(password, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) return std::string(password);
  std::string prepared;
  for (auto rest = password; !rest.empty();) {
    const auto before = rest;
    const auto code = take_code(rest);
    if (!code) return std::string(password);
    if (within(exotic_spaces, *code)) {
      prepared.push_back(' ');
    } else if (within(invisible, *code)) {
      continue;
    } else if (within(prohibited, *code)) {
      return std::string(password);
    } else {
      prepared.append(before.substr(0, before.size() - rest.size()));
    }
  }
  return prepared.empty() ? std::string(password) : prepared;
}

}  // namespace skein::postgres
