# The command line of tests/bench/proxy.sh, and what --help says. compare.py reads it.
import argparse
import importlib
import os
import textwrap
from pathlib import Path

import peers
import workloads
from workloads import counted

ROOT = Path(__file__).resolve().parents[2]

ENGINES = ("postgres", "mysql")  # a folder of engines/ each

INTRODUCTION = """
What a hop through each proxy costs, side by side, in rounds that take turns: each round
measures every peer once, and begins with another one. All proxies have one thread, one and the
same CPU, the same number of server connections, no TLS. Servers and clients run where the kernel
likes. Nothing is installed; all that is started is stopped.
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
  proxy.sh --engine mysql                      sysbench on MariaDB; --help has its workloads
  proxy.sh --engine mysql --flavour mysql      the same on MySQL 9

What Debian 12 lacks is unpacked once by scripts/peers-tree.sh and scripts/mysql-tree.sh; peers that
are not there are left out. The tables can be pasted into a .md file as they are; what happens
meanwhile is told on standard error.
"""


def parse(arguments):
    engine = engine_of(arguments)
    parser = argparse.ArgumentParser(
        prog="tests/bench/proxy.sh", usage="%(prog)s [OPTION...]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=INTRODUCTION.strip() + "\n\n" + listing(f"workloads ({engine.NAME})", {
            kind.name: f"{kind.told} ({counted(kind.clients)})" for kind in engine.KINDS})
        + "\n\n" + listing(f"peers ({engine.NAME})", engine.TOLD), epilog=EXAMPLES.strip())
    parser.add_argument("--engine", choices=ENGINES, default="postgres",
                        help="what the servers are: postgres, mysql (postgres)")
    parser.add_argument("--flavour", choices=("mariadb", "mysql"), default="mariadb",
                        help="of the engine mysql: mariadb, mysql (mariadb)")
    parser.add_argument("--workload", type=workload_names(engine.KINDS), metavar="NAMES",
                        default=list(engine.FIRST),
                        help=f"commas between, or all ({','.join(engine.FIRST)})")
    parser.add_argument("--peers", type=words(*engine.TOLD), metavar="NAMES", default=[],
                        help="who takes part (all that are there and have a part)")
    add_sizes(parser, engine)
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)), metavar="N",
                        help="which all proxies are pinned to (the last)")
    parser.add_argument("--skein", default=str(ROOT / ".build/release/skein"), metavar="FILE",
                        help="the binary (.build/release/skein)")
    parser.add_argument("--before", metavar="FILE",
                        help="another binary of Skein, to compare with in the same rounds")
    look = parser.add_mutually_exclusive_group()
    watched = [name for name in engine.TOLD if name != "direct"]
    look.add_argument("--syscalls", choices=watched, metavar="PEER",
                      help="count its system calls a query instead of measuring")
    look.add_argument("--perf", choices=watched, metavar="PEER", nargs="?", const="skein",
                      help="show its hottest symbols instead (skein)")
    options = parser.parse_args(arguments)
    options.engine = engine
    if options.cpu not in os.sched_getaffinity(0):
        parser.error(f"CPU {options.cpu} is not ours: {sorted(os.sched_getaffinity(0))} are")
    return options


def engine_of(arguments):
    """What the rest of the command line means depends on it."""
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    first.add_argument("--engine", default="postgres")
    name = first.parse_known_args(arguments)[0].engine
    return importlib.import_module(f"engines.{name if name in ENGINES else 'postgres'}.engine")


def entrants(options, kind):
    """Who is asked to take part in a workload, in the order of its table."""
    names = options.peers or options.engine.entrants(kind)
    return [*names, *[peers.BEFORE] * bool(options.before)]


def add_sizes(parser, engine):
    parser.add_argument("--rounds", type=positive, metavar="N",
                        help="interleaved rounds (15; idle 3); 6 are needed for 95 %% bounds")
    parser.add_argument("--seconds", type=positive, default=5, metavar="N",
                        help="of each measurement (5)")
    parser.add_argument("--clients", type=numbers, metavar="NUMBERS",
                        help="commas between (as many as stand behind the workloads above)")
    parser.add_argument("--modes", type=words(*engine.MODES), metavar="MODES",
                        help=f"of {', '.join(engine.MODES)} (depends on the workload)")
    parser.add_argument("--scale", type=positive, default=10, metavar="N",
                        help="of the tables (10): 100,000 rows each of pgbench's, 10,000 of "
                             "sysbench's")


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


def workload_names(kinds):
    known = workloads.names(kinds)
    return lambda text: list(known) if text == "all" else words(*known)(text)
