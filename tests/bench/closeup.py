# A closer look at one peer under load: its system calls a query by strace, or its hottest symbols
# by perf. Both disturb what they watch, so neither says what a query costs.
import re
import signal
import subprocess
import time
from pathlib import Path

from processes import START_SECONDS, Failure, Process, need

SYMBOLS_SHOWN = 40
WIDTH = 120  # names of templates go on for screens


def count_syscalls(bench, peer, task, seconds):
    """Lines of text: calls a query, most frequent first."""
    need("strace")
    file = bench.folder.path / "strace.txt"
    watcher = Process("strace", [need("strace"), "-c", "-f", "-U", "calls,errors,name", "-o", file,
                                 "-p", watched(peer)], bench.folder, stop_signal=signal.SIGINT)
    try:
        wait_for_tracer(peer.process.pid, watcher)
        _, queries, tps = bench.engine.spend(bench, peer, task, seconds)
    finally:
        watcher.stop()
    lines = [f"{peer.name}: system calls a query ({task.title}, {task.mode}; {queries} "
             f"queries, logins included, {tps:.0f} tps under strace)"]
    for name, calls, errors in read_counts(file.read_text()):
        if calls / queries >= 0.005:
            failed = f", {errors / queries:.2f} of them failed" if errors else ""
            lines.append(f"  {name:<16} {calls / queries:6.2f}{failed}")
    return lines


def watched(peer):
    return ",".join(map(str, peer.process.family()))


def wait_for_tracer(pid, watcher):
    until = time.monotonic() + START_SECONDS
    while re.search(r"TracerPid:\t0\n", Path(f"/proc/{pid}/status").read_text()):
        if not watcher.alive() or time.monotonic() > until:
            watcher.fail("could not watch (ptrace may be forbidden here)")
        time.sleep(0.02)


def read_counts(text):
    """(name, calls, errors) of each row of strace's table, most calls first."""
    rows = []
    for line in text.splitlines():
        match = re.match(r"\s*(\d+)(?:\s+(\d+))?\s+(\w+)\s*$", line)
        if match and match.group(3) != "total":
            rows.append((match.group(3), int(match.group(1)), int(match.group(2) or 0)))
    return sorted(rows, key=lambda row: -row[1])


def find_hot_symbols(bench, peer, task, seconds):
    """Lines of text: perf's report of the peer while clients ask."""
    file = bench.folder.path / "perf.data"
    # Virtual machines often have no cycle counter; the clock is good enough for shares.
    watcher = Process("perf", [need("perf"), "record", "-q", "-e", "cpu-clock", "-F", "2000", "-g",
                               "-o", file, "-p", watched(peer)], bench.folder,
                      stop_signal=signal.SIGINT)
    try:
        _, queries, tps = bench.engine.spend(bench, peer, task, seconds)
    finally:
        watcher.stop()
    said = subprocess.run([need("perf"), "report", "--stdio", "--no-children", "-g", "none",
                           "-F", "overhead,dso,symbol", "-i", str(file)],
                          capture_output=True, text=True, check=False)
    rows = [line.rstrip()[:WIDTH] for line in said.stdout.splitlines()
            if line.strip() and not line.startswith("#")]
    if not rows:
        raise Failure(f"perf saw nothing: {said.stderr.strip()}\n{watcher.last_words()}")
    return [f"{peer.name}: share of its CPU ({task.title}, {task.mode}; {queries} queries, "
            f"{tps:.0f} tps under perf)", *rows[:SYMBOLS_SHOWN]]
