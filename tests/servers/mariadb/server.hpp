// A MariaDB 10.11 server under test, replicating by GTID.
#pragma once

#include "tests/servers/server.hpp"

namespace skein::servers::mariadb {

std::unique_ptr<server> make_server(std::string name, std::filesystem::path folder,
                                    server_options options,
                                    const std::filesystem::path& data_to_copy);

}  // namespace skein::servers::mariadb
