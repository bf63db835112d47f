# What goes wrong says which step it was, why, and what to do; and leaves nothing running.
import os
import pwd
import signal
import subprocess
import unittest
from pathlib import Path

from terminal import Clone


class Trouble(unittest.TestCase):
    def clone(self, mode=0o755):
        made = Clone(mode)
        self.addCleanup(made.remove)
        return made

    def test_a_build_that_fails(self):
        clone = self.clone()
        tools = clone.folder / "tools"
        tools.mkdir()
        (tools / "cmake").write_text("#!/bin/sh\necho the compiler is on strike\nexit 1\n")
        (tools / "cmake").chmod(0o755)
        terminal = clone.start(environment={"PATH": f"{tools}:{os.environ['PATH']}"})
        self.assertEqual(terminal.wait(), 1)
        for words in ["FAILED", "Build Skein", "on strike", "What to do"]:
            self.assertIn(words, terminal.output)
        self.assertEqual(clone.processes(), [])

    def test_a_server_that_does_not_start(self):
        clone = self.clone()
        clone.start().paste("psql", "-c 'select 1'")
        clone.terminals[0].end(signal.SIGINT)
        control = clone.folder / ".run/quickstart/data/b/global/pg_control"
        control.write_bytes(b"")
        terminal = clone.start()
        self.assertEqual(terminal.wait(), 1)
        for words in ["FAILED", "Start PostgreSQL", "server b did not start", "pg_control",
                      "quickstart.sh clean"]:
            self.assertIn(words, terminal.output)
        self.assertEqual(clone.processes(), [])

    def test_skein_that_ends_by_itself(self):
        clone = self.clone()
        terminal = clone.start()
        terminal.wait_for("queries/s")
        settings = str(clone.folder / ".run/quickstart/skein.yaml")
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words = (entry / "cmdline").read_bytes().decode().split("\0")
                except OSError:
                    continue
                if settings in words and "run" in words:
                    os.kill(int(entry.name), signal.SIGKILL)
        self.assertEqual(terminal.wait(), 1)
        self.assertIn("ended by itself", terminal.output)
        self.assertEqual(clone.processes(), [])

    @unittest.skipUnless(os.getuid() == 0, "only root has a folder that the servers cannot enter")
    def test_a_clone_that_the_servers_cannot_enter(self):
        home = pwd.getpwnam("postgres").pw_dir
        before = set(os.listdir(home))  # another clone's data may lie there
        clone = self.clone(mode=0o700)
        terminal = clone.start()
        self.assertEqual(terminal.paste("psql", "-Atc 'select 1'"), "1\n")
        self.assertIn("cannot enter", terminal.output)
        made = set(os.listdir(home)) - before
        self.assertTrue(any(name.startswith("skein-quickstart-") for name in made), made)
        terminal.end(signal.SIGTERM)
        self.assertEqual(clone.start("clean").wait(), 0)
        self.assertEqual(made & set(os.listdir(home)), set())

    def test_words_that_it_does_not_know(self):
        done = subprocess.run(["./quickstart.sh", "nonsense"], cwd=self.clone().folder,
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("./quickstart.sh clean", done.stderr)


if __name__ == "__main__":
    unittest.main()
