# The second run: in seconds, with the data of the first; two at once; after a kill; clean.
import signal
import time
import unittest

from terminal import Clone


class Again(unittest.TestCase):
    def setUp(self):
        self.clone = Clone()
        self.addCleanup(self.clone.remove)
        self.terminal = self.clone.start()
        self.terminal.paste("psql", "-c 'create table kept as select 1'")

    def test_up_within_five_seconds_with_its_data(self):
        self.terminal.press_ctrl_c()
        self.terminal.wait()
        began = time.monotonic()
        again = self.clone.start()
        again.wait_for("Skein is up")
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(again.paste("psql", "-Atc 'table kept'"), "1\n")

    def test_a_person_who_speaks_another_language_keeps_the_data(self):
        self.terminal.end(signal.SIGTERM)
        again = self.clone.start(environment={"LC_ALL": "C.UTF-8", "LANGUAGE": "de"})
        self.assertEqual(again.paste("psql", "-Atc 'table kept'"), "1\n")

    def test_two_at_once(self):
        second = self.clone.start()
        self.assertEqual(second.wait(), 1)
        self.assertIn("running already", second.output)
        self.assertIn("psql -h", second.output)
        self.assertEqual(self.terminal.paste("psql", "-Atc 'table kept'"), "1\n")
        self.assertEqual(self.clone.start("clean").wait(), 1)  # not under a running one

    def test_after_a_kill(self):
        self.terminal.end(signal.SIGKILL)
        again = self.clone.start()
        self.assertEqual(again.paste("psql", "-Atc 'table kept'"), "1\n")
        again.end(signal.SIGTERM)
        self.assertEqual(again.code, 0)
        self.assertEqual(self.clone.processes(), [])

    def test_clean(self):
        self.terminal.end(signal.SIGTERM)
        clean = self.clone.start("clean")
        self.assertEqual(clean.wait(), 0)
        self.assertFalse((self.clone.folder / ".run/quickstart").exists())
        self.assertEqual(self.clone.start("clean").wait(), 0)


if __name__ == "__main__":
    unittest.main()
