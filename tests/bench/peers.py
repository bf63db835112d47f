# The ways to the server that are compared: how each is started and what it can do. All proxies are
# pinned to one CPU, children included. Who is not installed is left out by compare.py, with the
# words of `Absent`.
import os
import re
import signal
import subprocess
from pathlib import Path

import followers
import recipes
from processes import Failure, Process, find, free_port, wait_until
from server import USER

ROOT = Path(__file__).resolve().parents[2]
TREE_SCRIPT = ROOT / "scripts/peers-tree.sh"
TREE = Path(os.environ.get("SKEIN_TEST_CACHE") or ROOT / ".cache") / "peers-tree"

BEFORE = "skein-before"  # another build of Skein, to be compared with
DEFAULT = ("direct", "haproxy", "pgpool", "odyssey", "pgbouncer-old", "pgbouncer", "skein")
TWO = "skein-two"
LEADER = "skein-leader"
SPLITTING = ("pgpool", LEADER, "skein")  # who takes part where there are followers
KNOWN = (*DEFAULT, "pgbouncer-session", TWO, LEADER)
TOLD = {
    "direct": "PostgreSQL itself, no proxy",
    "haproxy": "TCP, a server connection a client",
    "pgpool": "Pgpool-II of Debian sid; a process and a server connection a client",
    "odyssey": "of Debian sid, transaction pooling",
    "pgbouncer-old": "the system's (Debian 12: 1.18), transaction pooling",
    "pgbouncer": "of Debian sid, transaction pooling, prepared statements",
    "pgbouncer-session": "the same in session pooling (only when named)",
    "skein": "the build under test, transaction pooling",
    TWO: "the same with two threads on two CPUs (only when named)",
    LEADER: "the same with all reads at the leader (reads only)",
}


class Absent(Failure):
    """A peer that is not installed: the others are compared without it."""


class Peer:
    """A way to the server: `port` to connect to, `process` whose CPU counts (none for direct)."""

    splits = False  # whether reads are split over followers

    def __init__(self, name, title, port, process=None, prepared=True, shares=True):
        self.name = name
        self.title = title  # with its version, for the table
        self.port = port
        self.process = process
        self.prepared = prepared  # whether named prepared statements survive it
        self.shares = shares  # whether many clients can be served over few server connections


def installed(program):
    found = find(program)
    if not found:
        raise Absent(f"{program} is not installed: scripts/dependencies.sh bench brings it")
    return [found]


def unpacked(program):
    if not any((TREE / folder / program).exists() for folder in ("usr/sbin", "usr/bin")):
        raise Absent(f"{program} is not unpacked: scripts/peers-tree.sh brings it")
    return [TREE_SCRIPT, "run", program]


def start_direct(bench, _):
    return Peer("direct", "direct", bench.server.port, shares=False)


def start_haproxy(bench, settings):
    command = installed("haproxy")
    file = bench.folder.write("haproxy.cfg", recipes.HAPROXY.format(**settings))
    process = Process("haproxy", [*command, "-db", "-f", file], bench.folder, bench.cpus,
                      owned=True)
    return Peer("haproxy", f"HAProxy {version(command, '-v')} (TCP)", settings["port"], process,
                shares=False)


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


def start_skein(bench, settings):
    name = settings["name"]
    binary = bench.before if name == BEFORE else bench.skein
    if not Path(binary).exists():
        raise Failure(f"there is no {binary}: build it (cmake --build --preset release), "
                      "name it with --skein, or leave it out with --peers")
    cpus = bench.cpus
    if name == TWO:
        cpus = cpus | set(sorted(os.sched_getaffinity(0) - cpus)[:1])
        if len(cpus) < 2:
            raise Absent("two threads want two CPUs")
    members = ", ".join(f"127.0.0.1:{one.port}" for one in (bench.server, *bench.followers))
    routing = recipes.SKEIN_LEADER if name == LEADER else recipes.SKEIN_READS
    file = bench.folder.path / f"{name}.yaml"
    file.touch(mode=0o600)
    file.write_text(recipes.SKEIN.format(
        **settings, members=members, admin=free_port(), threads=len(cpus),
        routing=routing if bench.followers else ""))
    title = {BEFORE: "Skein before", TWO: "Skein, two threads",
             LEADER: "Skein, reads at the leader"}.get(name, "Skein")
    return Peer(name, title, settings["port"],
                Process(name, [Path(binary).resolve(), "run", file], bench.folder, cpus))


STARTERS = {"direct": start_direct, "haproxy": start_haproxy, "pgpool": start_pgpool,
            "odyssey": start_odyssey, "skein": start_skein, BEFORE: start_skein,
            TWO: start_skein, LEADER: start_skein}


def start(name, bench, pool):
    """A running peer that has answered once; Absent where it is not installed or has no part."""
    if bench.followers and name not in (*SPLITTING, BEFORE, TWO):
        raise Absent("splits no reads over followers")
    if name == LEADER and not bench.followers:
        raise Absent("is skein where there are no followers")
    settings = {"name": name, "port": free_port(), "server": bench.server.port, "pool": pool,
                "clients": recipes.CLIENTS_MAX, "user": USER, "password": bench.server.password}
    peer = STARTERS.get(name, start_pgbouncer)(bench, settings)
    if peer.process:
        try:
            wait_until(peer.process, lambda: bench.server.answers(peer.port))
            if bench.followers:
                peer.splits = name != LEADER
                wait_until(peer.process,
                           lambda: followers.reads_go_right(bench, peer.port, peer.splits),
                           f"sent too few reads to {'followers' if peer.splits else 'the leader'}")
        except BaseException:
            peer.process.stop()
            raise
    return peer


def said_of(command, *arguments):
    done = subprocess.run([*map(str, command), *arguments], capture_output=True, text=True,
                          check=False)
    return (done.stdout + done.stderr).strip().partition("\n")[0]


def version(command, *arguments):
    match = re.search(r"\d+(\.\d+)+", said_of(command, *arguments))
    return match.group(0) if match else "0.0"
