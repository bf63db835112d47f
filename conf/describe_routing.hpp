// The paragraph of `describe` about which member serves which statement.
#pragma once

#include <string>

#include "conf/settings.hpp"

namespace skein::conf {

// Lines that are indented by two. Of a lone member only its rules are told.
std::string describe_routing(const cluster_settings& cluster);

}  // namespace skein::conf
