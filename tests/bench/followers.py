# A leader with followers that stream from it, for the workloads whose reads are split over those;
# and who served what. Each server counts for itself (pg_stat_statements), query by query and at
# once: who leaves its reads at the leader cannot pass for one that splits them.
import contextlib
import signal

from processes import Failure, Process, free_port, need, wait_until
from server import Server, run

# What `pgbench -S` asks, as the servers count it. Nothing else there begins like it.
READ = "SELECT abalance FROM pgbench_accounts WHERE aid = 1"
COUNT = ("select coalesce(sum(calls), 0) from pg_stat_statements "
         "where query like 'SELECT abalance FROM pgbench_accounts%'")
LEADER_SETTINGS = "shared_preload_libraries = 'pg_stat_statements'\n"
ENOUGH = 99  # per cent of the reads; each new server connection may cost one at the leader


class Follower(Server):
    """A copy of the leader, with its users, that applies what it hears."""

    def __init__(self, folder, leader, name):
        self.password = leader.password
        self.port = free_port()
        data = folder.make(name)
        data.chmod(0o700)
        # Without a sync to disk, and with the way back to the leader in its settings.
        run(Process(f"copy-{name}", [need("pg_basebackup"), "-D", data, "-R", "-c", "fast",
                                     "--no-sync"],
                    folder, owned=True, environment=leader.environment(leader.port)))
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(f"port = {self.port}\n")  # the last one counts
        self.process = Process(name, [need("postgres"), "-D", data], folder,
                               stop_signal=signal.SIGINT, owned=True)

    def has_applied(self, position):
        return self.answers(self.port) and self.ask(
            f"select pg_last_wal_replay_lsn() >= '{position}'") == "t"


@contextlib.contextmanager
def started(folder, scale, count):
    """(A server with data, its followers, which have the same): none, where none are asked for."""
    with contextlib.ExitStack() as cleanup:
        name = "leader" if count else "postgres"
        server = Server(folder, scale, name, LEADER_SETTINGS if count else "")
        cleanup.callback(server.process.stop)
        server.fill()
        if count:
            server.ask("create extension pg_stat_statements")
        followers = []
        for number in range(count):
            followers.append(Follower(folder, server, f"follower{number + 1}"))
            cleanup.callback(followers[-1].process.stop)
        position = server.ask("select pg_current_wal_flush_lsn()") if count else ""
        for follower in followers:
            wait_until(follower.process, lambda one=follower: one.has_applied(position))
        yield server, followers


def count_reads(bench):
    """How many reads each server has served so far, the leader first."""
    return [int(server.ask(COUNT)) for server in (bench.server, *bench.followers)]


def share(before, after):
    """Per cent of the reads between two counts that followers have served."""
    served = [late - early for early, late in zip(before, after)]
    if sum(served) <= 0:
        raise Failure("no server has counted a read")
    return 100 * sum(served[1:]) / sum(served)


def expect(name, splits, percent):
    """A figure for a split that did not happen is worthless, and so is one for its absence."""
    if (percent if splits else 100 - percent) < ENOUGH:
        raise Failure(f"{name} had {percent:.1f} % of its reads served by followers, and at "
                      f"{'least' if splits else 'most'} {ENOUGH if splits else 100 - ENOUGH} % "
                      "is what was to be measured")


def reads_go_right(bench, port, splits):
    """Whether a session's reads go where they should; a proxy may learn that after its start."""
    before = count_reads(bench)
    bench.server.client("psql", "-qAtX", *["-c", READ] * 5, port=port)
    at_followers = share(before, count_reads(bench))
    return at_followers >= 60 if splits else at_followers == 0
