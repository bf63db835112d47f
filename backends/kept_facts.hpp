// The facts that a core keeps, each once: what its reader of statements has, and what prepared
// statements keep when the reader has forgotten it.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "backends/facts.hpp"

namespace skein {

std::vector<std::shared_ptr<const statement_facts>> facts_kept_by(const auto& reader,
                                                                  const auto& statements) {
  std::vector<std::shared_ptr<const statement_facts>> found;
  found.reserve(reader.size() + statements.size());
  reader.for_each([&](const auto& each) { found.push_back(each); });
  statements.for_each([&](const auto& each) {
    if (each->routed.facts) found.push_back(each->routed.facts);
  });
  std::ranges::sort(found);
  const auto twice = std::ranges::unique(found);
  found.erase(twice.begin(), twice.end());
  return found;
}

}  // namespace skein
