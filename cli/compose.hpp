// From settings to parts: what the file says, with certificates loaded and names looked up. Nothing
// is started here, so `skein check` can go as far and report what `skein run` would trip over.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "cluster/keeper.hpp"
#include "cluster/watch.hpp"
#include "conf/load.hpp"
#include "metrics/admin_server.hpp"
#include "metrics/log.hpp"
#include "proxy/settings.hpp"

namespace skein::cli {

struct parts {
  proxy::proxy_settings proxy = {};
  std::vector<cluster::watch_settings> watches = {};   // one a cluster, in its order
  std::vector<cluster::keeper_settings> keepers = {};  // likewise
  std::vector<std::optional<coordination::council_settings>> councils = {};  // likewise
  metrics::admin_settings admin = {};
  std::string admin_token = {};
  metrics::log::settings log = {};
  std::optional<net::endpoint> takeover = {};  // where a newer process asks for our place
  std::chrono::milliseconds linger{10'000};    // for clients, once it has it
};

// The error is one sentence.
std::expected<parts, std::string> compose(const conf::settings& from);
// What the console tells of the settings.
console::table compose_settings_table(const conf::loaded& from, const std::string& file);

net::endpoint endpoint_of(const conf::endpoint& where);

}  // namespace skein::cli
