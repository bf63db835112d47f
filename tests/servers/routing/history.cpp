#include "tests/servers/routing/history.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace skein::servers::freshness {
namespace {

constexpr std::size_t examples_max = 5;

struct write_heard {
  instant at;
  version value;
};

// The newest version of each row that had been heard of at any time.
class timeline {
 public:
  void add(const operation& write) {
    if (rows_.size() <= write.row) rows_.resize(write.row + 1);
    rows_[write.row].push_back({write.heard, write.value});
  }

  void close() {
    for (auto& row : rows_) {
      std::ranges::sort(row, {}, &write_heard::at);
      version newest = 0;
      for (auto& each : row) newest = each.value = std::max(newest, each.value);
    }
  }

  version at(std::size_t row, instant when) const {
    if (row >= rows_.size()) return 0;
    const auto later = std::ranges::lower_bound(rows_[row], when, {}, &write_heard::at);
    return later == rows_[row].begin() ? 0 : std::prev(later)->value;
  }

 private:
  std::vector<std::vector<write_heard>> rows_;
};

using versions = std::map<std::size_t, version>;

void raise(versions& known, std::size_t row, version value) {
  auto& stored = known[row];
  stored = std::max(stored, value);
}

version of(const versions& known, std::size_t row) {
  const auto found = known.find(row);
  return found == known.end() ? 0 : found->second;
}

class auditor {
 public:
  auditor(const std::vector<history>& all, milliseconds bound) : bound_(bound) {
    for (const auto& one : all)
      for (const auto& each : one) {
        if (!each.is_write()) continue;
        ++told_.writes;
        everybodys_.add(each);
      }
    everybodys_.close();
  }

  void hear(std::size_t client, const history& one) {
    timeline own;
    for (const auto& each : one)
      if (each.is_write()) own.add(each);
    own.close();
    for (const auto& each : one) {
      if (each.is_write()) {
        raise(written_[each.session], each.row, each.value);
      } else {
        judge(client, each, own);
      }
    }
  }

  verdict take() { return std::move(told_); }

 private:
  void judge(std::size_t client, const operation& read, const timeline& own) {
    ++told_.reads;
    if (read.may_follow) ++told_.may_follow;
    const auto& written = written_[read.session];
    auto& seen = seen_[read.session];
    const auto look = [&](lapse what, auto&& owed) {
      for (std::size_t row = 0; row < read.seen.size(); ++row)
        if (read.seen[row] < owed(row)) return note(what, client, read, row, owed(row));
    };
    look(lapse::own_of_session, [&](std::size_t row) { return of(written, row); });
    look(lapse::own_of_client, [&](std::size_t row) { return own.at(row, read.sent); });
    look(lapse::went_back, [&](std::size_t row) { return of(seen, row); });
    look(lapse::acknowledged, [&](std::size_t row) { return everybodys_.at(row, read.sent); });
    look(lapse::bound, [&](std::size_t row) { return everybodys_.at(row, read.sent - bound_); });
    for (std::size_t row = 0; row < read.seen.size(); ++row) raise(seen, row, read.seen[row]);
  }

  void note(lapse what, std::size_t client, const operation& read, std::size_t row, version owed) {
    const auto kind = static_cast<std::size_t>(what);
    if (++told_.counts[kind] > examples_max) return;
    const auto at = std::chrono::duration_cast<milliseconds>(read.sent.time_since_epoch()).count();
    told_.examples[kind].push_back(to_string(what) + ": client " + std::to_string(client) +
                                   ", session " + std::to_string(read.session) + ", at " +
                                   std::to_string(at) + " ms: row " + std::to_string(row) +
                                   " was seen as " + std::to_string(read.seen[row]) +
                                   ", owed was " + std::to_string(owed));
  }

  milliseconds bound_;
  timeline everybodys_;
  std::map<int, versions> written_;  // by session
  std::map<int, versions> seen_;
  verdict told_;
};

}  // namespace

std::string to_string(lapse what) {
  switch (what) {
    case lapse::own_of_session:
      return "a write of the same session was missed";
    case lapse::own_of_client:
      return "a write of the same client was missed";
    case lapse::went_back:
      return "a session went back in time";
    case lapse::acknowledged:
      return "an acknowledged write was missed";
    case lapse::bound:
      return "a write older than the bound was missed";
  }
  std::unreachable();
}

verdict audit(const std::vector<history>& all, milliseconds bound) {
  auditor judge(all, bound);
  for (std::size_t client = 0; client < all.size(); ++client) judge.hear(client, all[client]);
  return judge.take();
}

}  // namespace skein::servers::freshness
