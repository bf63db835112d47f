// Winds a PostgreSQL server's data back to where the leader's history began to differ (pg_rewind),
// or copies the leader's (pg_basebackup), so that it comes up as a follower.
#pragma once

#include <memory>

#include "backends/rejoin.hpp"

namespace skein::postgres {

std::unique_ptr<skein::rejoiner> make_rejoiner(const rejoin_settings& how);

}  // namespace skein::postgres
