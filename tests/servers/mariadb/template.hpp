// The data directory that every MariaDB 10.11 member starts as.
#pragma once

#include <filesystem>

namespace skein::servers::mariadb {

// Initialised, with the users and the database of server.hpp, and no binary log yet: so that copies
// of it agree and replicate from its very beginning.
void make_data(const std::filesystem::path& data);

std::filesystem::path data_template();  // the cached one

}  // namespace skein::servers::mariadb
