// Users of MySQL and MariaDB, by what mysql.user or mysql.global_priv stores for them, or by a
// query of the settings.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backends/directory.hpp"
#include "backends/mysql/wire_session.hpp"

namespace skein::mysql {

std::unique_ptr<skein::directory> make_directory(const directory_settings& how);

// Of a query of the settings each ? is the user who is looked up.
std::string with_user(std::string_view query, std::string_view user, flavour of);

// What the answer to our own question says of the user who was asked for; nullopt: nobody is let in
// by it.
std::optional<credentials> read_accounts(const std::string& asked, const wire_result& told);
// The same of a query of the settings. The error is for the log.
std::expected<std::optional<credentials>, std::string> read_user(const std::string& asked,
                                                                 const wire_result& told);

}  // namespace skein::mysql
