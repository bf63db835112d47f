# Files of 400 lines at most, functions of 70, lines of 100 columns, a comment that opens each file.
# The function finder follows braces; it knows only the style that clang-format gives this tree.
import ast
import re

from sources import Finding, line_of, mask_raw_strings

FILE_LINES_MAX = 400
FILE_LINES_COMFORTABLE = 250
FUNCTION_LINES_MAX = 70
WIDTH_MAX = 100
OPENING_LINES_MAX = 6

MEASURED = (".cpp", ".hpp", ".py", ".sh", ".cmake", "CMakeLists.txt", "ci/run")
SCOPE = re.compile(r"^(template\s*<.*>\s*)?(inline\s+|export\s+|friend\s+|typedef\s+)*"
                   r'(namespace|class|struct|union|enum|extern\s*")', re.S)


def is_measured(path):
    return path.endswith(MEASURED)


def check(sources):
    by_path = {s.path: s for s in sources}
    findings = []
    for source in sources:
        if not is_measured(source.path):
            continue
        findings += check_file(source) + check_opening(source, by_path)
        for name, first, count in functions_of(source):
            if count > FUNCTION_LINES_MAX:
                findings.append(Finding("function-size", source.path, first,
                                        f"{name} has {count} lines, {FUNCTION_LINES_MAX} at most"))
    return findings


def uncomfortable(sources):
    return [(s.path, len(s.lines)) for s in sources
            if is_measured(s.path) and FILE_LINES_COMFORTABLE < len(s.lines) <= FILE_LINES_MAX]


def check_file(source):
    findings = []
    if len(source.lines) > FILE_LINES_MAX:
        findings.append(Finding("file-size", source.path, 0,
                                f"{len(source.lines)} lines, {FILE_LINES_MAX} at most: split it"))
    for number, line in enumerate(source.lines, 1):
        if len(line) > WIDTH_MAX:
            findings.append(Finding("width", source.path, number,
                                    f"{len(line)} columns, {WIDTH_MAX} at most"))
    shown = mask_raw_strings(source.text) if source.is_cpp else source.text
    for number, line in enumerate(shown.splitlines(), 1):
        if line != line.rstrip() or "\t" in line:
            findings.append(Finding("width", source.path, number, "tab or trailing space"))
    return findings


def check_opening(source, by_path):
    """A file says what it is first; a source may leave that to the header of its module."""
    lines = source.lines[1:] if source.text.startswith("#!") else source.lines
    mark = "//" if source.is_cpp else "#"
    count = 0
    while count < len(lines) and lines[count].startswith(mark) and lines[count] != mark:
        count += 1  # up to an empty comment line: behind it may stand an example
    if count == 0:
        if source.path.endswith(".py") and source.text.lstrip().startswith('"""'):
            return []
        if module_header(source.path) in by_path:
            return []
        return [Finding("opening", source.path, 1, "no comment says what this file is")]
    if source.is_cpp and count > OPENING_LINES_MAX:
        return [Finding("opening", source.path, 1,
                        f"opens with {count} lines, {OPENING_LINES_MAX} at most")]
    return []


def module_header(path):
    """net/tls.cpp and its test tests/unit/net/tls.cpp belong to net/tls.hpp."""
    if not path.endswith(".cpp"):
        return None
    return re.sub(r"^tests/unit/", "", path)[:-4] + ".hpp"


def functions_of(source):
    """(name, first line, number of lines) of each function."""
    if source.is_cpp:
        return cpp_functions(source.code)
    if source.path.endswith(".py"):
        return [(node.name, node.lineno, node.end_lineno - node.lineno + 1)
                for node in ast.walk(ast.parse(source.text))
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    if source.path.endswith((".sh", "run")):
        return shell_functions(source.lines)
    return []


def shell_functions(lines):
    found, opened = [], None
    for number, line in enumerate(lines, 1):
        match = re.match(r"(\w+)\(\) \{", line)
        if match and not line.rstrip().endswith("}"):
            opened = (match.group(1), number)
        elif line.startswith("}") and opened:
            found.append((*opened, number - opened[1] + 1))
            opened = None
    return found


def cpp_functions(code):
    found = []
    at, head_start = 0, 0
    while at < len(code):
        c = code[at]
        if c == "(":
            at = skip(code, at, "(", ")")
            continue
        if c in ";}":
            head_start = at + 1
        elif c == "{":
            head = code[head_start:at].strip()
            head = re.sub(r"^(public|private|protected):\s*", "", head)
            if SCOPE.match(head):
                head_start = at + 1  # look inside
            else:
                end = skip(code, at, "{", "}")
                following = re.compile(r"\s*([,{;=)])").match(code, end)
                if following:  # an initialiser: the head goes on, or ends at the semicolon
                    at = end
                    continue
                if "(" in head:
                    blank = len(code[head_start:at]) - len(code[head_start:at].lstrip())
                    first = line_of(code, head_start + blank)
                    found.append((name_of(head), first, line_of(code, end - 1) - first + 1))
                head_start = at = end
                continue
        at += 1
    return found


def name_of(head):
    match = re.search(r"([\w:~]+|operator\S+)\s*\(", head)
    return match.group(1) if match else "function"


def skip(code, at, opening, closing):
    """Behind the bracket that closes the one at `at`."""
    depth = 0
    for place in range(at, len(code)):
        if code[place] == opening:
            depth += 1
        elif code[place] == closing:
            depth -= 1
            if depth == 0:
                return place + 1
    return len(code)
