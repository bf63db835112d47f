// The databases that this Skein knows, by the name that a settings file gives them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backends/backend.hpp"

namespace skein {

const backend* find_backend(std::string_view name);  // null: no such database
std::vector<std::string> backend_names();            // the default first

}  // namespace skein
