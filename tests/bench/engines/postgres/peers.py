# The ways to a PostgreSQL server that are compared, beside those that every engine has; engine.py
# lists them. Those that Debian 12 lacks, or has in old versions, come from scripts/peers-tree.sh.
import signal

import peers
from peers import Peer, installed, version
from engines.postgres import recipes
from engines.postgres.server import USER
from processes import Process, free_port

DEFAULT = ("direct", "haproxy", "pgpool", "odyssey", "pgbouncer-old", "pgbouncer", "skein")
SPLITTING = ("pgpool", peers.LEADER, "skein")  # who takes part where there are followers
# Who sends reads to those.
SPLITTERS = ("pgpool", "skein", peers.BEFORE, peers.TWO, peers.FAILOVER)
TOLD = {
    "direct": "PostgreSQL itself, no proxy",
    "haproxy": peers.TOLD["haproxy"],
    "pgpool": "Pgpool-II of Debian sid; a process and a server connection a client",
    "odyssey": "of Debian sid, transaction pooling",
    "pgbouncer-old": "the system's (Debian 12: 1.18), transaction pooling",
    "pgbouncer": "of Debian sid, transaction pooling, prepared statements",
    "pgbouncer-session": "the same in session pooling (only when named)",
    "skein": peers.TOLD["skein"],
    peers.TWO: peers.TOLD[peers.TWO],
    peers.FAILOVER: peers.TOLD[peers.FAILOVER],
    peers.LEADER: "the same with all reads at the leader (reads only)",
}


def unpacked(program):
    return peers.unpacked(program, "peers-tree")


def start_pgpool(bench, settings):
    command = unpacked("pgpool")
    folder = bench.folder.make("pgpool")
    users = bench.folder.write("pgpool.users", f"{USER}:TEXT{bench.server.password}\n")
    text = recipes.PGPOOL + (recipes.PGPOOL_READS if bench.followers else recipes.PGPOOL_ONE)
    text = text.format(**settings, folder=folder, users=users, pcp=free_port())
    text += "".join(recipes.PGPOOL_FOLLOWER.format(number=number, follower=follower.port)
                    for number, follower in enumerate(bench.followers, start=1))
    file = bench.folder.write("pgpool.conf", text)
    access = bench.folder.write("pgpool.hba", recipes.PGPOOL_HBA)
    process = Process("pgpool", [*command, "-n", "-f", file, "-a", access], bench.folder,
                      bench.cpus, stop_signal=signal.SIGINT, owned=True)
    return Peer("pgpool", f"Pgpool-II {version(command, '--version')}", settings["port"], process,
                shares=False)


def start_odyssey(bench, settings):
    command = unpacked("odyssey")
    file = bench.folder.write("odyssey.conf", recipes.ODYSSEY.format(**settings))
    process = Process("odyssey", [*command, file], bench.folder, bench.cpus, owned=True)
    return Peer("odyssey", f"Odyssey {version(command, '--version')}", settings["port"], process)


def start_pgbouncer(bench, settings):
    name = settings["name"]
    command = (installed if name == "pgbouncer-old" else unpacked)("pgbouncer")
    known = version(command, "--version")
    pooling = "session" if name == "pgbouncer-session" else "transaction"
    keeps = tuple(map(int, known.split(".")[:2])) >= (1, 21)
    users = bench.folder.write(f"{name}.users", f'"{USER}" "{bench.server.password}"\n')
    text = recipes.PGBOUNCER.format(**settings, users=users, pooling=pooling)
    file = bench.folder.write(f"{name}.ini", text + recipes.PGBOUNCER_PREPARED * keeps)
    process = Process(name, [*command, file], bench.folder, bench.cpus, owned=True)
    title = f"PgBouncer {known}" + (" (session pooling)" if pooling == "session" else "")
    return Peer(name, title, settings["port"], process, prepared=keeps or pooling == "session",
                shares=pooling == "transaction")


STARTERS = peers.STARTERS | {"pgpool": start_pgpool, "odyssey": start_odyssey} | dict.fromkeys(
    ("pgbouncer-old", "pgbouncer", "pgbouncer-session"), start_pgbouncer)
