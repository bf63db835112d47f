# What can be asked of the peers, by name: how it is measured, which figures come of it, and what it
# needs of the proxies. A new one is an entry in KINDS and a way to make its tasks.
from dataclasses import dataclass

import measure
from measure import Task

POOL = 100  # server connections, the same for all
CROWD_POOL = 20


@dataclass(frozen=True)
class Figure:
    key: str  # in the samples
    head: str  # of the column
    digits: int = 0


@dataclass(frozen=True)
class Kind:
    name: str
    told: str  # for --help
    ways: tuple  # (title, pgbench's script option or SQL for a file, its other options...)
    figures: tuple
    clients: int = 8
    modes: tuple = ("simple", "prepared")
    rounds: int = 15
    pool: int = POOL
    measure: object = measure.closed_loop
    price: str = "cpu_us"  # the figure of which ratios are made; "" for none
    prepare: object = None  # makes tasks of tasks once the peers run
    relate: object = None  # compares the samples of one round
    note: str = ""  # below the table
    cut: bool = False  # who has no pool to share has as many clients as server connections
    afresh: bool = False  # each measurement has a proxy and server connections of its own
    followers: int = 0  # that stream from the server; only some peers know what to do with them


def rows(count, size):
    return f"select repeat('x', {size}) from generate_series(1, {count});\n"


QUERIES = (Figure("tps", "tps"), Figure("cpu_us", "CPU us a query", 1))
ONE = "select 1;\n"

KINDS = (
    Kind("select", "pgbench -S: one row by its key", (("-S", ("-S",)),), QUERIES),
    Kind("select1", "SELECT 1: next to nothing but the hop", (("SELECT 1", ONE),), QUERIES),
    Kind("tpcb", "pgbench's TPC-B: seven statements a transaction", (("TPC-B", ()),),
         (Figure("tps", "tps"), Figure("cpu_us", "CPU us a transaction", 1))),
    Kind("connect", "a connection with SCRAM for each query (pgbench -C)",
         (("connect and SELECT 1", ONE, "-C"),),
         (Figure("tps", "connections a second"), Figure("cpu_us", "CPU us a connection", 0)),
         modes=("simple",), measure=measure.whole_run),
    Kind("crowd", f"-S from a crowd of clients over {CROWD_POOL} server connections",
         (("-S", ("-S",)),), QUERIES, clients=1000, pool=CROWD_POOL),
    Kind("idle", "memory for each client that prepared and ran a statement and waits",
         (("idle", "insert into arrived values (1);\n\\sleep 2000 s\n"),),
         (Figure("kb", "KB a client", 1),), clients=5000, modes=("prepared",), rounds=3,
         measure=measure.idle_memory, price="kb",
         note=f"Who has no pool to share has {POOL} clients at most.", cut=True, afresh=True),
    Kind("large", "results of 100 MB, in rows of 100 bytes and of 1 MB",
         (("100 MB in rows of 100 B", rows(count=1_000_000, size=100)),
          ("100 MB in rows of 1 MB", rows(count=100, size=1_000_000))),
         (Figure("mb", "MB a second"), Figure("cpu_s", "CPU s", 3)), clients=1, modes=("simple",),
         measure=measure.bulk, price="cpu_s", afresh=True),
    Kind("latency", "what is added to -S at half of the slowest peer's peak (pgbench --rate)",
         (("-S", ("-S",)),),
         (Figure("p50", "p50 us"), Figure("added_p50", "added"), Figure("p99", "p99 us"),
          Figure("added_p99", "added")),
         measure=measure.open_loop, price="", prepare=measure.settle_rate,
         relate=measure.add_over_direct),
    Kind("reads", "-S split over two followers of the server, none at the leader",
         (("-S", ("-S",)),), (*QUERIES, Figure("followers", "% by followers", 1)),
         measure=measure.split_reads, followers=2),
)
NAMES = tuple(kind.name for kind in KINDS)


def tasks(kind, options, folder):
    """Every way of the workload with every number of clients, in every mode."""
    made = []
    for number, (title, asked, *more) in enumerate(kind.ways):
        if isinstance(asked, str):
            asked = ("-f", folder.write(f"{kind.name}{number}.sql", asked))
        for clients in options.clients or [kind.clients]:
            made += [Task(kind, f"{title}, {counted(clients)}", mode, clients, (*asked, *more))
                     for mode in options.modes or kind.modes]
    return made


def counted(clients):
    return f"{clients:,} client{'s' if clients > 1 else ''}"


def pick(names):
    return [kind for kind in KINDS if kind.name in names]
