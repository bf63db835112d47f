// For a while, to be who owns a folder: a server's programs will not run as root, and what they
// write must be theirs. Only for a process of one thread.
#pragma once

#include <sys/types.h>

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

namespace skein::cli {

class as_owner {
 public:
  // Who is not root stays who it is. The error is one sentence.
  static std::expected<as_owner, std::string> of(const std::filesystem::path& folder);
  as_owner(as_owner&& other) noexcept;
  as_owner& operator=(as_owner&&) = delete;
  ~as_owner();  // is who it was before

 private:
  as_owner() = default;
  bool changed_ = false;
  std::vector<gid_t> groups_ = {};
};

}  // namespace skein::cli
