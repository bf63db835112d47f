// Where MySQL 9 is: a folder that scripts/mysql-tree.sh unpacks Debian's packages into, once.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace skein::servers::mysql {

// Unpacks it when it is not there; throws with the script's words when that cannot be done.
std::filesystem::path tree();

// The command that runs one of its programs (mysqld, mysql, mysqlrouter).
std::vector<std::string> tree_command(const std::string& program);

}  // namespace skein::servers::mysql
