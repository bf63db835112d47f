# A clone with the build under test in it, and quickstart.sh running there on a terminal of its own.
# The tests beside this file are told as a person would tell them.
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[2]


class Clone:
    """What quickstart.sh needs of the tree, in a folder of its own; removed with all it started.

    Its name wants quotes wherever it is written.
    """

    def __init__(self, mode=0o755):
        self.folder = Path(tempfile.mkdtemp(prefix="skein's clone "))
        self.folder.chmod(mode)
        for name in ["quickstart.sh", "CMakePresets.json"]:
            shutil.copy(SOURCES / name, self.folder)
        shutil.copytree(SOURCES / "scripts", self.folder / "scripts")
        (self.folder / ".deps").symlink_to((SOURCES / ".deps").resolve())
        (self.folder / ".build").mkdir()
        (self.folder / ".build/release").symlink_to(os.environ["SKEIN_BUILD"])
        self.terminals = []

    def start(self, *words, environment=None, interrupts=signal.SIG_DFL):
        self.terminals.append(Terminal(self.folder, words, environment or {}, interrupts))
        return self.terminals[-1]

    def remove(self):
        for terminal in self.terminals:
            terminal.end(signal.SIGKILL)
        for engine in ["postgres", "mariadb"]:
            subprocess.run(["./quickstart.sh", "--engine", engine, "clean"], cwd=self.folder,
                           check=False, stdout=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def processes(self):
        """Whatever runs with this clone in its command line or as its working folder."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if str(self.folder) in line or str(self.folder) in os.readlink(entry / "cwd"):
                    found.append(line)
            except OSError:
                pass  # it ended while we looked
        return found


class Terminal:
    def __init__(self, folder, words, environment, interrupts):
        self.output = ""
        self.code = None
        self.pid, self.screen = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            signal.signal(signal.SIGINT, interrupts)
            os.environ.update(environment, TERM="xterm", COLUMNS="120")
            os.execv("./quickstart.sh", ["./quickstart.sh", *words])

    def read(self, seconds):
        ready, _, _ = select.select([self.screen], [], [], seconds)
        if not ready:
            return True
        try:
            text = os.read(self.screen, 65536).decode(errors="replace")
        except OSError:  # how a terminal says that nobody writes to it any more
            text = ""
        self.output += re.sub(r"\x1b\[K", "", text).replace("\r", "\n")
        return text != ""

    def wait_for(self, words, seconds=60):
        limit = time.monotonic() + seconds
        while words not in self.output:
            if not self.read(0.1) or time.monotonic() > limit:
                raise AssertionError(f"waited for '{words}' in vain; it said:\n{self.output}")

    def press_ctrl_c(self):
        os.write(self.screen, b"\x03")

    def end(self, number):
        if self.code is None:
            os.kill(self.pid, number)
            self.wait()

    def wait(self, seconds=60):
        """Its exit code, or minus the signal that ended it."""
        limit = time.monotonic() + seconds
        while self.code is None:
            self.read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                while self.read(0) and select.select([self.screen], [], [], 0)[0]:
                    pass
                self.code = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > limit:
                raise AssertionError(f"it did not end; it said:\n{self.output}")
        return self.code

    def paste(self, title, addition=""):
        """Runs the line that it printed for pasting behind `title`."""
        self.wait_for("Ctrl-C stops everything")
        line = re.search(rf"^  {title} +(.*)$", self.output, re.M).group(1)
        done = subprocess.run(["sh", "-c", f"{line} {addition}"], capture_output=True, text=True,
                              check=False, timeout=30)
        if done.returncode != 0:
            raise AssertionError(f"{line} {addition}\n{done.stdout}{done.stderr}")
        return done.stdout
