// What servers must grant to the users that Skein comes as: grants_for of backends/backend.hpp.
#pragma once

#include <string>

#include "backends/grants.hpp"

namespace skein::mysql {

std::string grants_for(grants_feature what, const grants_request& who);

}  // namespace skein::mysql
