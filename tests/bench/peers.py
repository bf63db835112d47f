# The ways to the server that are compared: what every engine's have in common, and those that all
# have. All proxies are pinned to one CPU, children included. Who is not installed is left out by
# compare.py, with the words of `Absent`; the folders of the engines start the others.
import os
import re
import subprocess
from pathlib import Path

import recipes
import splits
from processes import Failure, Process, find, free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("SKEIN_TEST_CACHE") or ROOT / ".cache")

HAPROXY_READS = "haproxy-followers"
BEFORE = "skein-before"  # another build of Skein, to be compared with
TWO = "skein-two"
LEADER = "skein-leader"
FAILOVER = "skein-failover"
SKEINS = ("skein", BEFORE, TWO, LEADER, FAILOVER)
TOLD = {
    "haproxy": "TCP, a server connection a client",
    HAPROXY_READS: "the same, over the followers: who asks must split reads himself",
    "skein": "the build under test, transaction pooling",
    TWO: "the same with two threads on two CPUs (only when named)",
    FAILOVER: "the same with failover, every COMMIT to be asked for (only when named)",
}


class Absent(Failure):
    """A peer that is not installed: the others are compared without it."""


class Peer:
    """A way to the server: `port` to connect to, `process` whose CPU counts (none for direct)."""

    splits = False  # whether reads are split over followers

    def __init__(self, name, title, port, process=None, prepared=True, shares=True,
                 reads_only=False):
        self.name = name
        self.title = title  # with its version, for the table
        self.port = port
        self.process = process
        self.prepared = prepared  # whether named prepared statements survive it
        self.shares = shares  # whether many clients can be served over few server connections
        self.reads_only = reads_only  # whether it leads to followers and nowhere else


def installed(program):
    found = find(program)
    if not found:
        raise Absent(f"{program} is not installed: scripts/dependencies.sh bench brings it")
    return [found]


def unpacked(program, tree):
    """The command that runs it out of a tree of scripts/, such as `peers-tree`."""
    if not any((CACHE / tree / folder / program).exists() for folder in ("usr/sbin", "usr/bin")):
        raise Absent(f"{program} is not unpacked: scripts/{tree}.sh brings it")
    return [ROOT / f"scripts/{tree}.sh", "run", program]


def start_direct(bench, _):
    return Peer("direct", "direct", bench.server.port, shares=False)


def start_haproxy(bench, settings):
    name = settings["name"]
    command = installed("haproxy")
    behind = bench.followers if name == HAPROXY_READS else [bench.server]
    servers = "\n".join(f"  server s{one.port} 127.0.0.1:{one.port}" for one in behind)
    file = bench.folder.write(f"{name}.cfg", recipes.HAPROXY.format(**settings, servers=servers))
    process = Process(name, [*command, "-db", "-f", file], bench.folder, bench.cpus, owned=True)
    title = f"HAProxy {version(command, '-v')} (TCP)"
    return Peer(name, title + ", followers" * (name == HAPROXY_READS), settings["port"], process,
                shares=False, reads_only=name == HAPROXY_READS)


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
    more = routing if bench.followers else ""
    if name == FAILOVER:
        more += recipes.SKEIN_FAILOVER.format(
            **settings, tokens=str(settings["engine"] == "mysql").lower())
    file = bench.folder.path / f"{name}.yaml"
    file.touch(mode=0o600)
    file.write_text(recipes.SKEIN.format(
        **settings, members=members, admin=free_port(), threads=len(cpus),
        routing=more))
    if name == FAILOVER:
        make_tables(bench, subprocess.run([binary, "grants", "--feature", "failover", file],
                                          capture_output=True, text=True, check=True).stdout)
    title = {BEFORE: "Skein before", TWO: "Skein, two threads", FAILOVER: "Skein, failover on",
             LEADER: "Skein, reads at the leader"}.get(name, "Skein")
    return Peer(name, title, settings["port"],
                Process(name, [Path(binary).resolve(), "run", file], bench.folder, cpus))


def make_tables(bench, grants):
    """What its grants make besides users, who may do anything here."""
    said = re.sub(r"--.*", "", grants)
    made = [each.strip() for each in said.split(";")]
    if made := [each for each in made if re.match(r"create (database|schema|table) ", each)]:
        bench.server.ask(*made)


STARTERS = ({"direct": start_direct} | dict.fromkeys(("haproxy", HAPROXY_READS), start_haproxy)
            | dict.fromkeys(SKEINS, start_skein))


def start(name, bench, pool):
    """A running peer that has answered once; Absent where it is not installed or has no part."""
    engine = bench.engine
    if name == LEADER and not bench.followers:
        raise Absent("is skein where there are no followers")
    if refusal := engine.has_no_part(name, bench.followers):
        raise Absent(refusal)
    settings = {"name": name, "port": free_port(), "server": bench.server.port, "pool": pool,
                "clients": recipes.CLIENTS_MAX, "user": engine.USER, "engine": engine.NAME,
                "password": bench.server.password}
    peer = engine.STARTERS[name](bench, settings)
    if peer.process:
        try:
            wait_until(peer.process, lambda: bench.server.answers(peer.port))
            if bench.followers:
                peer.splits = name in engine.SPLITTERS
                wait_until(peer.process, lambda: splits.reads_go_right(bench, peer),
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
