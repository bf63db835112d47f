// The words of a command line, checked: one subcommand, its file, its options. Pure.
#pragma once

#include <expected>
#include <string>
#include <vector>

namespace skein::cli {

enum class command : std::uint8_t {
  run,
  check,
  status,
  explain,
  grants,
  switchover,
  drain,
  rejoin,
  version,
  help
};

struct arguments {
  command what = command::help;
  std::string topic = {};  // help: of which command; empty: of all
  std::string file = "skein.yaml";
  bool file_given = false;
  bool json = false;
  bool take_over = false;  // run: the place of the Skein that runs
  bool keys = false;       // check: print every key
  bool schema = false;     // check: print the JSON Schema
  bool connect = false;    // check: ask the servers, too
  std::string admin = {};  // where a running Skein is asked, instead of what the file says
  // explain: which statement, and of whom; empty: as Skein has it.
  std::string statement = {};
  std::string cluster = {};
  std::string database = {};
  std::string user = {};
  std::string feature = {};         // grants: only for this one
  std::string member = {};          // rejoin, switchover, drain: which; empty: Skein chooses
  std::string wait = {};            // switchover: how long for open transactions
  bool leave_outside = false;       // switchover: the old leader, where nothing brings it back
  bool back = false;                // drain: no longer
  std::string data_directory = {};  // rejoin: instead of what the file says
  bool copy = false;                // rejoin: anew, whatever there is
  bool keep_only = false;           // rejoin: what only it has is kept, and nothing else done
  bool yes = false;                 // nobody is asked
};

// The error is a sentence that says what to write instead.
std::expected<arguments, std::string> parse(const std::vector<std::string>& words);

std::string help(const std::string& topic);

// What scripts may rely on.
inline constexpr int exit_ok = 0;
inline constexpr int exit_problem = 1;
inline constexpr int exit_usage = 2;

}  // namespace skein::cli
