// One client's session of the load: a statement at a time, and what became of it, in any engine.
// Lighter than connection.hpp's, which has a thread for each question.
#pragma once

#include <memory>
#include <string>

#include "tests/servers/tongue.hpp"

namespace skein::servers::faults {

struct reaction {
  std::string code;   // empty: it went well
  std::string text;   // of the error
  std::string value;  // first column of the first row
  bool ok() const { return code.empty(); }
};

class wire {
 public:
  virtual ~wire() = default;
  virtual reaction say(const std::string& sql) = 0;
};

// As app, in database app. Nothing, with its words in `why`: it was not let in.
std::unique_ptr<wire> open_wire(engine which, std::uint16_t port, reaction& why);

// Whether who heard that of a statement that commits cannot know what became of it.
bool leaves_in_doubt(const tongue& in, const reaction& heard);

}  // namespace skein::servers::faults
