# Files that nothing uses: a header that nobody includes, a source in no target, a script that
# nobody calls.
import fnmatch
import re
from pathlib import PurePosixPath

from arrows import INCLUDE
from sources import Finding

# People and machines start these by name.
ENTRY_POINTS = {"quickstart.sh", "test.sh", ".ci/run"}


def check(sources):
    return check_headers(sources) + check_targets(sources) + check_scripts(sources)


def check_headers(sources):
    included = {}
    for source in sources:
        if source.is_cpp:
            for line in source.lines:
                match = INCLUDE.match(line)
                if match:
                    included.setdefault(match.group(2), set()).add(source.path)
    builds = "".join(s.text for s in sources if s.path.endswith((".cmake", "CMakeLists.txt")))
    findings = []
    for source in sources:
        if source.path.endswith(".hpp") and source.path not in builds:
            own = source.path[:-4] + ".cpp"
            if not included.get(source.path, set()) - {own}:
                findings.append(Finding("dead", source.path, 0, "a header that nobody includes"))
    return findings


def patterns_of(build_file):
    """What a CMakeLists.txt compiles, as paths from the root with wildcards."""
    folder = str(PurePosixPath(build_file.path).parent)
    prefix = "" if folder == "." else folder + "/"
    # Our own functions are given the name of a folder, and compile what is in it.
    for match in re.finditer(r"^\s*skein_(\w+)\(\s*([\w/]+)", build_file.text, re.M):
        below = "unit/" if match.group(1) == "unit" else ""
        yield f"{prefix}{below}{match.group(2)}/*.cpp"
    for token in re.findall(r"[^\s()\";]+", re.sub(r"#.*", "", build_file.text)):
        if token.endswith(".cpp") and "${" not in token:
            yield prefix + token
        elif re.fullmatch(r"[\w/]+", token):
            yield f"{prefix}{token}.cpp"  # a function of the build file may append the ending


def matches(path, pattern):
    ours, theirs = path.split("/"), pattern.split("/")
    return len(ours) == len(theirs) and all(map(fnmatch.fnmatchcase, ours, theirs))


def check_targets(sources):
    patterns = [p for s in sources if PurePosixPath(s.path).name == "CMakeLists.txt"
                for p in patterns_of(s)]
    return [Finding("dead", s.path, 0, "a source in no target")
            for s in sources
            if s.path.endswith(".cpp") and not any(matches(s.path, p) for p in patterns)]


def check_scripts(sources):
    findings = []
    for source in sources:
        path = PurePosixPath(source.path)
        if path.suffix not in (".sh", ".py") or source.path in ENTRY_POINTS:
            continue
        name = path.name if path.suffix == ".sh" else path.stem
        if path.suffix == ".py" and path.name.startswith("test_"):
            name = f"{path.parent}/CMakeLists.txt"  # which has unittest find them
            if any(s.path == name and "unittest" in s.text for s in sources):
                continue
        called = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
        if not any(called.search(other.text) for other in sources if other.path != source.path):
            findings.append(Finding("dead", source.path, 0, "a script that nobody calls"))
    return findings
