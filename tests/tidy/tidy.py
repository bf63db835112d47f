#!/usr/bin/python3
# Holds the tree to its habits: layers, sizes, words, dead files, format. Offline and in seconds;
# ctest runs it as `tidy`, test.sh before it builds. Prints every finding; fails on the first.
import sys
import time
from pathlib import Path

import arrows
import coroutines
import dead
import formatting
import sizes
import sources
import words
from sources import Finding

HERE = Path(__file__).resolve().parent
EXCEPTIONS = "tests/tidy/exceptions.txt"


def read_exceptions(text):
    """[(line, rule, path)], and findings for lines without a reason."""
    entries, findings = [], []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.split(None, 2)
        if len(parts) < 3:
            findings.append(Finding("exceptions", EXCEPTIONS, number, "write: rule path reason"))
        else:
            entries.append((number, parts[0], parts[1]))
    return entries, findings


def apply_exceptions(findings, text):
    entries, kept = read_exceptions(text)
    excused = {(rule, path) for _, rule, path in entries}
    broken = {(f.rule, f.path) for f in findings}
    kept += [f for f in findings if (f.rule, f.path) not in excused]
    kept += [Finding("exceptions", EXCEPTIONS, number, f"stale: {path} no longer breaks '{rule}'")
             for number, rule, path in entries if (rule, path) not in broken]
    return kept


def check(files):
    return [finding for rules in (arrows, coroutines, dead, sizes, words)
            for finding in rules.check(files)]


def main():
    root = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else HERE.parent.parent
    started = time.monotonic()
    files = sources.load(root)
    findings = check(files)
    if formatting.is_installed():
        findings += formatting.check(files, root)
    else:
        print(f"tidy: {formatting.TOOL} is not installed: the format was not looked at")
    exceptions = root / EXCEPTIONS
    findings = apply_exceptions(findings, exceptions.read_text() if exceptions.exists() else "")
    for path, lines in sizes.uncomfortable(files):
        print(f"tidy: {path} has {lines} lines: {sizes.FILE_LINES_COMFORTABLE} are comfortable")
    for finding in sorted(findings, key=lambda f: (f.path, f.line)):
        print(finding)
    print(f"tidy: {len(files)} files, {len(findings)} findings, {time.monotonic() - started:.1f} s")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
