# clang-format's word on the C++ files. Only its version 19 is asked: others format differently.
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

from sources import Finding

TOOL = "clang-format-19"


def is_installed():
    return shutil.which(TOOL) is not None


def check(sources, root):
    paths = [s.path for s in sources if s.is_cpp]
    parts = [paths[n::os.cpu_count() or 1] for n in range(os.cpu_count() or 1)]
    with ThreadPoolExecutor() as pool:
        answers = pool.map(lambda part: ask(part, root), [p for p in parts if p])
    return [finding for answer in answers for finding in answer]


def ask(paths, root):
    done = subprocess.run([TOOL, "--dry-run", "--ferror-limit=1", *paths], cwd=root,
                          capture_output=True, text=True, check=False)
    findings, seen = [], set()
    for line in done.stderr.splitlines():
        match = re.match(r"(.+?):(\d+):\d+: (?:warning|error): ", line)
        if match and match.group(1) not in seen:
            seen.add(match.group(1))
            findings.append(Finding("format", match.group(1), int(match.group(2)),
                                    f"not as {TOOL} -i would leave it"))
    if done.returncode != 0 and not findings:
        findings.append(Finding("format", TOOL, 0, done.stderr.strip() or "failed"))
    return findings
