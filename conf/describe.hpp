// What Skein would do with these settings, in plain words; `skein check FILE` prints it.
#pragma once

#include <string>

#include "conf/settings.hpp"

namespace skein::conf {

std::string describe(const settings& what);

}  // namespace skein::conf
