// Reads what a server's databases define from its own tables of definitions, as the user who is
// given may see them, and makes a catalog of it: one of all databases, whichever is asked for,
// since a statement may name any.
#pragma once

#include <memory>

#include "backends/definitions.hpp"

namespace skein::mysql {

std::unique_ptr<skein::catalog_reader> make_catalog_reader(const catalog_settings& how);

}  // namespace skein::mysql
