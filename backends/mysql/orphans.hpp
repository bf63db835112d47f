// What an old MySQL or MariaDB leader has and no other: its errant GTIDs with their rows, read from
// its binary log while it runs, and kept in a folder before anybody copies other data over it.
#pragma once

#include <memory>

#include "backends/rejoin.hpp"

namespace skein::mysql {

std::unique_ptr<skein::orphan_writer> make_orphan_writer(const rejoin_settings& how);

}  // namespace skein::mysql
