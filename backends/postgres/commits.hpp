// Asks a server what became of a transaction, by its number. Numbers are used again by who is
// promoted: those from its mark on are others' there, and what had them before was never committed.
#pragma once

#include <memory>

#include "backends/commits.hpp"
#include "backends/members.hpp"

namespace skein::postgres {

// Of a number and marks as text; nothing: none of these tells, the server must.
std::optional<commit_fate> fate_by_marks(const std::string& token,
                                         std::span<const std::string> marks);

std::unique_ptr<commit_inquiry> make_commit_inquiry(const observer_settings& how);

}  // namespace skein::postgres
