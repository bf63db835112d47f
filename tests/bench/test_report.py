# The table's arithmetic and shape, from samples made up here.
import unittest
from types import SimpleNamespace

import report


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
        ours, theirs = [{"kb": 10.0}, {"kb": 30.0}], [{"kb": 5.0}, {"kb": 10.0}]
        self.assertEqual(report.ratios(ours, theirs, "kb"), [2.0, 3.0])
        self.assertEqual(report.ratios(ours, [{"tps": 1}, {"kb": 10.0}], "kb"), [3.0])


    def test_two_threads_gain_what_their_queries_cost_no_more(self):
        task = SimpleNamespace(title="-S", mode="simple")
        found = {"skein": [{"cpu_us": 9.0}], "skein-two": [{"cpu_us": 10.0}]}
        said = list(report.scaling(Found(found), [task], "skein-two"))
        self.assertEqual(len(said), 1)
        self.assertIn("-S, simple: 1.80 times", said[0])
        self.assertEqual(list(report.scaling(Found({"skein": []}), [task], "skein-two")), [])


class Found:
    """The same samples for whatever task."""

    def __init__(self, found):
        self.found = found

    def __getitem__(self, task):
        return self.found


class Table(unittest.TestCase):
    FIGURES = (SimpleNamespace(key="tps", head="tps", digits=0),
               SimpleNamespace(key="cpu_us", head="CPU us", digits=1))
    TITLES = {"direct": "direct", "lost": "Lost 1.0", "rival": "Rival 2.0", "skein": "Skein"}

    def rows(self, price):
        kind = SimpleNamespace(figures=self.FIGURES, price=price)
        task = SimpleNamespace(kind=kind, title="-S", mode="simple")
        found = {"direct": [{"tps": 9}], "rival": [{"tps": 5, "cpu_us": 20.0}],
                 "skein": [{"tps": 8, "cpu_us": 10.0}]}
        lines = report.table(Found(found), [task], self.TITLES).splitlines()
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]

    def test_ratios_are_of_skein_to_each(self):
        rows = self.rows("cpu_us")
        self.assertEqual(rows[0], ["workload", "mode", "through", "tps", "CPU us", "Skein / it"])
        self.assertEqual(rows[2:], [["-S", "simple", "direct", "9", "-", "-"],
                                    ["-S", "simple", "Rival 2.0", "5", "20.0", "0.50"],
                                    ["-S", "simple", "Skein", "8", "10.0", "-"]])

    def test_no_price_no_ratios(self):
        self.assertEqual(self.rows("")[0][-1], "CPU us")

    def test_all_lines_are_as_wide_as_the_first(self):
        self.assertEqual({len(row) for row in self.rows("cpu_us")}, {6})

    def test_what_is_missing_is_told(self):
        said = report.legend(SimpleNamespace(price="", note=""), 6, [("Lost 1.0", "loses all")])
        self.assertTrue(said.endswith("Missing: Lost 1.0 loses all."), said)
        self.assertIn("95 % bounds", said)
        self.assertIn("too few", report.legend(SimpleNamespace(price="", note=""), 5, []))


if __name__ == "__main__":
    unittest.main()
