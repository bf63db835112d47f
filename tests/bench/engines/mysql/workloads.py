# What can be asked of MySQL's and MariaDB's peers, by name; sysbench asks. engine.py hands it on.
import measure
from workloads import CROWD_POOL, POOL, Figure, Kind

MODES = ("text", "prepared")
FIRST = ("point_select", "read_only", "read_write")  # what is measured where nothing is named

QUERIES = (Figure("tps", "queries a second"), Figure("cpu_us", "CPU us a query", 1))
SPLIT = (*QUERIES, Figure("followers", "% of reads by followers", 1))
POINT = "oltp_point_select"

KINDS = (
    Kind("point_select", f"{POINT}: one row by its key, read at two followers",
         ((POINT, (POINT,)),), SPLIT, MODES, measure=measure.split_reads, followers=2),
    Kind("read_only", "oltp_read_only: 14 reads in a transaction; and without one",
         (("oltp_read_only", ("oltp_read_only",)),
          ("without BEGIN", ("oltp_read_only", "--skip_trx=on"))), SPLIT, MODES,
         measure=measure.with_split, followers=2,
         note="A transaction that does not say READ ONLY belongs to the leader."),
    Kind("read_write", "oltp_read_write: 18 reads and writes in a transaction",
         (("oltp_read_write", ("oltp_read_write",)),), SPLIT, MODES,
         measure=measure.with_split, followers=2, writes=True),
    Kind("crowd", f"{POINT} from a crowd of clients over {CROWD_POOL} server connections",
         ((POINT, (POINT,)),), QUERIES, MODES, clients=1000, pool=CROWD_POOL, cut=True,
         note=f"Who has no pool to share has {CROWD_POOL} clients."),
    Kind("idle", "memory for each client that prepared and ran a statement and waits",
         (("idle", ("arrive",)),), (Figure("kb", "KB a client", 1),), ("prepared",), clients=1000,
         rounds=3, measure=measure.idle_memory, price="kb", cut=True, afresh=True, writes=True,
         note=f"Who has no pool to share has {POOL} clients at most."),
)
