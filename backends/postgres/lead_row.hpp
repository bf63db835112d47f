// Skein's own row on who leads, skein.lead, as PostgreSQL has it: in the database that Skein's own
// connections go to. backends/postgres/roles reads it on each member and has the leader write it.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "backends/postgres/libpq_session.hpp"
#include "backends/roles.hpp"

namespace skein::postgres {

// Empty: there is none, or this role may not read it.
result<std::optional<lead_record>> read_lead(libpq_session& by);
result<void> write_lead(libpq_session& by, const lead_record& which);

// What makes its place; it may be run again.
std::span<const std::string_view> lead_table();

}  // namespace skein::postgres
