# The tests that SQLAlchemy asks of a dialect, through Skein and straight at the server: what passes
# there must pass through Skein. Started by sqlalchemy.cpp with the engine and the ports in the
# environment, and with options for pytest; prints what is skipped, and why.
import collections
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sqlalchemy")
DIALECT = {"postgres": "postgresql+psycopg2", "mariadb": "mariadb+pymysql",
           "mysql": "mysql+pymysql"}[os.environ["ENGINE"]]
# Else the tests were not found, or nearly all were skipped.
FEWEST = 20 if sys.argv[1:] else 470


def play(port, folder):
    """Outcome by test: ("passed" | "skipped" | "failed", words)."""
    report = os.path.join(folder, f"{port}.xml")
    where = f"{DIALECT}://app:{os.environ['PGPASSWORD']}@127.0.0.1:{port}/app"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider",
         "-p", "no:logging", "--rootdir", HERE, "-c", os.path.join(HERE, "setup.cfg"),
         "--dburi", where, "--junitxml", report, os.path.join(HERE, "dialect_tests.py"),
         *sys.argv[1:]],
        cwd=HERE, env={**os.environ, "PYTHONPATH": HERE}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False)
    if not os.path.exists(report):
        sys.exit(f"pytest wrote no report:\n{done.stdout[-4000:]}")
    outcomes = {}
    for case in xml.parse(report).getroot().iter("testcase"):
        name = re.sub(r"^dialect_tests\.|_" + re.escape(DIALECT) + r"[\d_]*", "",
                      f"{case.get('classname')}.{case.get('name')}")
        outcome = ("passed", "")
        for told in case:
            if told.tag in ("failure", "error"):
                outcome = ("failed", f"{told.get('message')}\n{told.text}")
            elif told.tag == "skipped":
                outcome = ("skipped", told.get("message") or "")
        outcomes[name] = outcome
    return outcomes


def reason_of(words):
    """Without the name of the test or of the class, which stands before it."""
    return re.sub(r"^.*(\(call\)' : |\+(psycopg2|pymysql)')", "", words)


def main():
    with tempfile.TemporaryDirectory() as folder:
        direct = play(os.environ["SERVER_PORT"], folder)
        through = play(os.environ["SKEIN_PORT"], folder)
    count = collections.Counter(outcome for outcome, _ in through.values())
    print(f"SQLAlchemy's dialect tests through Skein: {dict(count)}; straight at the server:",
          dict(collections.Counter(outcome for outcome, _ in direct.values())))
    skipped = collections.defaultdict(list)
    for name, (outcome, words) in through.items():
        if outcome == "skipped":
            skipped[reason_of(words)].append(name)
    for why, names in skipped.items():
        print(f"skipped, because {why}:", *sorted(names), sep="\n  ")
    trouble = [name for name in direct if direct[name][0] != through.get(name, ("lost", ""))[0]]
    for name in trouble:
        print(f"FAULT {name}: {direct[name][0]} at the server, through Skein "
              f"{through.get(name, ('lost', 'the test did not run'))}")
    for name, (outcome, words) in direct.items():
        if outcome == "failed":
            print(f"FAILED also at the server: {name}: {words}")
            trouble.append(name)
    if count["passed"] < FEWEST:
        sys.exit(f"only {count['passed']} tests ran")
    sys.exit(1 if trouble else 0)


if __name__ == "__main__":
    main()
