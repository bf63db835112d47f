#include "cli/arguments.hpp"

#include <array>
#include <map>

namespace skein::cli {

namespace {

constexpr std::string_view overview =
    R"(Skein stands in front of the databases that you already run. Applications connect to
one endpoint and always reach the leader, wherever it is.

Usage: skein COMMAND [FILE] [OPTIONS]

  skein run FILE       serve what FILE says, in the foreground
  skein check FILE     say what FILE would do, and every mistake in it
  skein status         what a running Skein sees and does

  skein COMMAND --help     more about one command
  skein --version          which Skein this is

FILE is skein.yaml in this folder if it is not named. Exit codes: 0 all is well, 1 a problem
(told on standard error), 2 a mistake in the command line.

The smallest useful file:

  listeners: [{bind: 127.0.0.1:6432}]
  clusters:
    main:
      members: [db-a:5432, db-b:5432]
      users: [{name: app, password: env:APP_PASSWORD}]
)";

const std::map<std::string, std::string_view, std::less<>>& topics() {
  static const std::map<std::string, std::string_view, std::less<>> texts = {
      {"run", R"(Usage: skein run [FILE]

Serves what FILE (skein.yaml) says until it is told to stop. Log lines go to standard error.

  SIGTERM, SIGINT   no new clients; those in a transaction may finish it, for limits.drain at
                    most; then everything is closed. A second signal ends the drain at once.

Exit codes: 0 stopped as asked, 1 could not start (the reason is the last line).
)"},
      {"check", R"(Usage: skein check [FILE] [--keys] [--schema]

Reads FILE (skein.yaml), loads its certificates and secrets, and says in plain words what
`skein run FILE` would do. Every mistake is reported at once, each with its line and column.
Nothing is connected to.

  --keys      print every key that a file may have, its default and its meaning
  --schema    print the JSON Schema for editors

Exit codes: 0 the file is good, 1 it is not.
)"},
      {"status", R"(Usage: skein status [FILE] [--admin HOST:PORT] [--json]

Asks a running Skein who leads, which members it can reach and why, and what it serves.

  --admin HOST:PORT   where its admin port is; else what FILE (skein.yaml) says, if there is
                      one; else 127.0.0.1:9187
  --json              the same for machines

A token that the admin port demands is taken from FILE, or from SKEIN_ADMIN_TOKEN.

Exit codes: 0 every cluster has a leader, 1 one has none or Skein does not answer.
)"}};
  return texts;
}

struct known_command {
  std::string_view word;
  command what;
};
constexpr std::array<known_command, 3> commands = {
    {{"run", command::run}, {"check", command::check}, {"status", command::status}}};

std::string not_for(const std::string& option, const std::string& word) {
  return "'" + option + "' is not an option of 'skein " + word + "'; see 'skein " + word +
         " --help'";
}

using parsed = std::expected<arguments, std::string>;

parsed parse_options(arguments out, const std::vector<std::string>& words) {
  const std::string& word = words[0];
  for (std::size_t i = 1; i < words.size(); ++i) {
    std::string option = words[i];
    if (option == "--help" || option == "-h") return arguments{command::help, word};
    if (!option.starts_with('-')) {
      if (out.file_given) {
        return std::unexpected("one file at a time: '" + out.file + "' and '" + option + "'");
      }
      out.file = option;
      out.file_given = true;
      continue;
    }
    std::string value;
    const std::size_t equals = option.find('=');
    if (equals != std::string::npos) {
      value = option.substr(equals + 1);
      option.resize(equals);
    }
    if (option == "--admin" && equals == std::string::npos) {
      if (i + 1 == words.size()) return std::unexpected("'" + option + "' wants a value behind it");
      value = words[++i];
    }
    if (out.what == command::status && option == "--admin") {
      out.admin = value;
    } else if (out.what == command::status && option == "--json") {
      out.json = true;
    } else if (out.what == command::check && option == "--keys") {
      out.keys = true;
    } else if (out.what == command::check && option == "--schema") {
      out.schema = true;
    } else {
      return std::unexpected(not_for(option, word));
    }
  }
  return out;
}

}  // namespace

std::string help(const std::string& topic) {
  const auto found = topics().find(topic);
  return std::string(found == topics().end() ? overview : found->second);
}

parsed parse(const std::vector<std::string>& words) {
  if (words.empty()) return arguments{};
  const std::string& word = words[0];
  if (word == "--version" || word == "-V" || word == "version") {
    return arguments{command::version};
  }
  if (word == "--help" || word == "-h" || word == "help") {
    return arguments{command::help, words.size() > 1 ? words[1] : ""};
  }
  for (const auto& each : commands) {
    if (each.word == word) return parse_options(arguments{each.what}, words);
  }
  return std::unexpected("'" + word + "' is no command; the commands are run, check and status");
}

}  // namespace skein::cli
