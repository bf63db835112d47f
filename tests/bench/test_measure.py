# What is made of measurements, the reading of other programs' output, and what the command line
# asks for: without any of them running.
import contextlib
import io
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

import closeup
import followers
import measure
import options
import peers
import processes
import workloads
from processes import Failure


class Arithmetic(unittest.TestCase):
    def test_what_came_before_the_first_mark_does_not_count(self):
        marks = [(10.0, 7777.0, 900_000_000), (11.0, 100.0, 902_000_000),
                 (13.0, 200.0, 910_000_000)]
        self.assertEqual(measure.weigh(marks), (500 / 3, 20.0))

    def test_no_query_has_no_price(self):
        with self.assertRaises(Failure):
            measure.weigh([(10.0, 5.0, 1), (11.0, 0.0, 2)])

    def test_percentiles_are_values_that_occurred(self):
        values = list(range(100, 0, -1))
        self.assertEqual([measure.percentile(values, share) for share in (50, 99, 100)],
                         [50, 99, 100])
        self.assertEqual(measure.percentile([7], 99), 7)
        self.assertEqual(measure.percentile([3, 1, 2], 50), 2)

    def test_what_is_added_is_of_the_same_round(self):
        samples = {"skein": {"p50": 130, "p99": 400}, "direct": {"p50": 100, "p99": 250}}
        measure.add_over_direct(samples)
        self.assertEqual(samples["skein"], {"p50": 130, "p99": 400, "added_p50": 30,
                                            "added_p99": 150})
        self.assertEqual(samples["direct"], {"p50": 100, "p99": 250})

    def test_nothing_is_added_to_nothing(self):
        samples = {"skein": {"p50": 130, "p99": 400}}
        measure.add_over_direct(samples)
        self.assertEqual(samples, {"skein": {"p50": 130, "p99": 400}})


class Splits(unittest.TestCase):
    def test_the_share_of_followers_is_of_what_was_served_meanwhile(self):
        self.assertEqual(followers.share([10, 5, 5], [20, 25, 15]), 75.0)
        self.assertEqual(followers.share([10, 5, 5], [20, 5, 5]), 0.0)

    def test_reads_that_nobody_has_served_have_no_share(self):
        with self.assertRaises(Failure):
            followers.share([10, 5, 5], [10, 5, 5])

    def test_a_split_that_did_not_happen_is_no_measurement(self):
        followers.expect("skein", True, 99.5)
        followers.expect("skein-leader", False, 0.5)
        for name, splits, percent in (("skein", True, 98.0), ("skein-leader", False, 2.0)):
            with self.assertRaises(Failure) as said:
                followers.expect(name, splits, percent)
            self.assertIn(f"{name} had {percent} % of its reads", str(said.exception))


class Obstacles(unittest.TestCase):
    def told(self, mode, clients, cut=False, **peer):
        task = SimpleNamespace(mode=mode, clients=clients, kind=SimpleNamespace(pool=20, cut=cut))
        return measure.obstacle(SimpleNamespace(**peer), task)

    def test_each_is_told(self):
        self.assertIsNone(self.told("prepared", 21, prepared=True, shares=True))
        self.assertIsNone(self.told("simple", 20, prepared=False, shares=False))
        self.assertIsNone(self.told("simple", 21, cut=True, prepared=True, shares=False))
        self.assertIn("loses", self.told("prepared", 20, prepared=False, shares=True))
        self.assertIn("connection", self.told("simple", 21, prepared=True, shares=False))


class Reading(unittest.TestCase):
    SAID = ("number of transactions actually processed: 1200\n"
            "number of failed transactions: {failed} (0.000%)\n"
            "latency average = 0.2 ms\n{how}\n")
    KEPT = "tps = 400.5 (without initial connection time)"
    ANEW = "tps = 30.5 (including reconnection times)"

    def test_pgbench(self):
        self.assertEqual(measure.read(self.SAID.format(failed=0, how=self.KEPT)),
                         (1200, 400.5))
        self.assertEqual(measure.read(self.SAID.format(failed=0, how=self.ANEW)), (1200, 30.5))

    def test_a_failed_transaction_is_no_measurement(self):
        failed = self.SAID.format(failed=3, how=self.KEPT)
        for said in (failed, "pgbench: error"):
            with self.assertRaises(Failure):
                measure.read(said)

    def test_progress(self):
        said = ("pgbench (15.18)\n"
                "progress: 1700000000.250 s, 812.5 tps, lat 1.2 ms stddev 0.1, 0 failed\n"
                "progress: 1700000001.251 s, 90.0 tps, lat 1.2 ms stddev 0.1\n"
                "progress: 1700000002.2")
        self.assertEqual(measure.read_progress(said),
                         [(1700000000.25, 812.5), (1700000001.251, 90.0)])
        with self.assertRaises(Failure):
            measure.read_progress(said.replace("0 failed", "2 failed"))

    def test_latencies_are_the_third_column(self):
        log = "0 1 412 0 1700000000 5 30\n1 1 98 0 1700000000 9 2\n"
        self.assertEqual(measure.read_latencies(log), [412, 98])

    def test_memory(self):
        text = "00400000-7ffd [rollup]\nRss:  900 kB\nPss:       612 kB\nPss_Anon:  500 kB\n"
        self.assertEqual(processes.read_pss(text), 612)

    def test_strace(self):
        text = ("    calls    errors syscall\n--------- --------- ----------------\n"
                "      100        40 recvfrom\n      250           sendto\n"
                "--------- --------- ----------------\n      350        40 total\n")
        self.assertEqual(closeup.read_counts(text), [("sendto", 250, 0), ("recvfrom", 100, 40)])


class Asked(unittest.TestCase):
    def tasks(self, *arguments):
        chosen = options.parse(arguments)
        with tempfile.TemporaryDirectory() as path:
            folder = SimpleNamespace(write=lambda name, text: Path(path) / name)
            return [task for kind in workloads.pick(chosen.workload)
                    for task in workloads.tasks(kind, chosen, folder)]

    def test_the_first_workload_is_the_default(self):
        self.assertEqual([(t.title, t.mode, t.script) for t in self.tasks()],
                         [("-S, 8 clients", "simple", ("-S",)),
                          ("-S, 8 clients", "prepared", ("-S",))])

    def test_clients_and_modes_multiply(self):
        made = self.tasks("--workload", "select1", "--clients", "1,8,32",
                          "--modes", "simple,extended,prepared")
        self.assertEqual(len(made), 9)
        self.assertEqual(made[0].title, "SELECT 1, 1 client")

    def test_sql_is_asked_from_a_file_with_the_ways_own_options(self):
        connect, = self.tasks("--workload", "connect")
        self.assertEqual([str(word)[-12:] for word in connect.script],
                         ["-f", "connect0.sql", "-C"])
        narrow, wide = self.tasks("--workload", "large")
        self.assertNotEqual(narrow.script, wide.script)

    def test_all_are_had_by_one_word(self):
        self.assertEqual({task.kind.name for task in self.tasks("--workload", "all")},
                         set(workloads.NAMES))

    def test_who_takes_part_depends_on_the_workload(self):
        select, reads = workloads.pick(["select", "reads"])
        chosen = options.parse(["--before", "old"])
        self.assertEqual(options.entrants(chosen, select), [*peers.DEFAULT, "skein-before"])
        self.assertEqual(options.entrants(chosen, reads),
                         ["pgpool", "skein-leader", "skein", "skein-before"])
        chosen = options.parse(["--peers", "skein,direct"])
        self.assertEqual(options.entrants(chosen, reads), ["direct", "skein"])

    def test_an_unknown_name_is_refused(self):
        with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()) as said:
            options.parse(["--workload", "selekt"])
        self.assertIn("'selekt' is none of select, ", said.getvalue())


if __name__ == "__main__":
    unittest.main()
