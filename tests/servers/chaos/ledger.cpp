#include "tests/servers/chaos/ledger.hpp"

#include <stdexcept>
#include <unordered_set>

namespace skein::servers::chaos {

void ledger::record(transaction_id id, int parts, outcome what) {
  if (!entries_.emplace(id, entry{parts, what}).second)
    throw std::logic_error("transaction " + std::to_string(id) + " was recorded before");
  ++counts_[static_cast<std::size_t>(what)];
}

void ledger::merge(const ledger& other) {
  for (const auto& [id, each] : other.entries_) record(id, each.parts, each.what);
}

std::vector<std::string> ledger::audit(const std::vector<stored>& held) const {
  std::vector<std::string> findings;
  std::unordered_set<transaction_id> seen;
  for (const auto& each : held) {
    const auto name = "transaction " + std::to_string(each.id);
    seen.insert(each.id);
    const auto known = entries_.find(each.id);
    if (known == entries_.end()) {
      findings.push_back(name + " was never recorded and is there");
      continue;
    }
    if (known->second.what == outcome::failed)
      findings.push_back(name + " failed with certainty and is there");
    if (each.rows != each.parts) findings.push_back(name + " has a row more than once");
    if (each.parts != known->second.parts)
      findings.push_back(name + " is torn: " + std::to_string(each.parts) + " of " +
                         std::to_string(known->second.parts) + " rows are there");
  }
  for (const auto& [id, each] : entries_)
    if (each.what == outcome::acknowledged && !seen.contains(id))
      findings.push_back("transaction " + std::to_string(id) + " was acknowledged and is lost");
  return findings;
}

}  // namespace skein::servers::chaos
