// The data directory that every PostgreSQL member starts as.
#pragma once

#include <filesystem>
#include <string>

namespace skein::servers::postgres {

inline constexpr auto binaries = "/usr/lib/postgresql/15/bin";
inline constexpr auto superuser_password = "superuser-secret";

// PostgreSQL refuses to run as root: then it runs as the package's user; else as ourselves.
std::string server_user();

// initdb plus the users and the database of server.hpp, cleanly stopped: copies of it are each
// other's base backup.
void make_data(const std::filesystem::path& data);

std::filesystem::path data_template();  // the cached one

}  // namespace skein::servers::postgres
