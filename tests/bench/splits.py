# Who served the reads of a workload that is split over followers. Each server counts for itself,
# query by query and at once: who leaves its reads at the leader cannot pass for one that splits
# them. measure.py and peers.py ask.
from processes import Failure

ENOUGH = 99  # per cent of the reads; each new server connection may cost one at the leader


def count_reads(bench):
    """How many reads each server has served so far, the leader first."""
    return [server.reads_served() for server in (bench.server, *bench.followers)]


def share(before, after):
    """Per cent of the reads between two counts that followers have served."""
    served = [late - early for early, late in zip(before, after)]
    if sum(served) <= 0:
        raise Failure("no server has counted a read")
    return 100 * sum(served[1:]) / sum(served)


def expect(name, splits, percent):
    """A figure for a split that did not happen is worthless, and so is one for its absence."""
    if (percent if splits else 100 - percent) < ENOUGH:
        raise Failure(f"{name} had {percent:.1f} % of its reads served by followers, and at "
                      f"{'least' if splits else 'most'} {ENOUGH if splits else 100 - ENOUGH} % "
                      "is what was to be measured")


def reads_go_right(bench, peer):
    """Whether a session's reads go where they should; a proxy may learn that after its start."""
    before = count_reads(bench)
    bench.server.ask_some_reads(peer.port)
    at_followers = share(before, count_reads(bench))
    return at_followers >= 60 if peer.splits else at_followers <= 10
