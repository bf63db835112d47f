// The tool by which a person reads a server's binary log, mysqlbinlog or mariadb-binlog, run
// against a server from wherever we are. Each reads only its own family's log, and one may be there
// under the other's name. No password stands in what others can see of a process.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/error.hpp"
#include "backends/members.hpp"
#include "backends/mysql/errant.hpp"
#include "backends/mysql/flavour.hpp"

namespace skein::mysql {

struct log_source {
  flavour of = flavour::mysql;
  member_address address = {};
  tls_settings tls = {};
  credentials who = {};
};

// What is to be printed: files in the order of the log, and which transactions of theirs.
struct log_range {
  std::vector<std::string> files = {};
  errant_transactions wanted = {};
};

// By its options, not by its name or version: "Ver 3.5" is MariaDB's. Empty: it is neither.
std::optional<flavour> flavour_of_tool(std::string_view help);

// An options file, which alone has the password.
std::string options_file(const log_source& from);
// As a person types it: it asks for the password.
std::string command_for_person(const log_source& from, const log_range& what);

class binlog_tool {
 public:
  // On PATH, or in that folder of the server's programs. The error is a clause about this machine.
  static result<binlog_tool> find(flavour of, const std::filesystem::path& programs);

  // Into a file, in words that people read.
  result<void> print(const log_source& from, const log_range& what,
                     const std::filesystem::path& into) const;

 private:
  explicit binlog_tool(std::string program) : program_(std::move(program)) {}
  std::string program_;
};

}  // namespace skein::mysql
