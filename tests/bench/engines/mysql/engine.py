# What the bench asks of an engine, for MySQL and MariaDB: its servers, clients, peers and
# workloads, which the files beside this one have. compare.py, options.py, peers.py and measure.py
# ask.
from engines.mysql.clients import arrive, ask, spend  # noqa: F401
from engines.mysql.followers import started  # noqa: F401
from engines.mysql.peers import DEFAULT, OF_FOLLOWERS, SPLITTERS, STARTERS, TOLD  # noqa: F401
from engines.mysql.server import USER  # noqa: F401
from engines.mysql.workloads import FIRST, KINDS, MODES  # noqa: F401
from peers import said_of
from processes import need

NAME = "mysql"  # also of Skein's key `engine`
OWNER = "mysql"  # of the servers, where root starts the bench
TOOLS = ("mariadb", "sysbench")


def entrants(kind):
    return [name for name in DEFAULT if kind.followers or name not in OF_FOLLOWERS]


def has_no_part(name, followers):
    """Why the peer takes no part, if it does not."""
    if not followers and name in OF_FOLLOWERS:
        return "is for where there are followers"
    return None


def versions(bench):
    return [bench.server.flavour.told(), said_of([need("sysbench")], "--version")]
