# The course of the bench: options, the server, the peers, interleaved rounds, the table at the end.
# proxy.sh starts it.
import argparse
import contextlib
import os
import signal
import sys
import time
from pathlib import Path

import closeup
import measure
import peers
import report
from processes import Failure, Folder, need
from server import Server

ROOT = Path(__file__).resolve().parents[2]
BUSY_SHARE = 0.25  # of all CPUs


def parse(arguments):
    known = ", ".join(peers.KNOWN)
    parser = argparse.ArgumentParser(
        prog="tests/bench/proxy.sh",
        description="What a hop through each proxy costs: pgbench's throughput and the proxy's CPU "
                    "microseconds a query. One pinned thread a proxy; PostgreSQL and pgbench run "
                    "where the kernel likes.")
    parser.add_argument("--rounds", type=positive, default=9, help="interleaved rounds (9)")
    parser.add_argument("--seconds", type=positive, default=5, help="of each measurement (5)")
    parser.add_argument("--clients", type=positive, default=8, help="of pgbench (8)")
    parser.add_argument("--modes", type=words("simple", "extended", "prepared"),
                        default=["simple", "prepared"], help="of pgbench (simple,prepared)")
    parser.add_argument("--peers", type=words(*peers.KNOWN), default=list(peers.KNOWN),
                        help=f"who takes part ({known})")
    parser.add_argument("--c1", action="store_true",
                        help="one client instead: SELECT 1 and -S, which show latency")
    parser.add_argument("--scale", type=positive, default=10, help="of pgbench's tables (10)")
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)),
                        help="which all proxies are pinned to (the last)")
    parser.add_argument("--skein", default=str(ROOT / ".build/release/skein"), metavar="FILE",
                        help="the binary (.build/release/skein)")
    parser.add_argument("--before", metavar="FILE",
                        help="another binary of Skein, to compare with in the same rounds")
    look = parser.add_mutually_exclusive_group()
    look.add_argument("--syscalls", choices=peers.KNOWN[1:], metavar="PEER",
                      help="count its system calls a query instead of measuring")
    look.add_argument("--perf", choices=peers.KNOWN[1:], metavar="PEER", nargs="?",
                      const="skein", help="show its hottest symbols instead (skein)")
    options = parser.parse_args(arguments)
    if options.cpu not in os.sched_getaffinity(0):
        parser.error(f"CPU {options.cpu} is not ours: {sorted(os.sched_getaffinity(0))} are")
    if options.before:
        options.peers.append(peers.BEFORE)
    return options


def positive(text):
    if int(text) < 1:
        raise ValueError
    return int(text)


def words(*known):
    def read(text):
        chosen = text.split(",")
        wrong = [word for word in chosen if word not in known]
        if wrong:
            raise argparse.ArgumentTypeError(f"'{wrong[0]}' is none of {', '.join(known)}")
        return [word for word in known if word in chosen]
    return read


def busy_share():
    """How much of the CPUs others take, looked at for a second before anything is started."""
    def ticks():
        numbers = [int(n) for n in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        return sum(numbers), numbers[3] + numbers[4]
    total, idle = ticks()
    time.sleep(1)
    total_after, idle_after = ticks()
    return 1 - (idle_after - idle) / max(total_after - total, 1)


def play_rounds(server, running, workloads, options):
    """{workload: {peer name: [Sample a round]}}; each round begins with another peer."""
    samples = {workload: {} for workload in workloads}
    for number in range(options.rounds):
        first = number % len(running)
        for workload in workloads:
            said = []
            for peer in running[first:] + running[:first]:
                if not measure.suits(peer, workload):
                    continue
                sample = measure.measure(server, peer, workload, options.seconds)
                samples[workload].setdefault(peer.name, []).append(sample)
                cost = "" if sample.cpu_us is None else f" {sample.cpu_us:.1f} us"
                said.append(f"{peer.name} {sample.tps:.0f} tps{cost}")
            print(f"round {number + 1}/{options.rounds}, {workload.title}, {workload.mode}: "
                  + ", ".join(said), file=sys.stderr, flush=True)
    return samples


def compare(options, server, folder, cleanup):
    load = busy_share()
    running = []
    for name in options.peers:
        running.append(peers.start(name, server, folder, options))
        if running[-1].process:
            cleanup.callback(running[-1].process.stop)
    workloads = measure.workloads(options, folder)
    samples = play_rounds(server, running, workloads, options)
    print(report.table(samples, workloads, options.peers))
    missing = any(not measure.suits(p, w) for p in running for w in workloads)
    print("\n" + report.legend(options.rounds, missing))
    print(report.machine(peers.versions(options.peers, options), options.cpu))
    print(f"{options.rounds} rounds of {options.seconds} s, scale {options.scale}; others took "
          f"{load:.0%} of the CPUs before"
          + (": trust ratios at most, not figures" if load > BUSY_SHARE else ""))


def look_closer(options, server, folder, cleanup):
    peer = peers.start(options.syscalls or options.perf, server, folder, options)
    cleanup.callback(peer.process.stop)
    look = closeup.count_syscalls if options.syscalls else closeup.find_hot_symbols
    for workload in measure.workloads(options, folder):
        if measure.suits(peer, workload):
            print("\n".join(look(server, peer, workload, options.seconds, folder)) + "\n")


def main():
    options = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        for tool in ("initdb", "postgres", "psql", "pgbench"):
            need(tool)
        with contextlib.ExitStack() as cleanup:
            folder = Folder()
            cleanup.callback(folder.remove)
            server = Server(folder, options.scale)
            cleanup.callback(server.process.stop)
            server.fill()
            closer = options.syscalls or options.perf
            (look_closer if closer else compare)(options, server, folder, cleanup)
    except Failure as why:
        sys.exit(f"bench: {why}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
