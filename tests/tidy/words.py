# Words that this tree does without: names that say nothing, coroutines without an owner, databases
# outside their folders, notes to self, and paths of whoever's machine.
import re

from sources import Finding, line_of

EMPTY_NAMES = {"utils", "util", "common", "misc", "manager", "helper", "helpers", "base"}
TYPE = re.compile(r"\b(?:class|struct|union|enum(?:\s+class)?|concept|namespace|using)\s+"
                  r"(?:\[\[\w+\]\]\s*)?([\w:]+)")

SPAWNERS = ("net/task_group.cpp", "cli/main.cpp", "tests/")

DATABASE = re.compile(r"postgres|psql|pgsql|libpq|mysql|mariadb|(?<![a-z0-9])pg(?![a-z0-9])", re.I)
# Who configures or builds Skein must be able to name a database; the rest asks for a capability.
DATABASE_FILES = (".md", ".yaml", ".yml", ".sh", ".json", ".cmake", "CMakeLists.txt", "LICENSE",
                  ".ini")
DATABASE_FOLDERS = ("backends/", "tests/", "docker/", "conf/samples/", "cmake/", "scripts/", ".ci/")

NOTES = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
MACHINE = re.compile(r"(?<![\w./$}*-])/(?:work|home|root|Users)(?=/|\b)(?!-)")
WORKSHOP = re.compile(r"\bissues? #|\bissue \d|\bsession of the project|\bsub-?agents?\b"
                      r"|\bLLMs?\b|\bfield[- ]notes\b|\bdesign\.md\b|\bstyle\.md\b", re.I)

SELF = "tests/tidy/"  # speaks of the words that it bans


def check(sources):
    findings = []
    for source in sources:
        findings += check_path(source.path)
        if source.path.startswith(SELF) or source.path == "LICENSE":
            continue
        findings += check_prose(source)
        if source.is_cpp:
            findings += check_code(source)
    return findings


def check_path(path):
    words = set(re.split(r"[/_.\-]", path))
    return [Finding("empty-name", path, 0, f"'{word}' says nothing: name what it is")
            for word in sorted(words & EMPTY_NAMES)]


def may_name_databases(path):
    return path.endswith(DATABASE_FILES) or path.startswith(DATABASE_FOLDERS) or path[0] == "."


def check_prose(source):
    """Rules that hold in comments and literals too."""
    findings = []
    for number, line in enumerate(source.lines, 1):
        if NOTES.search(line):
            findings.append(Finding("notes", source.path, number, "a note to self: do or drop it"))
        if MACHINE.search(line):
            findings.append(Finding("machine", source.path, number, "a path of one machine"))
        if WORKSHOP.search(line):
            findings.append(Finding("machine", source.path, number,
                                    "speaks of how it was made instead of what it is"))
        if not may_name_databases(source.path):
            match = DATABASE.search(line)
            if match:
                findings.append(Finding("database-name", source.path, number,
                                        f"'{match.group(0)}': ask for a capability instead"))
    return findings


def check_code(source):
    findings = []

    def found(offset, rule, text):
        findings.append(Finding(rule, source.path, line_of(source.code, offset), text))

    for match in TYPE.finditer(source.code):
        for word in sorted(EMPTY_NAMES & set(re.split(r"::|_", match.group(1)))):
            found(match.start(), "empty-name", f"'{match.group(1)}': '{word}' says nothing")
    for match in re.finditer(r"\bdetached\b", source.code):
        found(match.start(), "coroutine", "detached: spawn through a task_group, which joins")
    if not source.path.startswith(SPAWNERS):
        for match in re.finditer(r"\bco_spawn\b", source.code):
            found(match.start(), "coroutine", "co_spawn: spawn through a task_group")
    for offset in capturing_coroutines(source.code):
        found(offset, "coroutine", "a lambda coroutine that captures: its captures die before it")
    if source.path.endswith(".hpp"):
        for match in re.finditer(r"^\s*using namespace ([\w:]+)", source.code, re.M):
            # Namespaces of literals hold nothing that could hide a name.
            if not match.group(1).endswith("_literals"):
                found(match.end(), "using-namespace", "using namespace in a header")
    return findings


def capturing_coroutines(code):
    from sizes import skip
    for match in re.finditer(r"(?<![\[\w\])])\[([^\[\]]*)\]", code):
        if not match.group(1).strip():
            continue
        at = match.end()
        parameters = re.compile(r"\s*\(").match(code, at)
        if parameters:
            at = skip(code, parameters.end() - 1, "(", ")")
        if re.compile(r"\s*((mutable|noexcept)\s*)*->\s*[\w:]*\bawaitable\b").match(code, at):
            yield match.start()
