#include "backends/postgres/own_files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <utility>

namespace skein::postgres {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 5> steps = {"none", "saved", "changing", "changed",
                                                   "swapping"};
// Too large to be copied, and moved back afterwards.
constexpr std::array<std::string_view, 2> logs = {"log", "pg_log"};

constexpr std::array<std::string_view, 16> contents = {"PG_VERSION",
                                                       "base",
                                                       "global",
                                                       "backup_label",
                                                       "tablespace_map",
                                                       "backup_label.old",
                                                       "tablespace_map.old",
                                                       "backup_manifest",
                                                       "postmaster.pid",
                                                       "postmaster.opts",
                                                       "current_logfiles",
                                                       "recovery.signal",
                                                       "standby.signal",
                                                       "recovery.done",
                                                       "pgsql_tmp",
                                                       "logical"};

result<void> outcome(const std::error_code& failed, const std::string& what) {
  if (!failed) return {};
  return failure(error_kind::internal, fault::us, what + ": " + failed.message());
}

bool is_log(const fs::path& name) {
  return std::ranges::find(logs, name.string()) != logs.end();
}

std::vector<fs::path> own_in(const fs::path& folder, std::error_code& failed) {
  std::vector<fs::path> out;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    const fs::path name = at->path().filename();
    if (!is_contents(name.string())) out.push_back(name);
  }
  return out;
}

}  // namespace

bool is_contents(std::string_view name) {
  if (name.starts_with("pg_"))
    return name != "pg_hba.conf" && name != "pg_ident.conf" && name != "pg_log";
  return std::ranges::find(contents, name) != contents.end();
}

own_files::own_files(fs::path data) : data_(std::move(data)), folder_(data_.string() + ".rejoin") {}

own_files::~own_files() {
  if (lock_ >= 0) close(lock_);
}

result<void> own_files::lock() {
  const std::string file = data_.string() + ".rejoin.lock";
  lock_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0)
    return outcome({errno, std::generic_category()}, "cannot write beside the data, " + file);
  if (flock(lock_, LOCK_EX | LOCK_NB) == 0) return {};
  return failure(error_kind::unsupported, fault::us,
                 "another `skein rejoin` is at work on " + data_.string());
}

own_files::progress own_files::how_far() const {
  std::ifstream file(folder_ / "step");
  std::string word;
  file >> word;
  const auto found = std::ranges::find(steps, word);
  return found == steps.end() ? progress::none : static_cast<progress>(found - steps.begin());
}

result<void> own_files::note(progress reached) const {
  const fs::path made = folder_ / "step.new";
  std::ofstream file(made, std::ios::trunc);
  file << steps[static_cast<std::size_t>(reached)] << "\n";
  file.close();
  if (!file) return failure(error_kind::internal, fault::us, "cannot write " + made.string());
  std::error_code failed;
  fs::rename(made, folder_ / "step", failed);
  return outcome(failed, "cannot write " + (folder_ / "step").string());
}

result<void> own_files::save() const {
  std::error_code failed;
  if (how_far() == progress::none) {
    fs::remove_all(folder_, failed);
    fs::create_directories(folder_ / "own", failed);
    if (failed) return outcome(failed, "cannot write beside the data, " + folder_.string());
    for (const fs::path& each : own_in(data_, failed)) {
      if (is_log(each)) continue;
      fs::copy(data_ / each, folder_ / "own" / each,
               fs::copy_options::recursive | fs::copy_options::copy_symlinks, failed);
      if (failed) return outcome(failed, "cannot put " + (data_ / each).string() + " aside");
    }
    if (failed) return outcome(failed, "cannot look into " + data_.string());
    if (auto done = note(progress::saved); !done) return done;
  }
  fs::create_directories(folder_ / "log", failed);
  for (const std::string_view each : logs) {
    if (!fs::exists(data_ / each, failed) || fs::exists(folder_ / "log" / each, failed)) continue;
    fs::rename(data_ / each, folder_ / "log" / each, failed);
    if (failed == std::errc::cross_device_link) continue;  // then it becomes as the leader's is
    if (failed) return outcome(failed, "cannot put " + (data_ / each).string() + " aside");
  }
  return {};
}

result<void> own_files::restore(const fs::path& into) const {
  std::error_code failed;
  for (const fs::path& each : own_in(into, failed)) {
    // Of the leader; a log that has been moved back already is ours.
    if (is_log(each) && !fs::exists(folder_ / "log" / each, failed)) continue;
    fs::remove_all(into / each, failed);
    if (failed) return outcome(failed, "cannot remove " + (into / each).string());
  }
  for (fs::directory_iterator at(folder_ / "own", failed), end; !failed && at != end;
       at.increment(failed)) {
    const fs::path to = into / at->path().filename();
    fs::copy(at->path(), to, fs::copy_options::recursive | fs::copy_options::copy_symlinks, failed);
    if (failed) return outcome(failed, "cannot put back " + to.string());
  }
  for (const std::string_view each : logs) {
    if (!fs::exists(folder_ / "log" / each, failed)) continue;
    fs::rename(folder_ / "log" / each, into / each, failed);
    if (failed) return outcome(failed, "cannot put back " + (into / each).string());
  }
  return outcome(failed, "cannot look into " + into.string());
}

result<void> own_files::forget() const {
  std::error_code failed;
  fs::remove_all(folder_, failed);
  return outcome(failed, "cannot remove " + folder_.string());
}

}  // namespace skein::postgres
