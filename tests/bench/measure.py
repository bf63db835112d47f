# One measurement: pgbench through one peer for some seconds, and what the peer took for it. A price
# of a query must not depend on how long a round lasts, so CPU and queries count from the first
# report of pgbench on, one second after all clients have logged in. workloads.py picks measures.
import math
import re
import signal
import time
from dataclasses import dataclass, replace

from followers import count_reads, expect, share
from processes import Failure, Process, need

CROWD_SECONDS = 300  # in which thousands of clients must have logged in
FOREVER = 100_000  # seconds; pgbench counts them from before its clients connect


@dataclass(frozen=True)
class Task:
    """What pgbench does in one measurement; `kind` (of workloads.py) says what is made of it."""
    kind: object
    title: str
    mode: str  # simple | extended | prepared
    clients: int
    script: tuple  # pgbench's arguments that say what is asked
    rate: int | None = None  # queries a second, where not as many as can be


def obstacle(peer, task):
    """Why the peer cannot take part, if it cannot."""
    if task.clients > task.kind.pool and not peer.shares and not task.kind.cut:
        return "needs a server connection a client"
    if task.mode == "prepared" and not peer.prepared:
        return "loses prepared statements between transactions"
    return None


def suits(peer, task):
    return obstacle(peer, task) is None


def closed_loop(bench, peer, task):
    """Each client asks again at once: throughput, and the proxy's CPU a query."""
    asking = Process("pgbench", [need("pgbench"), "-n", "-M", task.mode, "-c", task.clients,
                                 "-T", FOREVER, "-P", 1, "--progress-timestamp", *task.script],
                     bench.folder, environment=bench.server.environment(peer.port),
                     stop_signal=signal.SIGALRM)  # that its time is over
    marks = []
    until = time.monotonic() + CROWD_SECONDS + bench.seconds
    try:
        while len(marks) <= bench.seconds:
            time.sleep(0.002)
            reports = read_progress(asking.log.read_text())
            if len(reports) > len(marks):
                marks.append((*reports[len(marks)], peer.process.cpu_ns() if peer.process else 0))
            elif not asking.alive() or time.monotonic() > until:
                asking.fail(f"did not do its work through {peer.name}")
    finally:
        asking.stop()
    if peer.process and not peer.process.alive():
        peer.process.fail("died")
    tps, cpu_us = weigh(marks)
    return {"tps": tps, "cpu_us": cpu_us} if peer.process else {"tps": tps}


def split_reads(bench, peer, task):
    """The same, held against what the servers say of who served the reads."""
    before = count_reads(bench)
    sample = closed_loop(bench, peer, task)
    percent = share(before, count_reads(bench))
    expect(peer.name, peer.splits, percent)
    return sample | {"followers": percent}


def weigh(marks):
    """(queries a second, CPU us a query) between the first and the last of (when, tps, CPU ns)."""
    queries = sum(tps * (when - earlier[0]) for earlier, (when, tps, _) in zip(marks, marks[1:]))
    if not queries:
        raise Failure("pgbench had no answer in all its time")
    return queries / (marks[-1][0] - marks[0][0]), (marks[-1][2] - marks[0][2]) / queries / 1000


def whole_run(bench, peer, task):
    """All that pgbench made the proxy do, connections included."""
    ns, queries, tps = spend(bench.server, peer, task, ("-T", bench.seconds))
    return {"tps": tps} | ({"cpu_us": ns / queries / 1000} if peer.process else {})


def bulk(bench, peer, task):
    """A result of 100 MB at a time."""
    sample = whole_run(bench, peer, task)
    cpu_us = sample.get("cpu_us")
    return {"mb": sample["tps"] * 100} | ({"cpu_s": cpu_us / 1e6} if cpu_us is not None else {})


def open_loop(bench, peer, task):
    """Queries come at times of their own, however long answers take: latencies from those times."""
    prefix = bench.folder.path / "latency"
    spend(bench.server, peer, task, ("-T", bench.seconds, "--rate", task.rate, "--log",
                                     f"--log-prefix={prefix}"))
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


def idle_memory(bench, peer, task):
    """Clients that have each run one statement and wait: what the proxy keeps for each."""
    if not peer.process:
        return {}
    clients = task.clients if peer.shares else min(task.clients, task.kind.pool)
    bench.server.ask("create table if not exists arrived (client int)", "truncate arrived")
    before = peer.process.memory_kb(alone=True)  # children that wait for clients are for clients
    waiting = Process("pgbench", [need("pgbench"), "-n", "-M", task.mode, "-c", clients, "-t", 1,
                                  *task.script], bench.folder,
                      environment=bench.server.environment(peer.port))
    try:
        until = time.monotonic() + CROWD_SECONDS
        while int(bench.server.ask("select count(*) from arrived")) < clients:
            if not waiting.alive() or not peer.process.alive() or time.monotonic() > until:
                waiting.fail(f"could not bring {clients} clients through {peer.name}")
            time.sleep(0.2)
        time.sleep(1)  # buffers of the last answers are given back
        return {"kb": (peer.process.memory_kb() - before) / clients}
    finally:
        waiting.stop()


def spend(server, peer, task, length):
    before = peer.process.cpu_ns() if peer.process else 0
    said = server.client("pgbench", "-n", "-M", task.mode, "-c", task.clients, *length,
                         *task.script, port=peer.port)
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


def read_progress(said):
    """(when, tps since the one before) of each of pgbench's reports so far."""
    reports = []
    for line in said.splitlines(keepends=True):
        match = re.match(r"progress: ([\d.]+) s, ([\d.]+) tps, .*?(?:, (\d+) failed)?\n", line)
        if match and int(match.group(3) or 0):
            raise Failure(f"a transaction failed: {line.strip()}")
        if match:
            reports.append((float(match.group(1)), float(match.group(2))))
    return reports


def read_latencies(log):
    """Microseconds of each transaction in pgbench's log; under --rate, from when it was due."""
    return [int(line.split()[2]) for line in log.splitlines() if line]


def percentile(values, share):
    """The smallest value that `share` per cent do not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * share / 100), 1) - 1]
