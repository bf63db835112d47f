// SHOW STATEMENTS: where statements of each form were sent, and why the last one was. Each core
// copies what its router has counted; who asks adds it up and makes the sentences, for few of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/facts.hpp"
#include "console/table.hpp"
#include "proxy/settings.hpp"

namespace skein::proxy {

class branch;

// Of the text of one that the console tells.
inline constexpr std::size_t statement_text_max = 1024;

// Of one form on one core. Its facts are another core's by then: but for what is kept there by
// others they never change.
struct statement_count {
  std::size_t cluster = 0;
  std::shared_ptr<const statement_facts> facts = {};
  statement_facts::route_tally tally = {};
  std::string member = {};
  std::string rule = {};
};

class statement_counts {
 public:
  static constexpr std::size_t told_max = 1000;

  // On the core's own thread.
  static std::vector<statement_count> of(branch& home, std::size_t cluster);

  void add(std::vector<statement_count> of_core);
  // Most called first.
  console::table told(const std::vector<cluster_settings>& clusters) &&;

 private:
  std::vector<statement_count> all_ = {};
};

}  // namespace skein::proxy
