// What a newer settings file says that the one in force does not, for a reload: each change in
// words for a person, and whether a running Skein can take it over. Made from the same tables as
// the loader; secrets are not shown. Pure: cli asks with what it has loaded.
#pragma once

#include <string>
#include <vector>

#include "conf/load.hpp"

namespace skein::conf {

struct change {
  std::string key = {};   // clusters.main.pool.size, clusters.main.users
  std::string text = {};  // "20 -> 40", "'eve' removed", "changed"
  bool wants_restart = false;

  bool operator==(const change&) const = default;
};

// "clusters.main.pool.size: 20 -> 40"
std::string to_string(const change& what);

std::vector<change> compare(const loaded& running, const loaded& next);

// Puts the listeners and clusters of `next` in the order of those that run, so that each has its
// number; for two of which `compare` says that no restart is wanted.
void put_in_order(const settings& running, settings& next);

}  // namespace skein::conf
