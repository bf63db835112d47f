// The SQL that gives Skein's roles what they need on PostgreSQL, and no more: for psql, by a
// superuser, on the leader. It has no passwords in it, and may be run again.
#pragma once

#include "backends/grants.hpp"

namespace skein::postgres {

std::string grants_for(grants_feature what, const grants_request& who);

}  // namespace skein::postgres
