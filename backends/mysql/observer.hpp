// How one MySQL or MariaDB server is: whether it takes writes or follows, how far its log goes, how
// far behind it is.
#pragma once

#include <memory>

#include "backends/members.hpp"

namespace skein::mysql {

std::unique_ptr<skein::observer> make_observer(const observer_settings& how);

}  // namespace skein::mysql
