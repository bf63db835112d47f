// What `skein --help` and `skein COMMAND --help` print.
#include <array>

#include "cli/arguments.hpp"

namespace skein::cli {

namespace {

constexpr std::string_view overview =
    R"(Skein stands in front of the databases that you already run. Applications connect to
one endpoint and always reach the leader, wherever it is.

Usage: skein COMMAND [FILE] [OPTIONS]

  skein run FILE       serve what FILE says, in the foreground
  skein check FILE     say what FILE would do, and every mistake in it
  skein status         what a running Skein sees and does
  skein explain SQL    where a running Skein would send a statement now, and why
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

constexpr std::string_view of_run =
    R"(Usage: skein run [FILE] [--take-over]

Serves what FILE (skein.yaml) says until it is told to stop. Log lines go to standard error.

  --take-over       takes the place of the Skein that runs with the same takeover.socket: its
                    listening sockets are passed on, and it is drained once this one serves. If
                    this one cannot, the other goes on. Where none runs, starts as without it.

  SIGHUP            reads FILE again and applies all of it, or nothing, and says why; RELOAD
                    at the console does the same.
  SIGTERM, SIGINT   no new clients; those in a transaction may finish it, for limits.drain at
                    most; then everything is closed. A second signal ends the drain at once.

Exit codes: 0 stopped as asked, 1 could not start (the reason is the last line).
)";

constexpr std::string_view of_check =
    R"(Usage: skein check [FILE] [--keys] [--schema]

Reads FILE (skein.yaml), loads its certificates and secrets, and says in plain words what
`skein run FILE` would do. Every mistake is reported at once, each with its line and column.
Nothing is connected to.

  --keys      print every key that a file may have, its default and its meaning
  --schema    print the JSON Schema for editors

Exit codes: 0 the file is good, 1 it is not.
)";

constexpr std::string_view of_status =
    R"(Usage: skein status [FILE] [--admin HOST:PORT] [--json]

Asks a running Skein who leads, which members it can reach and why, and what it serves.

  --admin HOST:PORT   where its admin port is; else what FILE (skein.yaml) says, if there is
                      one; else 127.0.0.1:9187
  --json              the same for machines

A token that the admin port demands is taken from FILE, or from SKEIN_ADMIN_TOKEN.

Exit codes: 0 every cluster has a leader, 1 one has none or Skein does not answer.
)";

constexpr std::string_view of_explain =
    R"(Usage: skein explain SQL [FILE] [--cluster NAME] [--database NAME] [--user NAME]
                     [--admin HOST:PORT] [--json]

Asks a running Skein where it would send that statement now, and why; nothing is run. Prints the
sentence that EXPLAIN ROUTE at the console tells, the fingerprint and the form of the statement as
rules match them, and the tables that it names. Behind `--`, SQL may start with a dash.

  --cluster NAME      in which cluster; else in each
  --database NAME     in which database, for its functions and views count; else in the only one
                      that clients use
  --user NAME         in whose name; else rules for certain users do not fit it
  --admin HOST:PORT   where the admin port is; else what FILE (skein.yaml) says, if there is
                      one; else 127.0.0.1:9187
  --json              the same for machines

A token that the admin port demands is taken from FILE, or from SKEIN_ADMIN_TOKEN.

Exit codes: 0 told, 1 Skein cannot tell or does not answer.
)";

constexpr std::string_view of_grants =
    R"(Usage: skein grants [FILE] [--feature NAME]

Prints what the servers must grant to the roles that Skein comes as: the least that each feature
needs, as statements to paste on each cluster's leader, with the reasons as comments. Users and
databases are those of FILE; without it they are examples. There are no passwords in it, and
nothing is connected to.

  --feature NAME   only for health (who leads?), auth_query (users are looked up) or pooling
                   (applications); else for all that FILE uses

Exit codes: 0 printed, 1 FILE has mistakes.
)";

struct text {
  std::string_view topic;
  std::string_view words;
};
constexpr std::array<text, 5> texts = {{{"run", of_run},
                                        {"check", of_check},
                                        {"status", of_status},
                                        {"explain", of_explain},
                                        {"grants", of_grants}}};

}  // namespace

std::string help(const std::string& topic) {
  for (const text& each : texts) {
    if (each.topic == topic) return std::string(each.words);
  }
  return std::string(overview);
}

}  // namespace skein::cli
