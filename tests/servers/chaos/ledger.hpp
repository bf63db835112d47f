// What clients were told of their transactions, against what the leader holds in the end. Pure;
// each client keeps a ledger of its own and rounds.cpp has them audited.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace skein::servers::chaos {

enum class outcome {
  acknowledged,
  failed,   // with certainty: nothing of it may ever be seen
  unknown,  // the answer to its COMMIT is lost: all of it or nothing
};

using transaction_id = std::int64_t;

// One transaction as the leader holds it.
struct stored {
  transaction_id id = 0;
  int rows = 0;
  int parts = 0;  // different ones; fewer than rows: some are there twice
};

class ledger {
 public:
  void record(transaction_id id, int parts, outcome what);
  void merge(const ledger& other);
  std::size_t count(outcome what) const { return counts_[static_cast<std::size_t>(what)]; }

  // One sentence for each transaction that is not as its client was told.
  std::vector<std::string> audit(const std::vector<stored>& held) const;

 private:
  struct entry {
    int parts;
    outcome what;
  };
  std::unordered_map<transaction_id, entry> entries_;
  std::array<std::size_t, 3> counts_{};
};

}  // namespace skein::servers::chaos
