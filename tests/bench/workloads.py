# What can be asked of the peers: how it is measured, which figures come of it, and what it needs of
# the proxies. A new one is an entry in KINDS of an engine's workloads.py and a way to make its
# tasks.
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
    ways: tuple  # (title, a script of the clients' own or SQL for a file, their other options...)
    figures: tuple
    modes: tuple
    clients: int = 8
    rounds: int = 15
    pool: int = POOL
    measure: object = measure.closed_loop
    price: str = "cpu_us"  # the figure of which ratios are made; "" for none
    prepare: object = None  # makes tasks of tasks once the peers run
    relate: object = None  # compares the samples of one round
    note: str = ""  # below the table
    cut: bool = False  # who has no pool to share has as many clients as server connections
    afresh: bool = False  # each measurement has a proxy and server connections of its own
    followers: int = 0  # that follow the server; not every peer knows what to do with them
    writes: bool = False  # whether followers cannot serve it


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


def pick(kinds, names):
    return [kind for kind in kinds if kind.name in names]


def names(kinds):
    return tuple(kind.name for kind in kinds)
