// Reads what one database defines from its leader's catalogs, by libpq, and makes a catalog of it.
#pragma once

#include <memory>

#include "backends/definitions.hpp"

namespace skein::postgres {

std::unique_ptr<skein::catalog_reader> make_catalog_reader(const catalog_settings& how);

}  // namespace skein::postgres
