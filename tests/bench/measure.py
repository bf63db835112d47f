# One measurement: pgbench through one peer for some seconds, and the CPU that the peer took for it.
# What logging in costs is measured apart, by as many clients that ask one query each, and taken
# off: a query's price must not depend on how long a round lasts.
import re
import time
from dataclasses import dataclass

from processes import Failure


@dataclass(frozen=True)
class Workload:
    title: str
    mode: str  # simple | extended | prepared
    clients: int
    script: tuple  # pgbench's arguments that say what is asked


@dataclass(frozen=True)
class Sample:
    tps: float
    cpu_us: float | None  # a query; none where there is no proxy


def workloads(options, folder):
    if options.c1:
        file = folder.write("one.sql", "select 1;\n")
        return [Workload(f"{title}, 1 client", mode, 1, script)
                for mode in options.modes
                for title, script in (("SELECT 1", ("-f", file)), ("-S", ("-S",)))]
    clients = f"{options.clients} client{'s' if options.clients > 1 else ''}"
    return [Workload(f"-S, {clients}", mode, options.clients, ("-S",)) for mode in options.modes]


def suits(peer, workload):
    return peer.prepared or workload.mode != "prepared"


def measure(server, peer, workload, seconds):
    login_ns, login_queries, _ = spend(server, peer, workload, ("-t", 1))
    ns, queries, tps = spend(server, peer, workload, ("-T", seconds))
    if queries <= login_queries:
        raise Failure(f"{peer.name} answered {queries} queries in {seconds} s")
    if not peer.process:
        return Sample(tps, None)
    return Sample(tps, (ns - login_ns) / (queries - login_queries) / 1000)


def spend(server, peer, workload, length):
    before = peer.process.cpu_ns() if peer.process else 0
    said = server.client("pgbench", "-n", "-M", workload.mode, "-c", workload.clients, *length,
                         *workload.script, port=peer.port)
    time.sleep(0.02)  # the proxy still has connections to close
    if peer.process and not peer.process.alive():
        peer.process.fail("died")
    after = peer.process.cpu_ns() if peer.process else 0
    queries, tps = read(said)
    return after - before, queries, tps


def read(said):
    """How many transactions pgbench made, and how many a second."""
    queries = re.search(r"transactions actually processed: (\d+)", said)
    tps = re.search(r"tps = ([\d.]+) \(without initial", said)
    failed = re.search(r"failed transactions: (\d+)", said)
    if not queries or not tps or (failed and int(failed.group(1))):
        raise Failure(f"pgbench did not do its work:\n{said}")
    return int(queries.group(1)), float(tps.group(1))
