# How the cases of PyMySQL reach Skein and the server itself, and compare what they say: see
# pymysql_suite.py.
import os
import time
import unittest

import pymysql

SKEIN, SERVER = int(os.environ["SKEIN_PORT"]), int(os.environ["SERVER_PORT"])
MARIADB = os.environ["ENGINE"] == "mariadb"
DIRECT = SKEIN == SERVER


def connect(port=SKEIN, **more):
    where = dict(host="127.0.0.1", port=port, user="app", password="app-secret", database="app",
                 read_timeout=60)
    return pymysql.connect(**{**where, **more})


def rows(connection, sql, parameters=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def value(connection, sql, parameters=None):
    found = rows(connection, sql, parameters)
    return found[0][0] if found else None


def run(connection, *statements):
    for sql in statements:
        rows(connection, sql)


def refusal(action):
    """(number, text) of the error that it ends with."""
    try:
        action()
    except pymysql.err.MySQLError as refused:
        return (type(refused).__name__, *refused.args)
    return None


def wait_until_followers_serve(sql):
    """Until it is known what was defined last, all is the leader's."""
    limit = time.monotonic() + 15
    while not DIRECT and time.monotonic() < limit:
        console = connect(database="skein")
        told = rows(console, "explain route database app " + sql)[0]
        console.close()
        if any(str(each).startswith("to follower") for each in told):
            return
        rows(connect(autocommit=True), sql)
        time.sleep(0.1)


class Suite(unittest.TestCase):
    def connect(self, port=SKEIN, **more):
        one = connect(port, **more)
        self.addCleanup(lambda: one.open and one.close())
        return one

    def both(self, ask, **more):
        """What it gives, through Skein as at the server itself."""
        answers = []
        for port in (SERVER, SKEIN):
            one = self.connect(port, **more)
            answers.append(ask(one))
            one.close()
        self.assertEqual(*answers)
        return answers[0]
