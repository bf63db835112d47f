# What the bench asks of an engine, for PostgreSQL: its servers, clients, peers and workloads, which
# the files beside this one have. compare.py, options.py, peers.py and measure.py ask.
from peers import said_of
from engines.postgres import peers
from engines.postgres.clients import arrive, ask, spend  # noqa: F401
from engines.postgres.followers import started  # noqa: F401
from engines.postgres.peers import DEFAULT, SPLITTERS, SPLITTING, STARTERS, TOLD  # noqa: F401
from engines.postgres.server import USER  # noqa: F401
from engines.postgres.workloads import FIRST, KINDS  # noqa: F401
from processes import need

NAME = "postgres"  # also of Skein's key `engine`
OWNER = "postgres"  # of the servers, where root starts the bench
TOOLS = ("initdb", "postgres", "psql", "pgbench")
MODES = ("simple", "extended", "prepared")


def entrants(kind):
    return SPLITTING if kind.followers else DEFAULT


def has_no_part(name, followers):
    """Why the peer takes no part, if it does not."""
    if followers and name not in (*SPLITTING, *SPLITTERS):
        return "splits no reads over followers"
    return None


def versions(_):
    return [said_of([need("postgres")], "--version")]
