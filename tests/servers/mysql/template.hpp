// The data directory that every MySQL 9 member starts as.
#pragma once

#include <filesystem>

namespace skein::servers::mysql {

// Initialised, with the users and the database of server.hpp, and no binary log yet: so that copies
// of it agree and replicate from its very beginning.
void make_data(const std::filesystem::path& data);

std::filesystem::path data_template();  // the cached one

}  // namespace skein::servers::mysql
