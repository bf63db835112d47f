// The answer to a statement of ours that asks for one row: the types of its columns and their
// values as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "backends/mysql/answer.hpp"

namespace skein::mysql {

struct single_row {
  std::vector<std::uint8_t> types = {};
  std::vector<std::optional<std::string_view>> values = {};  // of the bytes that were read
};
// Nothing: it is another answer.
std::optional<single_row> read_single_row(byte_view answered, answer_shape shape);

}  // namespace skein::mysql
