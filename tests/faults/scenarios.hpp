// The scenarios by name, what each promises, and what has to be there for it.
#pragma once

#include <span>
#include <string_view>

#include "tests/faults/figures.hpp"
#include "tests/faults/scene.hpp"

namespace skein::servers::faults {

struct scenario {
  std::string_view name;
  std::string_view about;  // a line for people
  scene_options (*set)(int round);
  void (*play)(scene& at, int round);
  promise wants;
  bool lasts = false;  // for its time, and is played once
};

std::span<const scenario> all_scenarios();

// How long those go on that have no end of their own.
void set_minutes(double minutes);

}  // namespace skein::servers::faults
