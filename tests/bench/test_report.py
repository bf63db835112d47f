# The bench's arithmetic and its reading of other programs' output, without any of them running.
import unittest

import closeup
import measure
import report
from processes import Failure


class Bounds(unittest.TestCase):
    def test_ranks_are_those_of_the_sign_test(self):
        self.assertEqual([report.rank(n) for n in (5, 6, 9, 15, 25)], [0, 1, 2, 4, 8])

    def test_bounds_leave_out_the_extremes_of_nine(self):
        self.assertEqual(report.bounds([9, 1, 2, 3, 4, 5, 6, 7, 8]), (2, 8))

    def test_too_few_values_show_their_extremes(self):
        self.assertEqual(report.bounds([3, 1, 2]), (1, 3))
        self.assertEqual(report.show([3, 1, 2], 1), "2.0 (1.0-3.0)")
        self.assertEqual(report.show([2], 0), "2")

    def test_ratios_are_made_round_by_round(self):
        ours = [measure.Sample(1, 10.0), measure.Sample(1, 30.0)]
        theirs = [measure.Sample(1, 5.0), measure.Sample(1, 10.0)]
        self.assertEqual(report.ratios(ours, theirs), [2.0, 3.0])


class Reading(unittest.TestCase):
    SAID = ("number of transactions actually processed: 1200\n"
            "number of failed transactions: {failed} (0.000%)\n"
            "latency average = 0.2 ms\ninitial connection time = 8.1 ms\n"
            "tps = 400.5 (without initial connection time)\n")

    def test_pgbench(self):
        self.assertEqual(measure.read(self.SAID.format(failed=0)), (1200, 400.5))

    def test_a_failed_transaction_is_no_measurement(self):
        for said in (self.SAID.format(failed=3), "pgbench: error"):
            with self.assertRaises(Failure):
                measure.read(said)

    def test_strace(self):
        text = ("    calls    errors syscall\n--------- --------- ----------------\n"
                "      100        40 recvfrom\n      250           sendto\n"
                "--------- --------- ----------------\n      350        40 total\n")
        self.assertEqual(closeup.read_counts(text), [("sendto", 250, 0), ("recvfrom", 100, 40)])


if __name__ == "__main__":
    unittest.main()
