# Processes of the bench: started in its own folder, ended by their id, and ended by the kernel if
# the bench dies first. server.py and peers.py start what they need here.
import contextlib
import ctypes
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)
START_SECONDS = 20
STOP_SECONDS = 15


class Failure(Exception):
    """Something that the person who runs the bench must hear."""


def find(tool):
    """Where the tool is, if anywhere; PostgreSQL's own folder is not in the path on Debian."""
    return shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
                        + ":/usr/lib/postgresql/15/bin")


def need(tool):
    found = find(tool)
    if not found:
        raise Failure(f"{tool} is missing: run scripts/dependencies.sh bench")
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Folder:
    """A temporary folder, and the user for servers that refuse to be root."""

    def __init__(self, owner):
        self.path = Path(tempfile.mkdtemp(prefix="skein-bench-"))
        self.path.chmod(0o755)
        self.owner = owner if os.getuid() == 0 else None

    def write(self, name, text):
        """For the servers' eyes only: there are passwords in these files."""
        file = self.path / name
        file.touch(mode=0o600)
        file.write_text(text)
        self.give(file)
        return file

    def make(self, name):
        """A folder that servers may write to."""
        made = self.path / name
        made.mkdir(exist_ok=True)
        self.give(made)
        return made

    def give(self, path):
        if self.owner:
            shutil.chown(path, self.owner, pwd.getpwnam(self.owner).pw_gid)

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Process:
    """One server: `stop_signal` ends it in good order, or at once when the bench is killed."""

    def __init__(self, name, command, folder, cpus=None, stop_signal=signal.SIGTERM, owned=False,
                 environment=None):
        self.name = name
        self.stop_signal = stop_signal
        self.log = folder.path / f"{name}.log"
        parent = os.getpid()

        def prepare():
            LIBC.prctl(PR_SET_PDEATHSIG, stop_signal)
            if os.getppid() != parent:
                os._exit(1)
            os.setpgid(0, 0)  # a terminal's Ctrl-C is for the bench, which then stops this
            if cpus:
                os.sched_setaffinity(0, cpus)

        as_owner = {}
        if owned and folder.owner:
            as_owner = {"user": folder.owner, "group": pwd.getpwnam(folder.owner).pw_gid,
                        "extra_groups": []}
        with self.log.open("wb") as log:
            try:
                self.child = subprocess.Popen(
                    [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log,
                    stderr=log, cwd="/", env=environment, preexec_fn=prepare, **as_owner)
            except PermissionError as refused:
                who = as_owner.get("user", "we")
                raise Failure(
                    f"{name} is run as {who}, who may not start {command[0]}: have the sources "
                    "where everybody may read, such as a folder of /srv") from refused
        self.pid = self.child.pid

    def family(self):
        """The ids of the process and of all that descend from it."""
        pids = [self.pid]
        for pid in pids:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    pids += map(int, children.read_text().split())
        return pids

    def cpu_ns(self):
        """On a CPU so far, all threads and living descendants; the scheduler's own count."""
        total = 0
        for pid in self.family():
            for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    total += int(task.read_text().split()[0])
        return total

    def memory_kb(self, alone=False):
        """Of memory: its own pages, and its share of those that others have too (PSS)."""
        total = 0
        for pid in [self.pid] if alone else self.family():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                total += read_pss(Path(f"/proc/{pid}/smaps_rollup").read_text())
        return total

    def alive(self):
        return self.child.poll() is None

    def last_words(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def fail(self, what):
        raise Failure(f"{self.name} {what}; its log ends:\n{self.last_words()}")

    def stop(self):
        if self.alive():
            self.child.send_signal(self.stop_signal)
        try:
            self.child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"{self.name} did not stop in {STOP_SECONDS} s and was killed", file=sys.stderr)
            self.child.kill()
            self.child.wait()


def read_pss(text):
    return int(re.search(r"^Pss:\s+(\d+) kB", text, re.M).group(1))


def wait_until(process, ready, lack="was not ready"):
    """Until `ready` says yes; a failure, where the process dies first or has had its time."""
    until = time.monotonic() + START_SECONDS
    while not ready():
        if not process.alive():
            process.fail("ended at once")
        if time.monotonic() > until:
            process.fail(f"{lack} in {START_SECONDS} s")
        time.sleep(0.05)
