# Who may include whom: the arrows of the design, in one table. A folder may always include itself.
import re

from sources import Finding

EVERYTHING = None
TABLE = "tests/tidy/arrows.py"

ARROWS = {
    "console": set(),
    "backends": {"console"},
    "net": set(),
    "conf": set(),
    "metrics": {"net"},
    "handover": {"net", "metrics"},
    "backends/<db>": {"backends", "net", "console"},
    "backends/registry": {"backends", "backends/<db>"},
    "routing": {"backends"},
    "coordination": {"net", "metrics"},
    "cluster": {"backends", "net", "routing", "metrics", "coordination"},
    "replication": {"backends", "net", "routing", "metrics"},
    "triggers": {"backends", "net", "routing", "metrics"},
    "proxy": {"net", "backends", "routing", "metrics", "console", "coordination"},
    "cli": EVERYTHING,
    "tests": EVERYTHING,
}

# Libraries that only some folders may see; the compiler does not tell, since one precompiled header
# brings Asio to every target.
LIBRARIES = {
    "boost/": {"net", "metrics", "backends/<db>", "cluster", "coordination", "replication",
               "triggers", "proxy", "cli", "tests"},
    "zlib.h": {"backends/<db>", "tests"},
    "zstd.h": {"backends/<db>", "tests"},
    "openssl/": {"net", "backends/<db>", "tests"},
    "yaml-cpp/": {"conf", "tests"},
    "re2/": {"conf", "routing", "tests"},
    "prometheus/": {"metrics", "tests"},
}
# Folders that decide and do no I/O: they name no Asio, and routing reads no clock.
WITHOUT_ASIO = {"backends", "conf", "console", "routing"}
WITHOUT_CLOCK = {"console", "routing"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def folder_of(path):
    parts = path.split("/")
    if len(parts) == 1:
        return ""
    if parts[0] != "backends" or len(parts) == 2:
        return parts[0]
    return "backends/registry" if parts[1] == "registry" else "backends/<db>"


def database_of(path):
    return path.split("/")[1] if folder_of(path) == "backends/<db>" else ""


def check(sources):
    known = {s.path for s in sources}
    findings = []
    for source in sources:
        if not source.is_cpp:
            continue
        folder = folder_of(source.path)
        if folder not in ARROWS:
            findings.append(Finding("arrows", source.path, 0,
                                    f"folder '{folder}' is not in the table of {TABLE}"))
            continue
        for number, line in enumerate(source.lines, 1):
            match = INCLUDE.match(line)
            if match:
                why = refusal(source.path, match.group(1), match.group(2), known)
                if why:
                    findings.append(Finding("arrows", source.path, number, why))
        findings += check_purity(source, folder)
    return findings


def refusal(path, bracket, target, known):
    """Why `path` may not include `target`, or nothing."""
    folder = folder_of(path)
    if bracket == "<":
        for library, allowed in LIBRARIES.items():
            if target.startswith(library) and folder not in allowed:
                return f"{folder}/ may not include <{library}...>"
        return ""
    if target not in known:
        return f'"{target}" is no file of this tree: includes are written from the root'
    to = folder_of(target)
    if to == folder and database_of(path) == database_of(target):
        return ""
    allowed = ARROWS[folder]
    if allowed is EVERYTHING or (to in allowed and to != folder):
        return ""
    if to == folder:
        return f"{database_of(path)} may not include {database_of(target)}: databases are strangers"
    return f"{folder}/ may not include {to}/"


def check_purity(source, folder):
    findings = []
    for number, line in enumerate(source.code.splitlines(), 1):
        if folder in WITHOUT_ASIO and re.search(r"\basio::|\bnet::", line):
            findings.append(Finding("arrows", source.path, number, f"{folder}/ does no I/O"))
        if folder in WITHOUT_CLOCK and re.search(r"::now\s*\(", line):
            findings.append(Finding("arrows", source.path, number,
                                    f"{folder}/ reads no clock: time is passed in"))
    return findings
