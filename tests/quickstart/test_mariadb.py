# The same first meeting with MariaDB: one command, lines to paste, a lead that moves, Ctrl-C.
import re
import unittest

from terminal import Clone

ENGINE = ("--engine", "mariadb")


class Mariadb(unittest.TestCase):
    def setUp(self):
        self.clone = Clone()
        self.addCleanup(self.clone.remove)

    def test_from_nothing_to_a_client_and_back_to_nothing(self):
        terminal = self.clone.start(*ENGINE)
        self.assertEqual(terminal.paste("mariadb", "-NBe 'select current_user(), 6 * 7'"),
                         "app@%\t42\n")
        self.assertRegex(terminal.output, r"A read \(.*\) goes to follower \"[bc]\"")
        self.assertIn("SHOW SESSIONS", terminal.paste("console", "-e 'show help'"))
        self.assertIn("to follower", terminal.paste("route"))
        terminal.wait_for("leader a (")
        terminal.press_ctrl_c()
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(self.clone.processes(), [])

    def test_the_lines_that_move_the_lead(self):
        terminal = self.clone.start(*ENGINE)
        terminal.paste("mariadb", "-e 'create table kept (n int); insert into kept values (1)'")
        terminal.paste("stop a")
        terminal.wait_for("NO LEADER")
        self.assertEqual(terminal.paste("promote b"), "b leads.\n")
        terminal.wait_for("leader b (")
        terminal.paste("mariadb", "-e 'insert into kept values (2)'")
        terminal.press_ctrl_c()
        self.assertEqual(terminal.wait(), 0)
        again = self.clone.start(*ENGINE)
        self.assertEqual(again.paste("mariadb", "-NBe 'select count(*) from kept'"), "2\n")
        again.wait_for("leader b (")
        again.wait_for("followers a 0 ms, c 0 ms")
        self.assertTrue(re.search(r"stop b +kill \d+", again.output), again.output)

    def test_a_follower_is_not_promoted_beside_its_leader(self):
        terminal = self.clone.start(*ENGINE)
        with self.assertRaises(AssertionError) as said:
            terminal.paste("promote b")
        self.assertIn("a leads, and runs: stop it first", str(said.exception))


if __name__ == "__main__":
    unittest.main()
