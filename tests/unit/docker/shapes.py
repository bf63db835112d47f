"""The shapes of the files that Prometheus and Grafana read at start, after their documentation.

A shape is a type, a value, a tuple of allowed values, a list of one shape, or a dict: key -> shape,
where "key?" may be left out. A key that no dict names is a mistake: both programs would refuse or,
worse, ignore it.
"""
import re


class Text:
    """A string that matches."""

    def __init__(self, pattern):
        self.pattern = pattern


ANY = object()
DURATION = Text(r"(\d+(ms|[smhdwy]))+")
URL = Text(r"https?://[\w.-]+(:\d+)?(/.*)?")
IDENTIFIER = Text(r"[A-Za-z0-9_-]{1,40}")

# https://prometheus.io/docs/prometheus/latest/configuration/configuration/
PROMETHEUS = {
    "global?": {"scrape_interval?": DURATION, "scrape_timeout?": DURATION,
                "evaluation_interval?": DURATION},
    "scrape_configs": [{
        "job_name": str, "metrics_path?": Text(r"/.*"), "scheme?": ("http", "https"),
        "scrape_interval?": DURATION, "scrape_timeout?": DURATION,
        "authorization?": {"type?": str, "credentials_file": str},
        "tls_config?": {"ca_file?": str, "insecure_skip_verify?": bool},
        "static_configs": [{"targets": [Text(r"[\w.-]+:\d+")], "labels?": ANY}],
    }],
}

# https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources
DATASOURCES = {
    "apiVersion": 1, "prune?": bool,
    "deleteDatasources?": [{"name": str, "orgId?": int}],
    "datasources": [{
        "name": str, "type": str, "access": ("proxy", "direct"), "orgId?": int, "uid?": IDENTIFIER,
        "url": URL, "user?": str, "database?": str, "basicAuth?": bool, "basicAuthUser?": str,
        "withCredentials?": bool, "isDefault?": bool, "version?": int, "editable?": bool,
        "jsonData?": {"httpMethod?": ("GET", "POST"), "timeInterval?": DURATION,
                      "tlsAuth?": bool, "tlsAuthWithCACert?": bool, "tlsSkipVerify?": bool},
        "secureJsonData?": ANY,
    }],
}

# https://grafana.com/docs/grafana/latest/administration/provisioning/#dashboards
PROVIDERS = {
    "apiVersion": 1,
    "providers": [{
        "name": str, "orgId?": int, "folder?": str, "folderUid?": IDENTIFIER, "type": "file",
        "disableDeletion?": bool, "allowUiUpdates?": bool, "updateIntervalSeconds?": int,
        "options": {"path": Text(r"/.*"), "foldersFromFilesStructure?": bool},
    }],
}

# https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
SOURCE = {"type": "prometheus", "uid": Text(r"\$\{datasource\}")}
PLACE = {"x": int, "y": int, "w": int, "h": int}
TARGET = {"refId": Text("[A-Z]"), "datasource": SOURCE, "expr": str, "legendFormat": str,
          "format?": ("table", "time_series"), "instant?": bool}
ROW = {"id": int, "type": "row", "title": str, "collapsed": bool, "gridPos": PLACE, "panels": list}
PANEL = {"id": int, "type": ("timeseries", "stat", "state-timeline", "table"), "title": str,
         "description": str, "datasource": SOURCE, "gridPos": PLACE,
         "fieldConfig": {"defaults": dict, "overrides": list}, "options": dict,
         "targets": [TARGET], "transformations?": [{"id": str, "options": dict}]}
DASHBOARD = {
    "id": None, "uid": IDENTIFIER, "title": str, "description?": str, "tags": [str],
    "timezone": ("browser", "utc", ""), "editable": bool, "graphTooltip": (0, 1, 2),
    "schemaVersion": int, "version": int, "refresh": DURATION, "time": {"from": str, "to": str},
    "timepicker": dict, "links": list, "fiscalYearStartMonth?": int,
    "annotations": {"list": [{"name": str, "enable": bool, "datasource": SOURCE, "iconColor": str,
                              "expr": str, "titleFormat": str, "step": DURATION}]},
    "templating": {"list": [dict]}, "panels": [dict],
}


def mistakes(value, shape, where=""):
    """What is wrong with `value`, each with its place; empty: nothing."""
    where = where or "the file"
    if shape is ANY:
        return []
    if isinstance(shape, dict):
        return mistakes_of_keys(value, shape, where)
    if isinstance(shape, list):
        if not isinstance(value, list) or not value:
            return [f"{where}: a list of one or more is wanted"]
        return [text for number, one in enumerate(value)
                for text in mistakes(one, shape[0], f"{where}[{number}]")]
    if isinstance(shape, Text):
        fits = isinstance(value, str) and re.fullmatch(shape.pattern, value)
        return [] if fits else [f"{where}: {value!r} does not match {shape.pattern}"]
    if isinstance(shape, tuple):
        return [] if value in shape else [f"{where}: {value!r} is none of {shape}"]
    if isinstance(shape, type):
        # A bool is an int to Python, and not to the readers of these files.
        fits = isinstance(value, shape) and not (shape is int and isinstance(value, bool))
        return [] if fits else [f"{where}: {value!r} is no {shape.__name__}"]
    return [] if value == shape else [f"{where}: {value!r} should be {shape!r}"]


def mistakes_of_keys(value, shape, where):
    if not isinstance(value, dict):
        return [f"{where}: keys and values are wanted"]
    known = {key.rstrip("?"): inner for key, inner in shape.items()}
    found = [f"{where}: {key} is missing" for key in shape
             if not key.endswith("?") and key not in value]
    for key, inner in value.items():
        if key not in known:
            found.append(f"{where}: {key} is no key here")
        else:
            found += mistakes(inner, known[key], f"{where}.{key}")
    return found
