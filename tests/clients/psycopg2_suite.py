# psycopg2 through Skein. Started by psycopg2.cpp with the ports and certificates in the
# environment; where it can, it asks the same of the server itself and wants the same answer.
import io
import os
import re
import select
import threading
import time
import unittest

import psycopg2
import psycopg2.errors as errors
import psycopg2.extensions as extensions
import psycopg2.extras

SKEIN, SERVER = int(os.environ["SKEIN_PORT"]), int(os.environ["SERVER_PORT"])


def connect(port=SKEIN, **more):
    where = dict(host="127.0.0.1", port=port, user="app", password="app-secret", dbname="app")
    return psycopg2.connect(**{**where, **more})


def value(connection, sql, parameters=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()[0]


class Connecting(unittest.TestCase):
    def test_tls_modes(self):
        authority, stranger = os.environ["AUTHORITY"], os.environ["STRANGER"]
        for mode, encrypted in (("disable", False), ("prefer", True), ("require", True)):
            self.assertEqual(connect(sslmode=mode).info.ssl_in_use, encrypted, mode)
        one = connect(sslmode="verify-full", sslrootcert=authority, channel_binding="require")
        self.assertIn(one.info.ssl_attribute("protocol"), ("TLSv1.2", "TLSv1.3"))
        with self.assertRaisesRegex(psycopg2.OperationalError, "certificate verify failed"):
            connect(sslmode="verify-ca", sslrootcert=stranger)

    def test_refusals_read_as_the_servers(self):
        for more in (dict(password="wrong"), dict(user="nobody"), dict(dbname="nowhere"),
                     dict(options="-c no_such_setting=1")):
            texts = []
            for port in (SERVER, SKEIN):
                with self.assertRaises(psycopg2.OperationalError) as caught:
                    connect(port, sslmode="disable", **more)
                texts.append(re.search("FATAL.*", str(caught.exception), re.S).group(0))
            self.assertEqual(*texts)

    def test_startup_parameters(self):
        one = connect(application_name="shopping", client_encoding="latin1",
                      options="-c search_path=there -c statement_timeout=9s")
        self.assertEqual(value(one, "show application_name"), "shopping")
        self.assertEqual(value(one, "show search_path"), "there")
        self.assertEqual(value(one, "show statement_timeout"), "9s")
        self.assertEqual(one.encoding, "LATIN1")
        self.assertEqual(value(one, "select %s", ("plätze",)), "plätze")
        one.set_client_encoding("UTF8")
        self.assertEqual(value(one, "select %s", ("€ 雁",)), "€ 雁")

    def test_two_hundred_short_sessions(self):
        for number in range(200):
            one = connect(sslmode="disable")
            self.assertEqual(value(one, "select %s", (number,)), number)
            one.close()


class Working(unittest.TestCase):
    def setUp(self):
        self.one = connect()
        self.addCleanup(self.one.close)

    def test_transactions(self):
        with self.one as one, one.cursor() as cursor:
            cursor.execute("create table if not exists kept (n int)")
            cursor.execute("truncate kept")
        other = connect()
        value(self.one, "insert into kept values (1) returning n")
        self.assertEqual(value(other, "select count(*) from kept"), 0)
        other.rollback()
        self.one.commit()
        self.assertEqual(value(other, "select count(*) from kept"), 1)
        value(self.one, "insert into kept values (2) returning n")
        self.one.rollback()
        with self.assertRaises(errors.DivisionByZero):
            value(self.one, "select 1/0")
        with self.assertRaises(errors.InFailedSqlTransaction):
            value(self.one, "select 1")
        self.one.rollback()
        self.one.set_session(isolation_level="SERIALIZABLE", readonly=True, deferrable=True)
        self.assertEqual(value(self.one, "show transaction_isolation"), "serializable")
        with self.assertRaises(errors.ReadOnlySqlTransaction):
            value(self.one, "insert into kept values (3) returning n")

    def test_two_phase_commit(self):
        with self.one.cursor() as cursor:
            cursor.execute("create table if not exists phases (n int)")
        self.one.commit()
        name = self.one.xid(7, "travel", str(os.getpid()))
        self.one.tpc_begin(name)
        value(self.one, "insert into phases values (1) returning n")
        self.one.tpc_prepare()
        self.one.close()
        other = connect()
        self.assertEqual(len(other.tpc_recover()), 1)
        other.tpc_commit(name)
        self.assertEqual(value(other, "select count(*) from phases"), 1)

    def test_error_details_are_the_servers(self):
        told = []
        for port in (SERVER, SKEIN):
            one = connect(port)
            with one.cursor() as cursor:
                cursor.execute("create temporary table priced (id int primary key, "
                               "price int constraint positive check (price > 0))")
                with self.assertRaises(errors.CheckViolation) as caught:
                    cursor.execute("insert into priced values (1, -1)")
            fields = [n for n in dir(caught.exception.diag) if not n.startswith("_")]
            told.append({n: getattr(caught.exception.diag, n) for n in fields})
        for one in told:
            one["schema_name"] = re.sub(r"\d+", "", one["schema_name"])  # pg_temp_3
        self.assertEqual(*told)
        self.assertEqual(told[0]["constraint_name"], "positive")

    def test_cursors_on_the_server(self):
        with self.one.cursor("scrolling", scrollable=True) as cursor:
            cursor.itersize = 100
            cursor.execute("select generate_series(1, 10000)")
            self.assertEqual(sum(row[0] for row in cursor), 50005000)
            cursor.scroll(0, mode="absolute")
            cursor.scroll(9, mode="relative")
            self.assertEqual(cursor.fetchone()[0], 10)
        with self.one.cursor("held", withhold=True) as cursor:
            cursor.execute("select generate_series(1, 100)")
            self.one.commit()
            self.assertEqual(len(cursor.fetchall()), 100)

    def test_copy(self):
        with self.one.cursor() as cursor:
            cursor.execute("create temporary table copied (n int, word text)")
            lines = "".join(f"{n}\tword {n}\n" for n in range(100000))
            cursor.copy_expert("copy copied from stdin", io.StringIO(lines))
            self.assertEqual(cursor.rowcount, 100000)
            back = io.StringIO()
            cursor.copy_expert("copy (select * from copied order by n) to stdout", back)
            self.assertEqual(back.getvalue(), lines)
            self.one.commit()
            with self.assertRaises(errors.InvalidTextRepresentation):
                cursor.copy_expert("copy copied from stdin", io.StringIO("1\ta\nx\tb\n"))
            self.one.rollback()

            class Broken(io.StringIO):
                def read(self, size=-1):
                    raise ValueError("the file broke")
            with self.assertRaises((errors.QueryCanceled, ValueError)):
                cursor.copy_expert("copy copied from stdin", Broken())
            self.one.rollback()
            cursor.execute("select count(*) from copied")
            self.assertEqual(cursor.fetchone()[0], 100000)

    def test_large_values_and_large_objects(self):
        much = os.urandom(24 << 20)
        self.assertEqual(bytes(value(self.one, "select %s::bytea", (much,))), much)
        store = self.one.lobject(0, "wb")  # by the function call message
        store.write(much[:1 << 20])
        number = store.oid
        store.close()
        self.assertEqual(self.one.lobject(number, "rb").read(), much[:1 << 20])
        self.one.rollback()

    def test_many_rows_at_once(self):
        with self.one.cursor() as cursor:
            cursor.execute("create temporary table many (n int, word text)")
            rows = [(n, "x" * (n % 50)) for n in range(20000)]
            psycopg2.extras.execute_values(cursor, "insert into many values %s", rows,
                                           page_size=5000)
            psycopg2.extras.execute_batch(cursor, "insert into many values (%s, %s)", rows[:2000])
            cursor.execute("select count(*), sum(length(word)) from many")
            wanted = sum(n % 50 for n in range(20000)) + sum(n % 50 for n in range(2000))
            self.assertEqual(cursor.fetchone(), (22000, wanted))

    def test_notices(self):
        with self.one.cursor() as cursor:
            cursor.execute("do $$ begin for n in 1..40 loop raise notice 'no. %', n; end loop; "
                           "raise warning 'careful' using hint = 'a hint'; end $$")
        self.assertEqual(self.one.notices[-1], "WARNING:  careful\nHINT:  a hint\n")
        self.assertEqual(self.one.notices[-2], "NOTICE:  no. 40\n")


class Signals(unittest.TestCase):
    def test_listen_and_notify(self):
        listening, telling = connect(), connect()
        listening.autocommit = telling.autocommit = True
        payload = "x" * 7999
        with listening.cursor() as cursor:
            cursor.execute('listen news; listen "Other News"')
        with telling.cursor() as cursor:
            cursor.execute("select pg_notify('news', %s)", (payload,))
            cursor.execute('notify "Other News"')
        limit = time.monotonic() + 5
        while len(listening.notifies) < 2 and time.monotonic() < limit:
            select.select([listening], [], [], 1)
            listening.poll()
        self.assertEqual([(n.channel, n.payload) for n in listening.notifies],
                         [("news", payload), ("Other News", "")])

    def test_cancel(self):
        for mode in ("disable", "require"):
            one = connect(sslmode=mode)
            timer = threading.Timer(0.3, one.cancel)
            timer.start()
            start = time.monotonic()
            with self.assertRaises(errors.QueryCanceled):
                value(one, "select pg_sleep(20)")
            self.assertLess(time.monotonic() - start, 3)
            timer.join()
            one.rollback()
            self.assertEqual(value(one, "select 1"), 1)

    def test_statement_timeout(self):
        one = connect()
        value(one, "select set_config('statement_timeout', '100', false)")
        with self.assertRaises(errors.QueryCanceled):
            value(one, "select pg_sleep(20)")

    def test_a_terminated_backend_costs_its_transaction_and_not_the_session(self):
        for mode in ("disable", "require"):
            one, other = connect(sslmode=mode), connect(sslmode=mode)
            pid = value(one, "select pg_backend_pid()")
            self.assertTrue(value(other, "select pg_terminate_backend(%s)", (pid,)))
            time.sleep(0.2)
            with self.assertRaises(errors.SerializationFailure):
                value(one, "select 1")
            one.rollback()
            self.assertEqual(value(one, "select 1"), 1)

    def test_asynchronous(self):
        one = connect(async_=1)

        def wait():
            limit = time.monotonic() + 10
            while time.monotonic() < limit:
                state = one.poll()
                if state == extensions.POLL_OK:
                    return
                ways = ([one], []) if state == extensions.POLL_READ else ([], [one])
                select.select(*ways, [], 1)
            self.fail("no answer in time")
        wait()
        cursor = one.cursor()
        cursor.execute("select repeat('x', 5000000) from pg_sleep(0.1)")
        wait()
        self.assertEqual(len(cursor.fetchone()[0]), 5000000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
