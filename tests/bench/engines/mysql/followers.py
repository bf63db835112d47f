# A leader with its data, and the followers that replicate from it by GTID. engine.py has them
# started.
import contextlib
import secrets
import shutil

from engines.mysql.flavours import FLAVOURS
from engines.mysql.server import Server
from processes import wait_until

ROWS = 10_000  # a unit of scale


@contextlib.contextmanager
def started(folder, options, count):
    """(A server with data, its followers, which have the same): none, where none are asked for."""
    with contextlib.ExitStack() as cleanup:
        flavour = FLAVOURS[options.flavour]()
        password = secrets.token_hex(12)
        data = flavour.make_data(folder, password)
        made = []
        for name in ("leader", *(f"follower{number + 1}" for number in range(count))):
            copy = folder.path / name
            shutil.copytree(data, copy)
            for path in (copy, *copy.rglob("*")):
                folder.give(path)
            made.append(Server(folder, flavour, name, copy, password, read_only=name != "leader"))
            cleanup.callback(shutil.rmtree, copy, ignore_errors=True)
            cleanup.callback(made[-1].process.stop)
        shutil.rmtree(data)
        for server in made:
            server.wait()
        leader, *followers = made
        for follower in followers:
            follower.follow(leader)
        leader.fill(ROWS * options.scale)
        position = leader.position()
        for follower in followers:
            wait_until(follower.process, lambda one=follower: one.has_applied(position),
                       "had not applied what the leader has")
        yield leader, followers
