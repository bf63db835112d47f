# The clients of the PostgreSQL bench, which are pgbench's, and what is measured with its own ways
# of asking: runs of a length, connections anew, rates. engine.py and workloads.py pick from here.
import math
import re
import signal
import time
from dataclasses import replace

from measure import closed_loop, suits
from processes import Failure, Process, need

FOREVER = 100_000  # seconds; pgbench counts them from before its clients connect


def ask(bench, peer, task):
    """Clients that ask until they are stopped, and report each second."""
    return Process("pgbench", [need("pgbench"), "-n", "-M", task.mode, "-c",
                               task.clients_of(peer), "-T", FOREVER, "-P", 1,
                               "--progress-timestamp", *task.script],
                   bench.folder, environment=bench.server.environment(peer.port),
                   stop_signal=signal.SIGALRM)  # that its time is over


def arrive(bench, peer, task):
    """Clients that come, run their script, which tells the server of it, and wait in its midst."""
    return Process("pgbench", [need("pgbench"), "-n", "-M", task.mode, "-c",
                               task.clients_of(peer), "-t", 1, *task.script],
                   bench.folder, environment=bench.server.environment(peer.port))


def spend(bench, peer, task, seconds, *more):
    """(CPU ns of the proxy, queries, queries a second) of a whole run, logins included."""
    before = peer.process.cpu_ns() if peer.process else 0
    said = bench.server.client("pgbench", "-n", "-M", task.mode, "-c", task.clients, "-T", seconds,
                               *more, *task.script, port=peer.port)
    time.sleep(0.02)  # the proxy still has connections to close
    if peer.process and not peer.process.alive():
        peer.process.fail("died")
    after = peer.process.cpu_ns() if peer.process else 0
    queries, tps = read(said)
    return after - before, queries, tps


def read(said):
    """How many transactions pgbench made, and how many a second."""
    queries = re.search(r"transactions actually processed: (\d+)", said)
    tps = re.search(r"tps = ([\d.]+) \((?:without initial|including reconn)", said)
    failed = re.search(r"failed transactions: (\d+)", said)
    if not queries or not tps or (failed and int(failed.group(1))):
        raise Failure(f"pgbench did not do its work:\n{said}")
    return int(queries.group(1)), float(tps.group(1))


def whole_run(bench, peer, task):
    """All that pgbench made the proxy do, connections included."""
    ns, queries, tps = spend(bench, peer, task, bench.seconds)
    return {"tps": tps} | ({"cpu_us": ns / queries / 1000} if peer.process else {})


def bulk(bench, peer, task):
    """A result of 100 MB at a time."""
    sample = whole_run(bench, peer, task)
    cpu_us = sample.get("cpu_us")
    return {"mb": sample["tps"] * 100} | ({"cpu_s": cpu_us / 1e6} if cpu_us is not None else {})


def open_loop(bench, peer, task):
    """Queries come at times of their own, however long answers take: latencies from those times."""
    prefix = bench.folder.path / "latency"
    spend(bench, peer, task, bench.seconds, "--rate", task.rate, "--log", f"--log-prefix={prefix}")
    latencies = []
    for log in bench.folder.path.glob("latency.*"):
        latencies += read_latencies(log.read_text())
        log.unlink()
    if not latencies:
        raise Failure(f"{peer.name} answered nothing in {bench.seconds} s")
    return {"p50": percentile(latencies, 50), "p99": percentile(latencies, 99)}


def settle_rate(bench, running, tasks):
    """The same tasks at half of what the slowest peer can: a rate that all keep up with."""
    settled = []
    for task in tasks:
        peaks = [closed_loop(bench, peer, task)["tps"] for peer in running if suits(peer, task)]
        rate = max(int(min(peaks) / 2), 1)
        settled.append(replace(task, rate=rate, title=f"{task.title}, {rate} a second"))
    return settled


def add_over_direct(samples):
    """Of one round: what each peer adds to the latency that there is without it."""
    direct = samples.get("direct")
    for name, sample in samples.items():
        if direct and name != "direct":
            sample["added_p50"] = sample["p50"] - direct["p50"]
            sample["added_p99"] = sample["p99"] - direct["p99"]


def read_latencies(log):
    """Microseconds of each transaction in pgbench's log; under --rate, from when it was due."""
    return [int(line.split()[2]) for line in log.splitlines() if line]


def percentile(values, share):
    """The smallest value that `share` per cent do not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * share / 100), 1) - 1]
