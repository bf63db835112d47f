// Every key with its default and its meaning, one below the other, for a person at a terminal;
// made from the same tables as the loader. `skein check --keys` prints it.
#pragma once

#include <string>
#include <vector>

namespace skein::conf {

std::string reference(const std::vector<std::string>& engines);

}  // namespace skein::conf
