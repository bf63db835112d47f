# What can be asked of PostgreSQL's peers, by name; pgbench asks. engine.py hands it on.
import measure
from engines.postgres import clients
from workloads import CROWD_POOL, POOL, Figure, Kind

MODES = ("simple", "prepared")  # where nothing else is said
FIRST = ("select",)  # what is measured where no workload is named


def rows(count, size):
    return f"select repeat('x', {size}) from generate_series(1, {count});\n"


QUERIES = (Figure("tps", "tps"), Figure("cpu_us", "CPU us a query", 1))
ONE = "select 1;\n"

KINDS = (
    Kind("select", "pgbench -S: one row by its key", (("-S", ("-S",)),), QUERIES, MODES),
    Kind("select1", "SELECT 1: next to nothing but the hop", (("SELECT 1", ONE),), QUERIES,
         MODES),
    Kind("tpcb", "pgbench's TPC-B: seven statements a transaction", (("TPC-B", ()),),
         (Figure("tps", "tps"), Figure("cpu_us", "CPU us a transaction", 1)), MODES),
    Kind("connect", "a connection with SCRAM for each query (pgbench -C)",
         (("connect and SELECT 1", ONE, "-C"),),
         (Figure("tps", "connections a second"), Figure("cpu_us", "CPU us a connection", 0)),
         modes=("simple",), measure=clients.whole_run),
    Kind("crowd", f"-S from a crowd of clients over {CROWD_POOL} server connections",
         (("-S", ("-S",)),), QUERIES, MODES, clients=1000, pool=CROWD_POOL),
    Kind("idle", "memory for each client that prepared and ran a statement and waits",
         (("idle", "insert into arrived values (1);\n\\sleep 2000 s\n"),),
         (Figure("kb", "KB a client", 1),), clients=5000, modes=("prepared",), rounds=3,
         measure=measure.idle_memory, price="kb",
         note=f"Who has no pool to share has {POOL} clients at most.", cut=True, afresh=True),
    Kind("large", "results of 100 MB, in rows of 100 bytes and of 1 MB",
         (("100 MB in rows of 100 B", rows(count=1_000_000, size=100)),
          ("100 MB in rows of 1 MB", rows(count=100, size=1_000_000))),
         (Figure("mb", "MB a second"), Figure("cpu_s", "CPU s", 3)), clients=1, modes=("simple",),
         measure=clients.bulk, price="cpu_s", afresh=True),
    Kind("latency", "what is added to -S at half of the slowest peer's peak (pgbench --rate)",
         (("-S", ("-S",)),),
         (Figure("p50", "p50 us"), Figure("added_p50", "added"), Figure("p99", "p99 us"),
          Figure("added_p99", "added")), MODES,
         measure=clients.open_loop, price="", prepare=clients.settle_rate,
         relate=clients.add_over_direct),
    Kind("reads", "-S split over two followers of the server, none at the leader",
         (("-S", ("-S",)),), (*QUERIES, Figure("followers", "% by followers", 1)), MODES,
         measure=measure.split_reads, followers=2),
)
