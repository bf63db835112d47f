// Changes the role of one MySQL or MariaDB server: its own words over a connection of ours.
#pragma once

#include <memory>

#include "backends/roles.hpp"

namespace skein::mysql {

std::unique_ptr<skein::role_changer> make_role_changer(const role_settings& how);

}  // namespace skein::mysql
