// The scenarios of several Skeins by name, and what each promises.
#pragma once

#include <span>
#include <string_view>

#include "tests/faults/figures.hpp"
#include "tests/faults/several.hpp"

namespace skein::servers::faults {

struct several_scenario {
  std::string_view name;
  std::string_view about;  // a line for people
  several_options how;
  void (*play)(several& at, int round);
  promise wants;
};

std::span<const several_scenario> several_scenarios();

}  // namespace skein::servers::faults
