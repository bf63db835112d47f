# The command line of tests/bench/proxy.sh, and what --help says. compare.py reads it.
import argparse
import os
import textwrap
from pathlib import Path

import peers
import workloads
from workloads import counted

ROOT = Path(__file__).resolve().parents[2]

INTRODUCTION = """
What a hop through each proxy costs, side by side, in rounds that take turns: each round
measures every peer once, and begins with another one. All proxies have one thread, one and the
same CPU, the same number of server connections, no TLS. PostgreSQL and pgbench run where the
kernel likes. Nothing is installed; all that is started is stopped.
"""

EXAMPLES = """
examples:
  proxy.sh                                     -S with 8 clients, simple and prepared
  proxy.sh --clients 1,8,32 --modes simple,extended,prepared
  proxy.sh --workload crowd,idle --rounds 5    others, one table each
  proxy.sh --workload all                      all of them: some hours
  proxy.sh --peers skein --before FILE         two builds of Skein
  proxy.sh --syscalls skein                    system calls a query, by strace
  proxy.sh --perf skein --workload crowd       where its time goes, by perf

The peers that Debian 12 lacks are unpacked once by scripts/peers-tree.sh; without it they are left
out. The tables can be pasted into a .md file as they are; what happens meanwhile is told on
standard error.
"""


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="tests/bench/proxy.sh", usage="%(prog)s [OPTION...]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=INTRODUCTION.strip() + "\n\n" + listing("workloads", {
            kind.name: f"{kind.told} ({counted(kind.clients)})" for kind in workloads.KINDS})
        + "\n\n" + listing("peers", peers.TOLD), epilog=EXAMPLES.strip())
    parser.add_argument("--workload", type=workload_names, metavar="NAMES", default=["select"],
                        help="commas between, or all (select)")
    parser.add_argument("--peers", type=words(*peers.KNOWN), metavar="NAMES", default=[],
                        help="who takes part (all that are there; reads "
                             + ",".join(peers.SPLITTING) + ")")
    add_sizes(parser)
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)), metavar="N",
                        help="which all proxies are pinned to (the last)")
    parser.add_argument("--skein", default=str(ROOT / ".build/release/skein"), metavar="FILE",
                        help="the binary (.build/release/skein)")
    parser.add_argument("--before", metavar="FILE",
                        help="another binary of Skein, to compare with in the same rounds")
    look = parser.add_mutually_exclusive_group()
    watched = [name for name in peers.KNOWN if name != "direct"]
    look.add_argument("--syscalls", choices=watched, metavar="PEER",
                      help="count its system calls a query instead of measuring")
    look.add_argument("--perf", choices=watched, metavar="PEER", nargs="?", const="skein",
                      help="show its hottest symbols instead (skein)")
    options = parser.parse_args(arguments)
    if options.cpu not in os.sched_getaffinity(0):
        parser.error(f"CPU {options.cpu} is not ours: {sorted(os.sched_getaffinity(0))} are")
    return options


def entrants(options, kind):
    """Who is asked to take part in a workload, in the order of its table."""
    names = options.peers or (peers.SPLITTING if kind.followers else peers.DEFAULT)
    return [*names, *[peers.BEFORE] * bool(options.before)]


def add_sizes(parser):
    parser.add_argument("--rounds", type=positive, metavar="N",
                        help="interleaved rounds (15; idle 3); 6 are needed for 95 %% bounds")
    parser.add_argument("--seconds", type=positive, default=5, metavar="N",
                        help="of each measurement (5)")
    parser.add_argument("--clients", type=numbers, metavar="NUMBERS",
                        help="of pgbench, commas between (8; crowd 1000, idle 5000, large 1)")
    parser.add_argument("--modes", type=words("simple", "extended", "prepared"), metavar="MODES",
                        help="simple, extended, prepared (simple,prepared; idle prepared; "
                             "connect, large simple)")
    parser.add_argument("--scale", type=positive, default=10, metavar="N",
                        help="of pgbench's tables (10)")


def listing(title, entries):
    width = max(map(len, entries)) + 2
    return f"{title}:\n" + textwrap.indent(
        "\n".join(f"{name:<{width}}{told}" for name, told in entries.items()), "  ")


def positive(text):
    if int(text) < 1:
        raise ValueError
    return int(text)


def numbers(text):
    return [positive(number) for number in text.split(",")]


def words(*known):
    def read(text):
        chosen = text.split(",")
        wrong = [word for word in chosen if word not in known]
        if wrong:
            raise argparse.ArgumentTypeError(f"'{wrong[0]}' is none of {', '.join(known)}")
        return [word for word in known if word in chosen]
    return read


def workload_names(text):
    return list(workloads.NAMES) if text == "all" else words(*workloads.NAMES)(text)
