// Asks one PostgreSQL server for its role and positions, over a libpq connection that is kept.
#pragma once

#include <memory>

#include "backends/members.hpp"

namespace skein::postgres {

std::unique_ptr<skein::observer> make_observer(const observer_settings& how);

}  // namespace skein::postgres
