#include "backends/postgres/wal_summary.hpp"

#include <charconv>

namespace skein::postgres {

namespace {

constexpr std::size_t some_at_most = 1000;

// "rmgr: Transaction len (rec/tot):     34/    34, tx:        740, lsn: 0/03000110, prev ...,
//  desc: COMMIT 2026-11-23 19:28:22.123456 UTC"
std::string_view behind(std::string_view line, std::string_view label) {
  const auto at = line.find(label);
  if (at == line.npos) return {};
  std::string_view rest = line.substr(at + label.size());
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  return rest;
}

std::string_view up_to(std::string_view text, std::string_view ends) {
  return text.substr(0, text.find_first_of(ends));
}

}  // namespace

void wal_summary::take(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto line_end = bytes.find('\n');
    pending_ += bytes.substr(0, line_end);
    if (line_end == bytes.npos) return;
    bytes.remove_prefix(line_end + 1);
    take_line(pending_);
    pending_.clear();
  }
}

void wal_summary::end() {
  take_line(pending_);
  pending_.clear();
}

void wal_summary::take_line(std::string_view line) {
  if (!line.starts_with("rmgr: ")) return;  // what it says of the end of the log
  const std::string_view kind = up_to(behind(line, "rmgr:"), " ");
  const std::string_view tx = up_to(behind(line, " tx:"), ",");
  const std::string_view desc = behind(line, " desc:");
  ++records_;
  last_ = up_to(behind(line, " lsn:"), ",");
  std::uint64_t xid = 0;
  std::from_chars(tx.data(), tx.data() + tx.size(), xid);
  if (xid == 0) return;
  if (kind != "Transaction") {
    const bool ours = kind == "LogicalMessage" && desc.contains("prefix \"skein\"");
    auto& held = open_.try_emplace(xid, content::only_ours).first->second;
    if (!ours) held = content::others;
    return;
  }
  const std::string_view verb = up_to(desc, " ");
  if (verb == "ABORT") open_.erase(xid);
  if (verb != "COMMIT" && verb != "PREPARE" && verb != "COMMIT_PREPARED") return;
  const auto known = open_.find(xid);
  const bool ours =
      known != open_.end() && known->second == content::only_ours && !desc.contains("subxacts");
  if (known != open_.end()) open_.erase(known);
  if (ours) return;
  ++transactions_;
  if (some_.size() == some_at_most) return;
  const std::string_view when = desc.size() > verb.size() ? desc.substr(verb.size() + 1) : "";
  some_.push_back({xid, std::string(up_to(when, ";")), last_});
}

}  // namespace skein::postgres
