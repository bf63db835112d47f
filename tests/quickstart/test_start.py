# The first meeting: one command, three lines to paste, Ctrl-C.
import json
import re
import signal
import socket
import unittest

from terminal import Clone


class Start(unittest.TestCase):
    def setUp(self):
        self.clone = Clone()
        self.addCleanup(self.clone.remove)

    def test_from_nothing_to_psql_and_back_to_nothing(self):
        terminal = self.clone.start()
        self.assertEqual(terminal.paste("psql", "-Atc 'select current_user, 6 * 7'"), "app|42\n")
        terminal.paste("psql", "-c 'create table t as select generate_series(1, 1000) n'")
        self.assertIn("SHOW SESSIONS", terminal.paste("console", "-c help"))
        self.assertIn("skein_", terminal.paste("metrics", "-sS"))

        status = json.dumps(json.loads(terminal.paste("status", "--json")))
        for member in ["a", "b", "c"]:
            self.assertIn(f'"{member}"', status)
        terminal.wait_for("leader a (")
        terminal.wait_for("queries/s")
        self.assertRegex(terminal.output, r"followers b \d+ ms, c \d+ ms")

        terminal.press_ctrl_c()
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(self.clone.processes(), [])

    def test_a_script_that_runs_it_in_the_background_can_interrupt_it(self):
        terminal = self.clone.start(interrupts=signal.SIG_IGN)  # as a shell does with `&`
        terminal.wait_for("Skein is up")
        terminal.end(signal.SIGINT)
        self.assertEqual(terminal.code, 0)
        self.assertEqual(self.clone.processes(), [])

    def test_the_line_that_kills_the_leader(self):
        terminal = self.clone.start()
        terminal.paste("psql", "-c 'create table kept as select 1'")
        terminal.paste("kill a")
        terminal.paste("psql", "-c 'insert into kept values (2)'")
        terminal.wait_for("leader b (")
        terminal.wait_for("followers a 0 ms", seconds=120)
        terminal.press_ctrl_c()
        self.assertEqual(terminal.wait(), 0)
        again = self.clone.start()
        self.assertEqual(again.paste("psql", "-Atc 'select count(*) from kept'"), "2\n")
        again.wait_for("leader b (")
        again.wait_for("followers a 0 ms, c 0 ms")

    def test_usual_ports_that_are_taken_are_left_alone(self):
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                taken.bind(("127.0.0.1", 6432))
                taken.listen()
            except OSError:
                pass  # then somebody else has it, which is as good
            terminal = self.clone.start()
            self.assertEqual(terminal.paste("psql", "-Atc 'select 1'"), "1\n")
            port = re.search(r"psql -h 127.0.0.1 -p (\d+)", terminal.output)[1]
            self.assertNotEqual(port, "6432")


if __name__ == "__main__":
    unittest.main()
