# What the rules look at: the files of the tree, and C++ text with comments and literals blanked,
# so that a rule about code does not stumble over prose. Every rule module builds on this one.
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

CPP = (".cpp", ".hpp")
SKIPPED_FOLDERS = {".git", ".build", ".deps", ".cache", ".run"}


@dataclass
class Finding:
    rule: str
    path: str
    line: int
    text: str

    def __str__(self):
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.text} [{self.rule}]"


@dataclass
class Source:
    path: str
    text: str
    lines: list = field(init=False)
    _code: str = field(init=False, default=None)

    def __post_init__(self):
        self.lines = self.text.splitlines()

    @property
    def is_cpp(self):
        return self.path.endswith(CPP)

    @property
    def code(self):
        """C++ without comments, literals and preprocessor lines; every line keeps its number."""
        if self._code is None:
            self._code = blank_preprocessor(blank_literals(self.text))
        return self._code


# One alternative a token whose inside must not be read as code. A quote between digits separates
# them and opens nothing.
TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/'
    r'|R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'",
    re.S,
)


def blank_literals(text):
    def blank(match):
        token = match.group(0)
        kept = "".join("\n" if c == "\n" else " " for c in token)
        if token[0] in "\"'" or token.startswith('R"'):
            return '"' + kept[1:-1] + '"'
        return kept

    return TOKEN.sub(blank, text)


def mask_raw_strings(text):
    """Whatever stands in a raw string is what it should be, tabs and trailing spaces included."""
    def mask(match):
        token = match.group(0)
        return re.sub(r"[^\n]", "x", token) if token.startswith('R"') else token

    return TOKEN.sub(mask, text)


def blank_preprocessor(text):
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group(0)),
                  text, flags=re.M)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def list_files(root):
    """What git knows or would add; without git (an unpacked archive), what lies there."""
    asked = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"],
        capture_output=True, check=False) if (root / ".git").exists() else None
    if asked is not None and asked.returncode == 0:
        names = sorted(set(asked.stdout.decode().split("\0")) - {""})
    else:
        names = sorted(str(p.relative_to(root)) for p in root.rglob("*")
                       if not SKIPPED_FOLDERS & set(p.relative_to(root).parts))
    return [n for n in names if (root / n).is_file() and not (root / n).is_symlink()]


def load(root):
    sources = []
    for name in list_files(Path(root)):
        data = (Path(root) / name).read_bytes()
        if b"\0" in data:
            continue  # an image or the like
        sources.append(Source(name, data.decode("utf-8", errors="replace")))
    return sources
