"""Checks conf/samples against conf/skein.schema.json, as an editor would, and that the schema
refuses what the loader refuses. Exits with 77 (skipped) where python3-jsonschema is missing."""

import json
import pathlib
import sys

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

root = pathlib.Path(__file__).resolve().parents[3]
schema = json.loads((root / "conf/skein.schema.json").read_text())
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
failed = 0

samples = sorted((root / "conf/samples").glob("*.yaml"))
assert samples, "there are no samples"
for sample in samples:
    for error in validator.iter_errors(yaml.safe_load(sample.read_text())):
        failed += 1
        print(f"{sample.name}: {'.'.join(map(str, error.absolute_path))}: {error.message}")

GOOD = {"main": {"members": ["db:1"], "users": [{"name": "a", "password": "b"}]}}
REFUSED = [
    {},
    {"clusters": {}},
    {"clusters": GOOD, "nonsense": 1},
    {"clusters": GOOD, "listeners": []},
    {"clusters": GOOD, "threads": 0},
    {"clusters": GOOD, "log": {"level": "warning"}},
    {"clusters": GOOD, "limits": {"drain": "30"}},
    {"clusters": GOOD, "limits": {"clients": "10"}},
    {"clusters": GOOD, "admin": {"bind": "unix:/run/admin"}},
    {"clusters": {"ma in": GOOD["main"]}},
    {"clusters": {"main": {**GOOD["main"], "members": ["db"]}}},
    {"clusters": {"main": {**GOOD["main"], "members": []}}},
    {"clusters": {"main": {**GOOD["main"], "engine": "none"}}},
    {"clusters": {"main": {**GOOD["main"], "users": [{"password": "b"}]}}},
    *({"clusters": {"main": {**GOOD["main"], "routing": routing}}} for routing in [
        {"reads": "follower"},
        {"rules": []},
        {"rules": [{"send": {"to": "leader"}}]},
        {"rules": [{"match": {"user": []}}]},
        {"rules": [{"match": {"user": 7}}]},
        {"rules": [{"match": {"network": "here"}}]},
        {"rules": [{"match": {"fingerprint": "9ae1"}}]},
        {"rules": [{"match": {"user": "a"}, "limit": {"burst": 1}}]},
    ]),
    *({"clusters": {"main": {**GOOD["main"], "members": [{"address": "db:1", "weight": weight}]}}}
      for weight in [0, -1, "2", 1001]),
]
assert validator.is_valid({"clusters": GOOD}), "the schema refuses a good file"
for wrong in REFUSED:
    if validator.is_valid(wrong):
        failed += 1
        print(f"the schema accepts {wrong}")

print(f"{len(samples)} samples and {len(REFUSED)} refusals, {failed} failed")
sys.exit(1 if failed else 0)
