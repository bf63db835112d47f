"""The monitoring of the Compose stack fits together: Prometheus scrapes what Skein serves, Grafana
finds Prometheus and the dashboard, and each query of the dashboard names metrics that exist.
Exits with 77 (skipped) where python3-yaml is missing.
"""
import json
import sys
import unittest
from pathlib import Path

try:
    import yaml
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

import promql
import shapes

ROOT = Path(__file__).resolve().parents[3]
DOCKER = ROOT / "docker"
NAMES = ROOT / "tests/unit/metrics/metric_names.txt"
SCRAPED_LABELS = {"job", "instance"}  # Prometheus adds these to every sample


def load(path):
    return yaml.safe_load((DOCKER / path).read_text())


def exported():
    """Name as a query writes it -> (type, labels)."""
    found = {}
    for line in NAMES.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        name, kind, *labels = line.split()
        labels = set(labels[0].split(",")) if labels else set()
        if kind == "histogram":
            found[name + "_bucket"] = ("counter", labels | {"le"})
            found[name + "_sum"] = found[name + "_count"] = ("counter", labels)
        else:
            found[name] = (kind, labels)
    return found


def mistakes_of_query(expression, known):
    """What would make this query show nothing, or nonsense."""
    uses, grouped = promql.read(expression)
    found = [] if uses else ["it asks for no metric"]
    all_labels = set(SCRAPED_LABELS)
    for use in uses:
        if use.metric not in known:
            found.append(f"{use.metric} is not exported")
            continue
        kind, labels = known[use.metric]
        all_labels |= labels
        for label in use.labels - labels - SCRAPED_LABELS:
            found.append(f"{use.metric} has no label {label}")
        counted = use.function in promql.COUNTER_FUNCTIONS
        if (kind == "counter") != counted:
            found.append(f"{use.metric} is a {kind}, used by '{use.function}'")
        if counted and not use.ranged:
            found.append(f"{use.metric} stands in {use.function} without a range")
    return found + [f"no metric here has the label {label}" for label in grouped - all_labels]


class Provisioning(unittest.TestCase):
    def test_prometheus_scrapes_the_admin_port(self):
        settings = load("prometheus.yml")
        self.assertEqual([], shapes.mistakes(settings, shapes.PROMETHEUS))
        [job] = settings["scrape_configs"]
        self.assertEqual("skein", job["job_name"])  # queries on process_* select it
        self.assertEqual("/metrics", job["metrics_path"])
        [target] = job["static_configs"][0]["targets"]
        service, port = target.split(":")
        self.assertIn(service, load("compose.yaml")["services"])
        self.assertTrue(load("skein.yaml")["admin"]["bind"].endswith(":" + port))

    def test_the_data_source_is_the_prometheus_of_the_stack(self):
        settings = load("grafana/provisioning/datasources/prometheus.yaml")
        self.assertEqual([], shapes.mistakes(settings, shapes.DATASOURCES))
        [source] = settings["datasources"]
        self.assertEqual("prometheus", source["type"])
        self.assertIn(source["url"].split("/")[2].split(":")[0], load("compose.yaml")["services"])
        interval = load("prometheus.yml")["global"]["scrape_interval"]
        self.assertEqual(interval, source["jsonData"]["timeInterval"])

    def test_the_provider_reads_the_folder_that_is_mounted(self):
        settings = load("grafana/provisioning/dashboards/skein.yaml")
        self.assertEqual([], shapes.mistakes(settings, shapes.PROVIDERS))
        mounts = dict(volume.split(":")[:2]
                      for volume in load("compose.yaml")["services"]["grafana"]["volumes"])
        self.assertEqual("/etc/grafana/provisioning", mounts["./grafana/provisioning"])
        self.assertEqual(settings["providers"][0]["options"]["path"],
                         mounts["./grafana/dashboards"])


class Dashboard(unittest.TestCase):
    def setUp(self):
        self.dashboard = json.loads((DOCKER / "grafana/dashboards/skein.json").read_text())
        self.panels = [p for p in self.dashboard["panels"] if p["type"] != "row"]

    def test_it_has_the_shape_of_a_dashboard(self):
        self.assertEqual([], shapes.mistakes(self.dashboard, shapes.DASHBOARD))
        for panel in self.dashboard["panels"]:
            shape = shapes.ROW if panel["type"] == "row" else shapes.PANEL
            self.assertEqual([], shapes.mistakes(panel, shape, panel["title"]))
        ids = [panel["id"] for panel in self.dashboard["panels"]]
        self.assertEqual(len(ids), len(set(ids)))

    def test_panels_do_not_overlap(self):
        taken = {}
        for panel in self.dashboard["panels"]:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    other = taken.setdefault((x, y), panel["title"])
                    self.assertEqual(other, panel["title"])

    def test_every_query_stands_on_what_skein_exports(self):
        known = exported()
        queries = [(p["title"], t["expr"]) for p in self.panels for t in p["targets"]]
        self.assertGreater(len(queries), 20)
        for title, expression in queries:
            with self.subTest(panel=title):
                self.assertEqual([], mistakes_of_query(expression, known), expression)
        for note in self.dashboard["annotations"]["list"]:
            self.assertEqual([], mistakes_of_query(note["expr"], known), note["name"])

    def test_variables_are_filled_from_what_skein_exports_and_used(self):
        known = exported()
        text = json.dumps(self.dashboard["panels"])
        for variable in self.dashboard["templating"]["list"]:
            name = variable["name"]
            self.assertTrue(f"${name}" in text or f"${{{name}}}" in text, f"{name} is not used")
            if variable["type"] == "query":
                inside = variable["query"]["query"].removeprefix("label_values(").rstrip(")")
                metric, label = (part.strip() for part in inside.split(","))
                self.assertIn(label, known[metric][1] | SCRAPED_LABELS)

    def test_what_an_operator_looks_for_is_there(self):
        asked = {use.metric for panel in self.panels for target in panel["targets"]
                 for use in promql.read(target["expr"])[0]}
        left_out = set(exported()) - asked
        # A position is a number for alerts and not for eyes; a count stands for its mean alone.
        self.assertEqual({"skein_member_position", "skein_login_duration_seconds_sum",
                          "skein_login_duration_seconds_count"}, left_out)


class Rules(unittest.TestCase):
    """The checks themselves can fail."""

    KNOWN = {"a_total": ("counter", {"cluster"}), "b": ("gauge", {"cluster", "member"})}

    def test_good_queries(self):
        for expression in ['sum by (cluster) (rate(a_total{cluster=~"$cluster"}[5m])) > 0',
                           'max(b{job="x"}) by (member) or vector(0)', "2 * b - 1e3",
                           "b * on (cluster) group_left b", 'rate(a_total[$__rate_interval])']:
            self.assertEqual([], mistakes_of_query(expression, self.KNOWN), expression)

    def test_bad_queries(self):
        for expression, word in [("rate(c_total[5m])", "c_total is not exported"),
                                 ("a_total", "a_total is a counter"),
                                 ("rate(b[5m])", "b is a gauge"),
                                 ("rate(a_total)", "without a range"),
                                 ('b{role="x"}', "no label role"),
                                 ("sum by (role) (b)", "the label role"),
                                 ("vector(1)", "no metric")]:
            self.assertIn(word, " ".join(mistakes_of_query(expression, self.KNOWN)), expression)

    def test_what_is_no_expression(self):
        for expression in ["rate(a_total[5m]", "frobnicate(b)", "b # c", "b)("]:
            with self.assertRaises(promql.Malformed, msg=expression):
                promql.read(expression)

    def test_shapes(self):
        shape = {"a": int, "b?": ("x", "y"), "c?": [{"d": shapes.DURATION}]}
        self.assertEqual([], shapes.mistakes({"a": 1, "c": [{"d": "1m30s"}]}, shape))
        for value, word in [({}, "a is missing"), ({"a": True}, "no int"), ({"a": 1, "z": 1}, "z"),
                            ({"a": 1, "b": "w"}, "none of"), ({"a": 1, "c": []}, "one or more"),
                            ({"a": 1, "c": [{"d": "soon"}]}, "does not match"), ([], "keys")]:
            self.assertIn(word, " ".join(shapes.mistakes(value, shape)), value)


if __name__ == "__main__":
    unittest.main()
