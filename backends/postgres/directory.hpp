// PostgreSQL's users, by a query that gives a name and what pg_authid stores for it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backends/directory.hpp"

namespace skein::postgres {

std::unique_ptr<skein::directory> make_directory(const directory_settings& how);

// What a row of the query's answer says of the user who was asked for; nullopt: nobody is let in
// by it. The error is for the log.
std::expected<std::optional<credentials>, std::string> read_user(
    const std::string& asked, std::string_view name, std::optional<std::string_view> stored);

}  // namespace skein::postgres
