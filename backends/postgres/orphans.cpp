#include "backends/postgres/orphans.hpp"

#include <algorithm>
#include <fstream>
#include <utility>
#include <vector>

#include "backends/orphan_folder.hpp"
#include "backends/postgres/wal_summary.hpp"

namespace skein::postgres {

namespace fs = std::filesystem;

namespace {

std::unexpected<error> cannot(const std::string& what, const std::error_code& why) {
  return failure(error_kind::internal, fault::us, what + ": " + why.message());
}

// What tells one range from another.
std::string mark_of(const orphan_range& range) {
  return "system " + range.of.identity + ", timeline " + std::to_string(range.of.last_timeline()) +
         ", from " + lsn_text(range.from.at);
}

// Histories of timelines between need their own range: that of the last is what pg_waldump reads,
// but all segments from that point on are kept.
std::vector<fs::path> segments_of(const server_files& files, const orphan_range& range,
                                  std::error_code& failed) {
  const std::string first = segment_name(0, range.from.at, range.of.segment_bytes).substr(8);
  const std::string least =
      segment_name(range.from.timeline, 0, range.of.segment_bytes).substr(0, 8);
  const std::string most =
      segment_name(range.of.last_timeline(), 0, range.of.segment_bytes).substr(0, 8);
  std::vector<fs::path> out;
  for (fs::directory_iterator at(files.data() / "pg_wal", failed), end; !failed && at != end;
       at.increment(failed)) {
    const std::string name = at->path().filename().string();
    const bool is_segment =
        name.find_first_not_of("0123456789ABCDEF") == name.npos || name.ends_with(".partial");
    if (name.ends_with(".history")) {
      if (name.substr(0, 8) <= most) out.push_back(at->path());
    } else if (name.size() >= 24 && is_segment && name.substr(8, 16) >= first &&
               name.substr(0, 8) >= least && name.substr(0, 8) <= most) {
      out.push_back(at->path());
    }
  }
  std::ranges::sort(out);
  return out;
}

struct reading {
  wal_summary found = {};
  bool counted = false;
};

// Into a file, for it may be long. It ends with an error where the log ends in mid-record, as that
// of a server that was killed does.
reading read_records(const server_files& files, const orphan_range& range, const fs::path& into) {
  reading out;
  std::ofstream file(into, std::ios::trunc);
  const auto first = segment_name(range.of.last_timeline(), range.from.at, range.of.segment_bytes);
  const bool whole = range.from.timeline == range.of.last_timeline() &&
                     fs::exists(files.data() / "pg_wal" / first);
  const auto done = files.run(
      {.name = "pg_waldump",
       .arguments = {"-p", (files.data() / "pg_wal").string(), "-t",
                     std::to_string(range.of.last_timeline()), "-s", lsn_text(range.from.at)},
       .hears = [&](std::string_view said) {
         out.found.take(said);
         file << said;
       }});
  out.found.end();
  file.close();
  const bool reads = done || out.found.records() > 0 ||
                     done.error().detail_for_log.contains("could not find a valid record after");
  out.counted = whole && reads && file.good();
  return out;
}

std::string explanation(const orphan_range& range, const reading& read) {
  const std::string& a = range.member;
  const std::string timeline = std::to_string(range.of.last_timeline());
  std::string text =
      kept_heading(a, range.leader) + mark_of(range) + "\n\n" +
      (read.counted
           ? transactions_in_words(read.found.transactions()) + " were committed on " + a + " alone"
           : "Nobody could count the transactions that were committed on " + a + " alone") +
      (read.found.last().empty() ? "" : "; the log goes on to " + read.found.last()) +
      ".\n\nwal/           the log of " + a + " from the segment of that point on\n" +
      "records.txt    what pg_waldump reads in it, from that point on\n\n"
      "To read it again, with the programs of PostgreSQL's same version:\n\n"
      "  pg_waldump -p wal -t " +
      timeline + " -s " + lsn_text(range.from.at) +
      "\n\nIt names tables and rows by numbers (rel tablespace/database/file, offsets in blocks): "
      "which table\nthat is, pg_filenode_relation() says. Nothing here is read by Skein again: "
      "when "
      "you have what you\nneed, delete this folder.\n";
  if (!read.found.some().empty()) text += "\nCommitted on " + a + " alone:\n";
  for (const auto& each : read.found.some())
    text +=
        "  " + each.when + "  transaction " + std::to_string(each.xid) + " at " + each.where + "\n";
  return text;
}

}  // namespace

result<kept_orphans> keep_range(const server_files& files, const orphan_range& range,
                                const fs::path& below) {
  auto made = orphan_folder::begin(below, range.member);
  if (!made) return std::unexpected(std::move(made.error()));
  const fs::path& part = made->part();
  const reading read = read_records(files, range, part / "records.txt");
  kept_orphans out{.transactions = read.found.transactions(), .counted = read.counted};
  if (read.counted && read.found.transactions() == 0) return out;
  out.folder = kept_before(below, mark_of(range));
  if (!out.folder.empty()) return out;
  std::error_code failed;
  fs::create_directories(part / "wal", failed);
  if (failed) return cannot("cannot write " + part.string(), failed);
  for (const fs::path& each : segments_of(files, range, failed)) {
    fs::copy_file(each, part / "wal" / each.filename(), failed);
    if (failed) return cannot("cannot keep " + each.string() + " in " + part.string(), failed);
  }
  if (failed) return cannot("cannot read the log in " + files.data().string(), failed);
  auto whole = made->finish(explanation(range, read));
  if (!whole) return std::unexpected(std::move(whole.error()));
  out.folder = *std::move(whole);
  return out;
}

}  // namespace skein::postgres
