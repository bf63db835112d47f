// Has a PostgreSQL server lead, follow, or take no more writes, over a connection of its own.
#pragma once

#include <memory>

#include "backends/roles.hpp"

namespace skein::postgres {

std::unique_ptr<skein::role_changer> make_role_changer(const role_settings& how);

}  // namespace skein::postgres
