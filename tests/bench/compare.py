# The course of the bench: the server, the peers, interleaved rounds, a table for each workload.
# proxy.sh starts it.
import contextlib
import itertools
import resource
import signal
import sys
import time
from pathlib import Path

import closeup
import options as command_line
import peers
import report
import workloads
from measure import obstacle, suits
from processes import Failure, Folder, need

BUSY_SHARE = 0.25  # of all CPUs


class Bench:
    """What one run has: a server with data, its followers, a folder, and the person's choices."""

    def __init__(self, options, folder, server, its_followers):
        self.engine = options.engine
        self.folder = folder
        self.server = server
        self.followers = its_followers
        self.seconds = options.seconds
        self.cpus = {options.cpu}
        self.skein = options.skein
        self.before = options.before


def busy_share():
    """How much of the CPUs others take, looked at for a second before anything is started."""
    def ticks():
        numbers = [int(n) for n in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        return sum(numbers), numbers[3] + numbers[4]
    total, idle = ticks()
    time.sleep(1)
    total_after, idle_after = ticks()
    return 1 - (idle_after - idle) / max(total_after - total, 1)


def tell(text):
    print(text, file=sys.stderr, flush=True)


def measure_one(bench, peer, task):
    if not task.kind.afresh or not peer.process:
        return task.kind.measure(bench, peer, task)
    fresh = peers.start(peer.name, bench, task.kind.pool)
    try:
        return task.kind.measure(bench, fresh, task)
    finally:
        fresh.process.stop()


def play_rounds(bench, running, tasks, rounds):
    """{task: {peer name: [sample a round]}}; each round begins with another peer."""
    samples = {task: {} for task in tasks}
    for number in range(rounds):
        first = number % len(running)
        for task in tasks:
            found = {}
            for peer in running[first:] + running[:first]:
                if suits(peer, task):
                    found[peer.name] = measure_one(bench, peer, task)
            if task.kind.relate:
                task.kind.relate(found)
            for name, sample in found.items():
                samples[task].setdefault(name, []).append(sample)
            tell(f"round {number + 1}/{rounds}, {task.title}, {task.mode}: "
                 + report.line(found, task.kind.figures))
    return samples


def start_all(names, bench, kind, cleanup):
    running = []
    for name in names:
        try:
            running.append(peers.start(name, bench, kind.pool))
        except peers.Absent as why:
            tell(f"left out: {name}: {why}")
            continue
        if running[-1].process:
            cleanup.callback(running[-1].process.stop)
            if kind.afresh:  # it was started to see that it can be
                running[-1].process.stop()
    if not running:
        raise Failure("none of the peers is there")
    return running


def compare(options, bench, kind):
    load = busy_share()
    rounds = options.rounds or kind.rounds
    with contextlib.ExitStack() as cleanup:
        running = start_all(command_line.entrants(options, kind), bench, kind, cleanup)
        tasks = workloads.tasks(kind, options, bench.folder)
        tell(f"{kind.name}: {len(tasks) * len(running) * rounds} measurements, "
             f"{options.seconds} s each")
        if kind.prepare:
            tasks = kind.prepare(bench, running, tasks)
        samples = play_rounds(bench, running, tasks, rounds)
    titles = {peer.name: peer.title for peer in running}
    obstacles = {(peer.title, obstacle(peer, task)): None
                 for peer in running for task in tasks if not suits(peer, task)}
    versions = options.engine.versions(bench)
    if "skein" in titles:
        versions.append(peers.said_of([options.skein], "--version"))
    print(f"{kind.name}: {kind.told}\n\n{report.table(samples, tasks, titles)}\n")
    print(report.legend(kind, rounds, obstacles))
    if peers.TWO in titles:
        print("\n".join(report.scaling(samples, tasks, peers.TWO)))
    print(report.machine(versions, options.cpu))
    print(f"{rounds} round{'s' * (rounds > 1)} of {options.seconds} s, scale {options.scale}; "
          f"others took {load:.0%} of the CPUs before"
          + (": trust ratios at most, not figures" if load > BUSY_SHARE else "") + "\n", flush=True)


def look_closer(options, bench, kind):
    peer = peers.start(options.syscalls or options.perf, bench, kind.pool)
    try:
        look = closeup.count_syscalls if options.syscalls else closeup.find_hot_symbols
        for task in workloads.tasks(kind, options, bench.folder):
            if suits(peer, task):
                print("\n".join(look(bench, peer, task, options.seconds))
                      + "\n")
    finally:
        peer.process.stop()


def main():
    options = command_line.parse(sys.argv[1:])
    look = look_closer if options.syscalls or options.perf else compare
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A client is a file to every program between; all that is started inherits this.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        for tool in options.engine.TOOLS:
            need(tool)
        with contextlib.ExitStack() as cleanup:
            folder = Folder(options.engine.OWNER)
            cleanup.callback(folder.remove)
            chosen = workloads.pick(options.engine.KINDS, options.workload)
            for count, kinds in itertools.groupby(chosen, lambda kind: kind.followers):
                with options.engine.started(folder, options, count) as servers:
                    bench = Bench(options, folder, *servers)
                    for kind in kinds:
                        look(options, bench, kind)
    except Failure as why:
        sys.exit(f"bench: {why}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
