# What is made of measurements, the reading of other programs' output, and what the command line
# asks for: without any of them running.
import contextlib
import io
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

import closeup
import measure
import options
import processes
import splits
import workloads
from engines.mysql import clients as sysbench
from engines.postgres import clients as pgbench
from engines.postgres import peers
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
        self.assertEqual([pgbench.percentile(values, share) for share in (50, 99, 100)],
                         [50, 99, 100])
        self.assertEqual(pgbench.percentile([7], 99), 7)
        self.assertEqual(pgbench.percentile([3, 1, 2], 50), 2)

    def test_what_is_added_is_of_the_same_round(self):
        samples = {"skein": {"p50": 130, "p99": 400}, "direct": {"p50": 100, "p99": 250}}
        pgbench.add_over_direct(samples)
        self.assertEqual(samples["skein"], {"p50": 130, "p99": 400, "added_p50": 30,
                                            "added_p99": 150})
        self.assertEqual(samples["direct"], {"p50": 100, "p99": 250})

    def test_nothing_is_added_to_nothing(self):
        samples = {"skein": {"p50": 130, "p99": 400}}
        pgbench.add_over_direct(samples)
        self.assertEqual(samples, {"skein": {"p50": 130, "p99": 400}})


class Splits(unittest.TestCase):
    def test_the_share_of_followers_is_of_what_was_served_meanwhile(self):
        self.assertEqual(splits.share([10, 5, 5], [20, 25, 15]), 75.0)
        self.assertEqual(splits.share([10, 5, 5], [20, 5, 5]), 0.0)

    def test_reads_that_nobody_has_served_have_no_share(self):
        with self.assertRaises(Failure):
            splits.share([10, 5, 5], [10, 5, 5])

    def test_a_split_that_did_not_happen_is_no_measurement(self):
        splits.expect("skein", True, 99.5)
        splits.expect("skein-leader", False, 0.5)
        for name, wanted, percent in (("skein", True, 98.0), ("skein-leader", False, 2.0)):
            with self.assertRaises(Failure) as said:
                splits.expect(name, wanted, percent)
            self.assertIn(f"{name} had {percent} % of its reads", str(said.exception))


class Obstacles(unittest.TestCase):
    def told(self, mode, clients, cut=False, writes=False, reads_only=False, **peer):
        kind = SimpleNamespace(pool=20, cut=cut, writes=writes)
        task = SimpleNamespace(mode=mode, clients=clients, kind=kind)
        return measure.obstacle(SimpleNamespace(reads_only=reads_only, **peer), task)

    def test_each_is_told(self):
        self.assertIsNone(self.told("prepared", 21, prepared=True, shares=True))
        self.assertIsNone(self.told("simple", 20, prepared=False, shares=False))
        self.assertIsNone(self.told("simple", 21, cut=True, prepared=True, shares=False))
        self.assertIn("loses", self.told("prepared", 20, prepared=False, shares=True))
        self.assertIn("connection", self.told("simple", 21, prepared=True, shares=False))
        self.assertIn("writes", self.told("simple", 1, writes=True, reads_only=True, prepared=True,
                                          shares=True))

    def test_who_shares_nothing_has_as_many_clients_as_there_are_server_connections(self):
        task = measure.Task(SimpleNamespace(pool=20), "", "simple", 1000, ())
        self.assertEqual(task.clients_of(SimpleNamespace(shares=False)), 20)
        self.assertEqual(task.clients_of(SimpleNamespace(shares=True)), 1000)


class Reading(unittest.TestCase):
    SAID = ("number of transactions actually processed: 1200\n"
            "number of failed transactions: {failed} (0.000%)\n"
            "latency average = 0.2 ms\n{how}\n")
    KEPT = "tps = 400.5 (without initial connection time)"
    ANEW = "tps = 30.5 (including reconnection times)"

    def test_pgbench(self):
        self.assertEqual(pgbench.read(self.SAID.format(failed=0, how=self.KEPT)),
                         (1200, 400.5))
        self.assertEqual(pgbench.read(self.SAID.format(failed=0, how=self.ANEW)), (1200, 30.5))

    def test_a_failed_transaction_is_no_measurement(self):
        failed = self.SAID.format(failed=3, how=self.KEPT)
        for said in (failed, "pgbench: error"):
            with self.assertRaises(Failure):
                pgbench.read(said)

    def test_progress(self):
        said = ("pgbench (15.18)\n"
                "progress: 1700000000.250 s, 812.5 tps, lat 1.2 ms stddev 0.1, 0 failed\n"
                "progress: 1700000001.251 s, 90.0 tps, lat 1.2 ms stddev 0.1\n"
                "progress: 1700000002.2")
        self.assertEqual(measure.read_progress(said),
                         [(1700000000.25, 812.5), (1700000001.251, 90.0)])
        with self.assertRaises(Failure):
            measure.read_progress(said.replace("0 failed", "2 failed"))

    def test_sysbench(self):
        said = "    other:      8\n        total:  40\n    queries:   40  (39.5 per sec.)\n"
        self.assertEqual(sysbench.read(said), 40)
        with self.assertRaises(Failure):
            sysbench.read("FATAL: error 2003: Can't connect")
        self.assertEqual(measure.read_progress("progress: 1.001 s, 812.5 tps, 3 begun anew\n"),
                         [(1.001, 812.5)])

    def test_latencies_are_the_third_column(self):
        log = "0 1 412 0 1700000000 5 30\n1 1 98 0 1700000000 9 2\n"
        self.assertEqual(pgbench.read_latencies(log), [412, 98])

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
            return [task for kind in workloads.pick(chosen.engine.KINDS, chosen.workload)
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
                         set(workloads.names(options.parse([]).engine.KINDS)))

    def test_who_takes_part_depends_on_the_workload(self):
        chosen = options.parse(["--before", "old"])
        select, reads = workloads.pick(chosen.engine.KINDS, ["select", "reads"])
        self.assertEqual(options.entrants(chosen, select), [*peers.DEFAULT, "skein-before"])
        self.assertEqual(options.entrants(chosen, reads),
                         ["pgpool", "skein-leader", "skein", "skein-before"])
        chosen = options.parse(["--peers", "skein,direct"])
        self.assertEqual(options.entrants(chosen, reads), ["direct", "skein"])

    def test_another_engine_has_other_workloads_and_peers(self):
        chosen = options.parse(["--engine", "mysql", "--modes", "text"])
        self.assertEqual((chosen.flavour, chosen.workload),
                         ("mariadb", ["point_select", "read_only", "read_write"]))
        point, crowd = workloads.pick(chosen.engine.KINDS, ["point_select", "crowd"])
        self.assertEqual(options.entrants(chosen, point),
                         ["direct", "haproxy", "haproxy-followers", "router", "router-followers",
                          "skein-leader", "skein"])
        self.assertEqual(options.entrants(chosen, crowd), ["direct", "haproxy", "router", "skein"])
        with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()):
            options.parse(["--engine", "mysql", "--peers", "pgbouncer"])

    def test_an_unknown_name_is_refused(self):
        with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()) as said:
            options.parse(["--workload", "selekt"])
        self.assertIn("'selekt' is none of select, ", said.getvalue())


if __name__ == "__main__":
    unittest.main()
