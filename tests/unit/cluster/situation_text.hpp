// Situations of a cluster as text, each with the step and the sentence that are expected:
// tests/cases/cluster has them, README.md there says what may stand in them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cluster/moving.hpp"

namespace skein::cluster {

struct told_situation {
  std::string title = {};
  situation now = {};
  failover_policy policy = {};
  std::string does = {};  // "promote b"
  std::string says = {};
  std::string deposes = {};  // "a", "nobody", if asked
  std::string ends = {};     // "failed: SENTENCE", "done: SENTENCE", "not yet": the move, if asked
  std::optional<move_wish> asked = {};
  std::string answers = {};  // to that: "it goes to b", "no: SENTENCE"
};

// Of all *.cases of a folder; throws where a line means nothing.
std::vector<told_situation> read_situations(const std::filesystem::path& folder);

// The step as a case has it, and how the move ends by it.
std::string in_text(const situation& now, const decision& what);
std::string in_text(const std::optional<move_end>& what);
std::string names_of(const situation& now, const std::vector<std::size_t>& who);

}  // namespace skein::cluster
