// The settings in force, key by key, with their defaults and where each comes from: for a person
// who asks a running Skein. Made from the same tables as the loader; secrets are hidden.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conf/load.hpp"

namespace skein::conf {

struct listed_setting {
  std::string key = {};                     // clusters.main.pool.size
  std::optional<std::string> value = {};    // none: left out, and that means something
  std::optional<std::string> initial = {};  // what it is where the file says nothing
  std::string source = {};                  // "skein.yaml:7", "default", "derived"
};

std::vector<listed_setting> list_settings(const loaded& from, std::string_view file);

}  // namespace skein::conf
