// What the console answers with: named columns and rows of text, whole numbers or nothing. A
// backend turns it into its own wire's messages.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace skein::console {

enum class column_kind : std::uint8_t { text, integer };

struct column {
  std::string_view name = {};
  column_kind kind = column_kind::text;
};

using cell = std::variant<std::monostate, std::string, std::int64_t>;  // monostate: null
using row = std::vector<cell>;

// Null where there is nothing to tell. Every wire promises UTF-8, which what clients say need not
// be: then what is beyond ASCII becomes '?'.
cell text(std::string_view value);
// Of a text that may be very long: no more than so many bytes, and then that there was more.
std::string beginning_of(std::string_view text, std::size_t most);

// Without columns it is the answer of a command that does something.
struct table {
  std::span<const column> columns = {};  // see columns_of
  std::vector<row> rows = {};
  std::string notice = {};  // said besides; empty: nothing
};

}  // namespace skein::console
