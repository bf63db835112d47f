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
  skein rejoin MEMBER  on the machine of an old leader: makes it follow who leads now
  skein switchover     have another member lead, without an error for anybody
  skein drain MEMBER   take a member out of work, and put it back

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
    R"(Usage: skein check [FILE] [--connect] [--keys] [--schema]

Reads FILE (skein.yaml), loads its certificates and secrets, and says in plain words what
`skein run FILE` would do. Every mistake is reported at once, each with its line and column.
Nothing is connected to, unless that is asked for.

  --connect   sign in to every server as Skein would, and say what would be in the way there: who
              cannot be reached or lacks rights, does not belong together, or cannot do what the
              settings want of it; nothing is changed
  --keys      print every key that a file may have, its default and its meaning
  --schema    print the JSON Schema for editors

Exit codes: 0 the file is good (and the servers are), 1 it is not.
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

  --feature NAME   only for health (who leads?), auth_query (users are looked up), pooling
                   (applications), failover (the lead is moved) or rejoin (an old leader is
                   rewound); else for all that FILE uses

Exit codes: 0 printed, 1 FILE has mistakes.
)";

constexpr std::string_view of_rejoin =
    R"(Usage: skein rejoin MEMBER [FILE] [--yes] [--copy] [--keep-only] [--data-directory DIR]
                    [--cluster NAME] [--admin HOST:PORT]

On the machine of a member that has led, as who owns its data or as root: makes its server, which
must stand still, a follower of who leads now, as the Skein that runs says, or the members. What
only this member has is kept first, in a folder that says how to read it. Then its data is wound
back to where the two part. It may be interrupted, and run again. Where servers follow by being
told there is nothing to do, and it says so: what only the member has is read from its server, which
must run, by that server's own tool for its log.

With the hooks `stop` and `start` in FILE it stops and starts the server itself, and waits until
that follows.

  --yes                  asks nothing; stops the server, if it runs, by its hook
  --keep-only            keeps what only this member has, and does nothing else
  --copy                 copies all data of the leader anew, as one must where the log does not go
                         back far enough; the old data stays beside it
  --data-directory DIR   where the server has its data; else data_directory of FILE (skein.yaml)
  --cluster NAME         whose member, where several have one of that name
  --admin HOST:PORT      where the admin port of the Skein that runs is; else what FILE says

What the servers must grant: skein grants --feature rejoin.

Exit codes: 0 it follows, or does when it is started; 1 it cannot, and why is the last line.
)";

constexpr std::string_view of_switchover =
    R"(Usage: skein switchover [FILE] [--to MEMBER] [--cluster NAME] [--wait TIME]
                        [--leave-outside] [--admin HOST:PORT] [--json]

Has a running Skein move the lead to another member. New transactions wait at Skein, those that
are open may end; when none is left the leader takes no more writes, and as soon as the other
member has received everything it leads, the rest follow it, and transactions go on. Where the
leader is dead this promotes MEMBER. If the move cannot be made in time nothing changes.

  --to MEMBER         which is to lead; else the one with the highest priority that has most
  --cluster NAME      in which cluster; needed where there are several
  --wait TIME         how long open transactions are waited for, and new ones wait, at most;
                      else failover.switchover_hold
  --leave-outside     go on though nothing makes a follower of the old leader: a server that follows
                      only when it is started anew, and has no hooks
  --admin HOST:PORT   where the admin port is; else what FILE (skein.yaml) says, if there is
                      one; else 127.0.0.1:9187
  --json              the outcome for machines

The admin port must have a token: it is taken from FILE, or from SKEIN_ADMIN_TOKEN.

Exit codes: 0 the lead has moved, 1 it has not, and standard error says why.
)";

constexpr std::string_view of_drain =
    R"(Usage: skein drain MEMBER [FILE] [--back] [--cluster NAME] [--admin HOST:PORT]

Has a running Skein send no more reads to a follower, and never promote it, so that it can be
stopped or worked on; reads that are under way end by themselves. Lasts until it is put back, or
until Skein is started anew. A leader is not drained: move the lead first (skein switchover).

  --back              the member works again
  --cluster NAME      in which cluster; needed where there are several
  --admin HOST:PORT   where the admin port is; else what FILE (skein.yaml) says, if there is
                      one; else 127.0.0.1:9187

The admin port must have a token: it is taken from FILE, or from SKEIN_ADMIN_TOKEN.

Exit codes: 0 done, 1 not, and standard error says why.
)";

struct text {
  std::string_view topic;
  std::string_view words;
};
constexpr std::array<text, 8> texts = {{{"run", of_run},
                                        {"check", of_check},
                                        {"status", of_status},
                                        {"explain", of_explain},
                                        {"grants", of_grants},
                                        {"rejoin", of_rejoin},
                                        {"switchover", of_switchover},
                                        {"drain", of_drain}}};

}  // namespace

std::string help(const std::string& topic) {
  for (const text& each : texts) {
    if (each.topic == topic) return std::string(each.words);
  }
  return std::string(overview);
}

}  // namespace skein::cli
