#include "backends/orphan_folder.hpp"

#include <array>
#include <ctime>
#include <fstream>
#include <iterator>
#include <utility>

namespace skein {

namespace fs = std::filesystem;

namespace {

std::unexpected<error> cannot(const std::string& what, const std::error_code& why) {
  return failure(error_kind::internal, fault::us, what + ": " + why.message());
}

std::string now_in_words(const char* form) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), form, &utc);
  return text.data();
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

orphan_folder::orphan_folder(fs::path whole) : whole_(std::move(whole)), part_(whole_) {
  part_ += ".part";
}

orphan_folder::orphan_folder(orphan_folder&& other) noexcept
    : whole_(std::move(other.whole_)), part_(std::exchange(other.part_, {})) {}

orphan_folder::~orphan_folder() {
  std::error_code failed;
  if (!part_.empty()) fs::remove_all(part_, failed);
}

result<orphan_folder> orphan_folder::begin(const fs::path& below, const std::string& member) {
  std::error_code failed;
  fs::create_directories(below, failed);
  if (failed)
    return cannot("what only " + member + " has cannot be kept in " + below.string(), failed);
  orphan_folder made(below / (member + "-" + now_in_words("%Y%m%dT%H%M%SZ")));
  fs::remove_all(made.part_, failed);
  fs::create_directories(made.part_, failed);
  if (!failed) fs::permissions(made.part_, fs::perms::owner_all, failed);
  if (failed) return cannot("cannot write " + made.part_.string(), failed);
  return made;
}

result<fs::path> orphan_folder::finish(const std::string& readme) {
  std::ofstream about(part_ / "README.txt");
  about << readme;
  about.close();
  if (!about)
    return cannot("cannot write " + part_.string(), std::make_error_code(std::errc::io_error));
  std::error_code failed;
  fs::rename(part_, whole_, failed);
  if (failed) return cannot("cannot write " + whole_.string(), failed);
  part_.clear();
  return whole_;
}

fs::path kept_before(const fs::path& below, const std::string& mark) {
  std::error_code failed;
  for (fs::directory_iterator at(below, failed), end; !failed && at != end; at.increment(failed)) {
    if (at->path().extension() != ".part" &&
        text_of(at->path() / "README.txt").contains("\n" + mark + "\n"))
      return at->path();
  }
  return {};
}

std::string kept_heading(const std::string& member, const std::string& leader) {
  return "What " + member + " had written when it stopped to lead, and " + leader +
         " had not received.\nKept by Skein at " + now_in_words("%F %T UTC") + ", before " +
         member + " was made a follower of " + leader + ".\n\n";
}

std::string transactions_in_words(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " transaction" : " transactions");
}

}  // namespace skein
