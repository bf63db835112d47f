// What is asked of every member when all is over: who leads, who follows it and has everything, and
// which writes each of them holds. Scenes gather their evidence by it.
#pragma once

#include <functional>
#include <string>

#include "tests/faults/checker.hpp"
#include "tests/servers/tongue.hpp"

namespace skein::servers::faults {

struct surviving {
  const tongue& in;
  cluster& members;
  std::function<std::string()> status;  // as Skein tells it
  bool may_fence = true;
};

// Whether the status says so, or that it was led back, and that whom it is to follow will not have
// it, since it has writes of its own.
bool stays_outside(const std::string& status, const std::string& member);

// Waits until who follows has everything, or is outside, and adds what they hold.
void read_back(const surviving& of, evidence& into);

}  // namespace skein::servers::faults
