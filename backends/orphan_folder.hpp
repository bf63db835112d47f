// The folder in which what only one member has is kept for people, whatever its database: made
// beside its place and put there when it is whole, with a README.txt by whose mark the same is not
// kept twice.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "backends/error.hpp"

namespace skein {

class orphan_folder {
 public:
  // BELOW/MEMBER-TIME, of which only .part is there yet; nobody else may look into it. What it is
  // for stands in errors.
  static result<orphan_folder> begin(const std::filesystem::path& below, const std::string& member);
  // What is not finished goes with it.
  ~orphan_folder();
  orphan_folder(orphan_folder&& other) noexcept;
  orphan_folder(const orphan_folder&) = delete;

  const std::filesystem::path& part() const { return part_; }
  // It is whole, and where it stays.
  result<std::filesystem::path> finish(const std::string& readme);

 private:
  explicit orphan_folder(std::filesystem::path whole);

  std::filesystem::path whole_ = {};
  std::filesystem::path part_ = {};  // empty: there is none any more
};

// In which that mark is a line of the README.txt; empty: there is none.
std::filesystem::path kept_before(const std::filesystem::path& below, const std::string& mark);

// How a README.txt begins: what is in it, and when it was kept.
std::string kept_heading(const std::string& member, const std::string& leader);
std::string transactions_in_words(std::uint64_t count);  // "1 transaction"

}  // namespace skein
