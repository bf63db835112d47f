# The clients of the MySQL bench, which are sysbench's. Each of its scripts is taught to report as
# measure.py reads it, to the millisecond and in queries; engine.py and workloads.py pick from here.
import re
import time

from engines.mysql import recipes
from processes import Failure, Process, need

FOREVER = 100_000  # seconds
PREPARES = {"text": "disable", "prepared": "auto"}


def ask(bench, peer, task):
    """Clients that ask until they are stopped, and report each second."""
    script, *options = task.script
    return sysbench(bench, peer, task, script, recipes.REPORTING.format(script=script),
                    f"--time={FOREVER}", "--report-interval=1", *options)


def arrive(bench, peer, task):
    """Clients that come, tell the server of it, and wait."""
    return sysbench(bench, peer, task, "arrive", recipes.ARRIVING, "--time=0", "--events=0")


def sysbench(bench, peer, task, name, text, *options):
    file = bench.folder.write(f"{name}.lua", text)
    return Process("sysbench", [need("sysbench"), *bench.server.login(peer.port),
                                *choices(bench, peer, task), *options, file, "run"], bench.folder)


def choices(bench, peer, task):
    return (f"--threads={task.clients_of(peer)}", f"--db-ps-mode={PREPARES[task.mode]}",
            f"--table-size={bench.server.rows}", "--rand-type=uniform")


def spend(bench, peer, task, seconds):
    """(CPU ns of the proxy, queries, queries a second) of a whole run, logins included."""
    before = peer.process.cpu_ns() if peer.process else 0
    script, *options = task.script
    began = time.monotonic()
    said = bench.server.sysbench(peer.port, *choices(bench, peer, task), f"--time={seconds}",
                                 *options, script, "run")
    took = time.monotonic() - began
    if peer.process and not peer.process.alive():
        peer.process.fail("died")
    after = peer.process.cpu_ns() if peer.process else 0
    queries = read(said)
    return after - before, queries, queries / took


def read(said):
    """How many queries sysbench made."""
    queries = re.search(r"^\s*queries:\s+(\d+)", said, re.M)
    if not queries:
        raise Failure(f"sysbench did not do its work:\n{said}")
    return int(queries.group(1))
