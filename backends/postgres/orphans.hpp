// What an old PostgreSQL leader has and no other: the range of its log behind the point at which
// the histories part, kept in a folder before anything is undone.
#pragma once

#include <filesystem>
#include <string>

#include "backends/postgres/divergence.hpp"
#include "backends/postgres/server_files.hpp"
#include "backends/rejoin.hpp"

namespace skein::postgres {

struct orphan_range {
  std::string member = {};
  std::string leader = {};
  control_data of = {};
  divergence from = {};
};

// Kept once, however often this is asked for.
result<kept_orphans> keep_range(const server_files& files, const orphan_range& range,
                                const std::filesystem::path& below);

}  // namespace skein::postgres
