// The JSON Schema (draft 7) of a settings file, for editors; made from the tables in keys.hpp.
// `skein check --schema` prints it, conf/skein.schema.json is a copy that a test keeps true.
#pragma once

#include <string>
#include <vector>

namespace skein::conf {

std::string schema(const std::vector<std::string>& engines);

}  // namespace skein::conf
