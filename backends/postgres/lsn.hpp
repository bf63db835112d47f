// Positions in a write-ahead log: a timeline, and "16/B374D848" on it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "backends/members.hpp"

namespace skein::postgres {

std::optional<std::uint64_t> parse_lsn(std::string_view text);
// Without a readable text: nowhere (rank 0).
position make_position(std::uint64_t timeline, std::string_view lsn);

}  // namespace skein::postgres
