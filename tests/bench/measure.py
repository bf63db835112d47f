# One measurement: clients that ask through one peer for some seconds, and what the peer took for
# it. A price of a query must not depend on how long a round lasts, so CPU and queries count from
# the first report of the clients on, one second after all have logged in. The engines' workloads.py
# pick measures from here; their clients.py is what asks.
import re
import time
from dataclasses import dataclass

import splits
from processes import Failure

CROWD_SECONDS = 300  # in which thousands of clients must have logged in


@dataclass(frozen=True)
class Task:
    """What clients do in one measurement; `kind` (of workloads.py) says what is made of it."""
    kind: object
    title: str
    mode: str  # one of the engine's MODES
    clients: int
    script: tuple  # the arguments that say what is asked
    rate: int | None = None  # queries a second, where not as many as can be

    def clients_of(self, peer):
        """Who shares no server connections may have to do with fewer clients."""
        return self.clients if peer.shares else min(self.clients, self.kind.pool)


def obstacle(peer, task):
    """Why the peer cannot take part, if it cannot."""
    if peer.reads_only and task.kind.writes:
        return "takes no writes"
    if task.clients > task.kind.pool and not peer.shares and not task.kind.cut:
        return "needs a server connection a client"
    if task.mode == "prepared" and not peer.prepared:
        return "loses prepared statements between transactions"
    return None


def suits(peer, task):
    return obstacle(peer, task) is None


def closed_loop(bench, peer, task):
    """Each client asks again at once: throughput, and the proxy's CPU a query."""
    asking = bench.engine.ask(bench, peer, task)
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


def with_split(bench, peer, task):
    """The same, and what the servers say of who served the reads."""
    before = splits.count_reads(bench)
    sample = closed_loop(bench, peer, task)
    return sample | {"followers": splits.share(before, splits.count_reads(bench))}


def split_reads(bench, peer, task):
    """The same, where nothing but reads is asked that a follower may serve: held against it."""
    sample = with_split(bench, peer, task)
    splits.expect(peer.name, peer.splits, sample["followers"])
    return sample


def weigh(marks):
    """(queries a second, CPU us a query) between the first and the last of (when, tps, CPU ns)."""
    queries = sum(tps * (when - earlier[0]) for earlier, (when, tps, _) in zip(marks, marks[1:]))
    if not queries:
        raise Failure("the clients had no answer in all their time")
    return queries / (marks[-1][0] - marks[0][0]), (marks[-1][2] - marks[0][2]) / queries / 1000


def idle_memory(bench, peer, task):
    """Clients that have each run one statement and wait: what the proxy keeps for each."""
    if not peer.process:
        return {}
    clients = task.clients_of(peer)
    bench.server.forget_arrivals()
    before = peer.process.memory_kb(alone=True)  # children that wait for clients are for clients
    waiting = bench.engine.arrive(bench, peer, task)
    try:
        until = time.monotonic() + CROWD_SECONDS
        while bench.server.arrivals() < clients:
            if not waiting.alive() or not peer.process.alive() or time.monotonic() > until:
                waiting.fail(f"could not bring {clients} clients through {peer.name}")
            time.sleep(0.2)
        time.sleep(1)  # buffers of the last answers are given back
        return {"kb": (peer.process.memory_kb() - before) / clients}
    finally:
        waiting.stop()


def read_progress(said):
    """(when, queries a second since the one before) of each of the clients' reports so far, in the
    words of pgbench; other clients are taught to speak likewise."""
    reports = []
    for line in said.splitlines(keepends=True):
        match = re.match(r"progress: ([\d.]+) s, ([\d.]+) tps, .*?(?:, (\d+) failed)?\n", line)
        if match and int(match.group(3) or 0):
            raise Failure(f"a transaction failed: {line.strip()}")
        if match:
            reports.append((float(match.group(1)), float(match.group(2))))
    return reports
