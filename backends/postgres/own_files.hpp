// What stands in a PostgreSQL server's data and is its own all the same: its settings, keys, its
// log. pg_rewind and pg_basebackup bring those of the leader instead. They are put aside before,
// into a folder beside the data, which also tells how far an attempt that was interrupted had come.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "backends/error.hpp"

namespace skein::postgres {

class own_files {
 public:
  enum class progress : std::uint8_t { none, saved, changing, changed, swapping };

  explicit own_files(std::filesystem::path data);
  ~own_files();
  own_files(const own_files&) = delete;
  own_files& operator=(const own_files&) = delete;

  // Nobody else may, as long as this lives.
  result<void> lock();
  progress how_far() const;
  result<void> note(progress reached) const;
  result<void> save() const;
  // As they were, also in another folder than that of which they were saved.
  result<void> restore(const std::filesystem::path& into) const;
  result<void> forget() const;
  // Where a copy is made, beside the data.
  std::filesystem::path copy() const { return folder_ / "copy"; }

 private:
  std::filesystem::path data_;
  std::filesystem::path folder_;
  int lock_ = -1;
};

// Whether a name in the data is of the server's contents, the same on all members.
bool is_contents(std::string_view name);

}  // namespace skein::postgres
