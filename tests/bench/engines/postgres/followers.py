# A leader with followers that stream from it, for the workloads whose reads are split over those.
# engine.py has them started.
import contextlib
import signal

from engines.postgres.server import Server, run
from processes import Process, free_port, need, wait_until


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
def started(folder, options, count):
    """(A server with data, its followers, which have the same): none, where none are asked for."""
    with contextlib.ExitStack() as cleanup:
        server = Server(folder, options.scale, "leader" if count else "postgres", counts=count > 0)
        cleanup.callback(server.process.stop)
        server.fill()
        followers = []
        for number in range(count):
            followers.append(Follower(folder, server, f"follower{number + 1}"))
            cleanup.callback(followers[-1].process.stop)
        position = server.ask("select pg_current_wal_flush_lsn()") if count else ""
        for follower in followers:
            wait_until(follower.process, lambda one=follower: one.has_applied(position))
        yield server, followers
