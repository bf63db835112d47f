// What the settings say of routing, as routing takes it. A part of compose.
#pragma once

#include <expected>
#include <string>

#include "backends/login_rules.hpp"
#include "conf/settings.hpp"
#include "proxy/settings.hpp"

namespace skein::cli {

network network_of(const conf::network& from);

// The error is one sentence.
std::expected<void, std::string> compose_routes(const conf::cluster_settings& from,
                                                proxy::cluster_settings& out);

}  // namespace skein::cli
