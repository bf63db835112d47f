#include "cli/arguments.hpp"

#include <array>
#include <map>

#include "conf/nearest.hpp"

namespace skein::cli {

namespace {

constexpr std::string_view overview =
    R"(Skein stands in front of the databases that you already run. Applications connect to
one endpoint and always reach the leader, wherever it is.

Usage: skein COMMAND [FILE] [OPTIONS]

  skein run FILE       serve what FILE says, in the foreground
  skein check FILE     say what FILE would do, and every mistake in it
  skein status         what a running Skein sees and does
  skein grants FILE    what the servers must grant to the roles that FILE names

  skein COMMAND --help     more about one command
  skein --version          which Skein this is

FILE is skein.yaml in this folder if it is not named (`grants` wants it named); behind `--` it may
start with a dash. Exit codes: 0 all is well, 1 a problem (told on standard error), 2 a mistake in
the command line.

The smallest useful file:

  listeners: [{bind: 127.0.0.1:6432}]
  clusters:
    main:
      members: [db-a:5432, db-b:5432]
      users: [{name: app, password: env:APP_PASSWORD}]
)";

const std::map<std::string, std::string_view, std::less<>>& topics() {
  static const std::map<std::string, std::string_view, std::less<>> texts = {
      {"run", R"(Usage: skein run [FILE] [--take-over]

Serves what FILE (skein.yaml) says until it is told to stop. Log lines go to standard error.

  --take-over       takes the place of the Skein that runs with the same takeover.socket: its
                    listening sockets are passed on, and it is drained once this one serves. If
                    this one cannot, the other goes on. Where none runs, starts as without it.

  SIGHUP            reads FILE again and applies all of it, or nothing, and says why; RELOAD
                    at the console does the same.
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
)"},
      {"grants", R"(Usage: skein grants [FILE] [--feature NAME]

Prints what the servers must grant to the roles that Skein comes as: the least that each feature
needs, as statements to paste on each cluster's leader, with the reasons as comments. Users and
databases are those of FILE; without it they are examples. There are no passwords in it, and
nothing is connected to.

  --feature NAME   only for health (who leads?), auth_query (users are looked up) or pooling
                   (applications); else for all that FILE uses

Exit codes: 0 printed, 1 FILE has mistakes.
)"}};
  return texts;
}

struct known_command {
  std::string_view word;
  command what;
};
constexpr std::array<known_command, 4> commands = {{{"run", command::run},
                                                    {"check", command::check},
                                                    {"status", command::status},
                                                    {"grants", command::grants}}};

// `command::help` stands for every command.
struct known_option {
  command of;
  std::string_view word;
  bool arguments::* flag;          // of an option without a value
  std::string arguments::* value;  // of the others
};
constexpr std::array<known_option, 8> options = {{
    {command::help, "--help", nullptr, nullptr},
    {command::help, "-h", nullptr, nullptr},
    {command::run, "--take-over", &arguments::take_over, nullptr},
    {command::status, "--admin", nullptr, &arguments::admin},
    {command::status, "--json", &arguments::json, nullptr},
    {command::check, "--keys", &arguments::keys, nullptr},
    {command::check, "--schema", &arguments::schema, nullptr},
    {command::grants, "--feature", nullptr, &arguments::feature},
}};

bool belongs(const known_option& option, command to) {
  return option.of == to || option.of == command::help;
}

const known_option* find_option(command of, std::string_view word) {
  for (const auto& each : options) {
    if (belongs(each, of) && each.word == word) return &each;
  }
  return nullptr;
}

std::string no_command(const std::string& word) {
  std::vector<std::string_view> all;
  all.reserve(commands.size());
  for (const auto& each : commands) all.push_back(each.word);
  return "'" + word + "' is no command" + conf::suggestion(word, all, "the commands are");
}

std::string no_option(command of, const std::string& option, const std::string& word) {
  std::vector<std::string_view> all;
  for (const auto& each : options) {
    // One letter is near to any other.
    if (belongs(each, of) && each.word.starts_with("--")) all.push_back(each.word);
  }
  const auto near = conf::nearest(option, all);
  return "'" + option + "' is not an option of 'skein " + word + "'; " +
         (near ? "did you mean '" + std::string(*near) + "'?" : "see 'skein " + word + " --help'");
}

using parsed = std::expected<arguments, std::string>;

parsed parse_options(arguments out, const std::vector<std::string>& words) {
  const std::string& word = words[0];
  bool options_over = false;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& typed = words[i];
    if (options_over || !typed.starts_with('-')) {
      if (out.file_given) {
        return std::unexpected("one file at a time: '" + out.file + "' and '" + typed + "'");
      }
      out.file = typed;
      out.file_given = true;
      continue;
    }
    if (typed == "--") {
      options_over = true;
      continue;
    }
    const std::size_t equals = typed.find('=');
    const std::string option = typed.substr(0, equals);
    const known_option* known = find_option(out.what, option);
    if (!known) return std::unexpected(no_option(out.what, option, word));
    if (!known->value) {
      if (equals != typed.npos) return std::unexpected("'" + option + "' takes no value");
      if (!known->flag) return arguments{command::help, word};
      out.*known->flag = true;
      continue;
    }
    std::string value;
    if (equals != typed.npos) {
      value = typed.substr(equals + 1);
    } else if (i + 1 < words.size() && !words[i + 1].starts_with('-')) {
      value = words[++i];
    }
    if (value.empty()) return std::unexpected("'" + option + "' wants a value behind it");
    out.*known->value = std::move(value);
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
    if (words.size() == 1) return arguments{};
    if (!topics().contains(words[1])) return std::unexpected(no_command(words[1]));
    return arguments{command::help, words[1]};
  }
  for (const auto& each : commands) {
    if (each.word == word) return parse_options(arguments{each.what}, words);
  }
  return std::unexpected(no_command(word));
}

}  // namespace skein::cli
