# psycopg 3 through Skein: the extended protocol in earnest: prepared statements, binary values,
# pipelines with errors inside, streaming. Started by psycopg3.cpp with ports and certificates in
# the environment.
import asyncio
import datetime
import os
import re
import threading
import time
import unittest
import uuid

import psycopg
from psycopg import errors, pq

# "temporary": the tests' own tables pin their sessions.
SCRATCH = os.environ.get("SCRATCH", "")
SKEIN, SERVER = int(os.environ["SKEIN_PORT"]), int(os.environ["SERVER_PORT"])


def place(port=SKEIN, **more):
    where = dict(host="127.0.0.1", port=port, user="app", password="app-secret", dbname="app",
                 autocommit=True)
    return {**where, **more}


def connect(port=SKEIN, **more):
    return psycopg.connect(**place(port, **more))


def make_table(on, name, columns):
    on.execute(f"drop table if exists {name}")
    on.execute(f"create {SCRATCH} table {name} ({columns})")


class Connecting(unittest.TestCase):
    def test_scram_with_channel_binding(self):
        for server in ("127.0.0.1", "localhost"):
            with connect(host=server, hostaddr="127.0.0.1", sslmode="verify-full",
                         sslrootcert=os.environ["AUTHORITY"], channel_binding="require") as one:
                self.assertTrue(one.pgconn.ssl_in_use)
        with self.assertRaisesRegex(psycopg.OperationalError, "channel binding required"):
            connect(sslmode="disable", channel_binding="require")

    def test_refusals_read_as_the_servers(self):
        for more in (dict(password="wrong"), dict(user="nobody"), dict(dbname="nowhere")):
            texts = []
            for port in (SERVER, SKEIN):
                with self.assertRaises(psycopg.OperationalError) as caught:
                    connect(port, sslmode="disable", **more)
                texts.append(re.search("FATAL.*", str(caught.exception), re.S).group(0))
            self.assertEqual(*texts)

    def test_parameters(self):
        with connect(application_name="geese", options="-c search_path=there",
                     client_encoding="latin1") as one:
            self.assertEqual(one.info.parameter_status("application_name"), "geese")
            self.assertEqual(one.execute("show search_path").fetchone()[0], "there")
            self.assertEqual(one.execute("select %s::text", ("plätze",)).fetchone()[0], "plätze")
            one.execute("set application_name to 'ducks'")
            self.assertEqual(one.info.parameter_status("application_name"), "ducks")


class Statements(unittest.TestCase):
    def setUp(self):
        self.one = connect()
        self.addCleanup(self.one.close)

    def test_prepared(self):
        for number in range(50):
            got = self.one.execute("select %s::int * 2", (number,), prepare=True).fetchone()[0]
            self.assertEqual(got, number * 2)
        for number in range(300):  # more than are kept: DEALLOCATE goes between
            self.one.execute(f"select %s::int + {number}", (1,), prepare=True)
        count = self.one.execute("select count(*) from pg_prepared_statements").fetchone()[0]
        self.assertGreater(count, 50)

    def test_binary_values(self):
        values = (-7, 2**62, 1.5, True, None, "gänse", b"\x00\xff" * 500, uuid.UUID(int=5),
                  datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.timezone.utc),
                  datetime.date(1999, 1, 1), [1, 2, 3])
        for binary in (False, True):
            with self.one.cursor(binary=binary) as cursor:
                marks = ", ".join(["%b" if binary else "%s"] * len(values))
                types = ("int4", "int8", "float8", "bool", "text", "text", "bytea", "uuid",
                         "timestamptz", "date", "int4[]")
                asked = ", ".join(f"{m}::{t}" for m, t in zip(marks.split(", "), types))
                for _ in range(3):
                    got = cursor.execute("select " + asked, values, prepare=True).fetchone()
                    self.assertEqual(got, values)

    def test_a_hundred_megabytes_as_one_parameter(self):
        much = os.urandom(1 << 20) * 100
        with self.one.cursor(binary=True) as cursor:
            cursor.execute("select %b::bytea", (much,))
            self.assertEqual(cursor.fetchone()[0], much)

    def test_executemany_and_returning(self):
        with self.one.cursor() as cursor:
            make_table(cursor, "t", "id serial, word text")
            cursor.executemany("insert into t (word) values (%s) returning id",
                               [(f"w{n}",) for n in range(2000)], returning=True)
            found = [cursor.fetchone()[0]]
            while cursor.nextset():
                found.append(cursor.fetchone()[0])
        self.assertEqual(found, list(range(1, 2001)))

    def test_cursors_on_the_server(self):
        with self.one.transaction(), self.one.cursor("far", scrollable=True) as cursor:
            cursor.itersize = 7
            cursor.execute("select generate_series(1, 1000)")
            self.assertEqual(sum(row[0] for row in cursor), 500500)
            cursor.scroll(4, mode="absolute")
            self.assertEqual(cursor.fetchone()[0], 5)

    def test_streaming_rows_slowly_and_leaving_early(self):
        with self.one.cursor() as cursor:
            count = 0
            for row in cursor.stream("select n, repeat('x', 10000) from generate_series(1, %s) n",
                                     (5000,)):
                count += 1
                self.assertEqual(row[0], count)
                if count % 500 == 0:
                    time.sleep(0.02)
            self.assertEqual(count, 5000)
            for row in cursor.stream("select generate_series(1, 100000000)"):
                if row[0] == 10:
                    break  # psycopg cancels what is left
        self.assertEqual(self.one.execute("select 1").fetchone()[0], 1)

    def test_nested_transactions(self):
        make_table(self.one, "kept", "n int")
        with self.one.transaction():
            self.one.execute("insert into kept values (1)")
            with self.assertRaises(errors.DivisionByZero), self.one.transaction():
                self.one.execute("insert into kept values (2)")
                self.one.execute("select 1/0")
            with self.one.transaction(force_rollback=True):
                self.one.execute("insert into kept values (3)")
        self.assertEqual(self.one.execute("select array_agg(n) from kept").fetchone()[0], [1])


class Pipelines(unittest.TestCase):
    def setUp(self):
        self.one = connect()
        self.addCleanup(self.one.close)
        make_table(self.one, "log", "n int primary key")

    def test_a_thousand_statements_behind_one_sync(self):
        with self.one.pipeline():
            cursors = [self.one.execute("insert into log values (%s) returning n", (n,))
                       for n in range(1000)]
        self.assertEqual([c.fetchone()[0] for c in cursors], list(range(1000)))

    def test_an_error_skips_to_the_next_sync_and_undoes_its_batch(self):
        skipped = self.one.cursor()
        with self.assertRaises(errors.UniqueViolation):  # at any of these, as answers arrive
            with self.one.pipeline() as pipeline:
                self.one.execute("insert into log values (1)")
                pipeline.sync()
                self.one.execute("insert into log values (2)")
                self.one.execute("insert into log values (1)")
                skipped.execute("insert into log values (3)")
                pipeline.sync()
        with self.assertRaises(psycopg.Error):
            skipped.fetchone()
        with self.one.pipeline() as pipeline:
            good = self.one.execute("select array_agg(n order by n) from log")
            pipeline.sync()
            with self.assertRaises(errors.DivisionByZero):
                self.one.execute("select 1/0").fetchone()
            pipeline.sync()
            after = self.one.execute("select 'goes on'")
            self.assertEqual(after.fetchone()[0], "goes on")
        self.assertEqual(good.fetchone()[0], [1])

    def test_transactions_and_notices_inside(self):
        heard = []
        self.one.add_notice_handler(lambda said: heard.append(said.message_primary))
        with self.one.pipeline(), self.one.transaction():
            for n in range(20):
                self.one.execute("insert into log values (%s)", (n,))
            self.one.execute("do $$ begin raise notice 'inside'; end $$")
        with self.assertRaises(errors.DivisionByZero):
            with self.one.pipeline(), self.one.transaction():
                self.one.execute("insert into log values (100)")
                self.one.execute("select 1/0")
        self.assertEqual(self.one.execute("select count(*) from log").fetchone()[0], 20)
        self.assertEqual(heard, ["inside"])

    def test_large_results_and_large_parameters_at_once(self):
        piece = "y" * 200000
        with self.one.pipeline():
            cursors = [self.one.execute("select length(%s::text), repeat('x', 200000)", (piece,))
                       for _ in range(100)]
        for cursor in cursors:
            got = cursor.fetchone()
            self.assertEqual((got[0], len(got[1])), (200000, 200000))

    def test_flush_without_sync(self):
        raw = self.one.pgconn
        raw.enter_pipeline_mode()
        raw.send_query_params(b"select 'early'", [])
        raw.send_flush_request()
        raw.flush()
        limit = time.monotonic() + 5
        while raw.is_busy() and time.monotonic() < limit:
            raw.consume_input()
        got = raw.get_result()  # although no Sync was sent
        self.assertEqual(got.get_value(0, 0), b"early")
        self.assertIsNone(raw.get_result())
        raw.send_prepare(b"named", b"select $1::int, 'x' as word")
        raw.send_describe_prepared(b"named")
        raw.pipeline_sync()
        raw.flush()
        results = []
        while len(results) < 3:
            while raw.is_busy():
                raw.consume_input()
            got = raw.get_result()
            if got is not None:
                results.append(got)
        self.assertEqual(results[1].fname(1), b"word")
        self.assertEqual(results[2].status, pq.ExecStatus.PIPELINE_SYNC)
        raw.exit_pipeline_mode()


class Copying(unittest.TestCase):
    def test_both_ways_in_text_and_binary(self):
        with connect() as one, one.cursor() as cursor:
            make_table(cursor, "t", "n int8, word text")
            rows = [(n, f"word {n}") for n in range(50000)]
            for form in ("text", "binary"):
                cursor.execute("truncate t")
                with cursor.copy(f"copy t from stdin (format {form})") as copy:
                    copy.set_types(["int8", "text"])
                    for row in rows:
                        copy.write_row(row)
                with cursor.copy(f"copy (select * from t order by n) to stdout (format {form})"
                                 ) as copy:
                    copy.set_types(["int8", "text"])
                    self.assertEqual(list(copy.rows()), rows)

    def test_given_up(self):
        with connect() as one, one.cursor() as cursor:
            make_table(cursor, "t", "n int")
            with self.assertRaises((ValueError, errors.QueryCanceled)):  # by psycopg's release
                with cursor.copy("copy t from stdin") as copy:
                    copy.write_row((1,))
                    raise ValueError("mine")
            with self.assertRaises(errors.InvalidTextRepresentation):
                with cursor.copy("copy t from stdin") as copy:
                    copy.write("rubbish\n" * 200000)
            with self.assertRaises(errors.QueryCanceled):
                with cursor.copy("copy (select generate_series(1, 100000000)) to stdout") as copy:
                    copy.read()
                    one.cancel()
                    while copy.read():
                        pass
            self.assertEqual(cursor.execute("select count(*) from t").fetchone()[0], 0)


class Signals(unittest.TestCase):
    def test_notifications(self):
        with connect() as listening, connect() as telling:
            listening.execute("listen news")
            heard = []

            def listen():
                for one in listening.notifies():
                    heard.append(one.payload)
                    if one.payload == "last":
                        return
            thread = threading.Thread(target=listen)
            thread.start()
            for payload in ("first", "", "last"):
                telling.execute("select pg_notify('news', %s)", (payload,))
            thread.join(10)
            self.assertEqual(heard, ["first", "", "last"])

    def test_cancel(self):
        for mode in ("disable", "require"):
            with connect(sslmode=mode) as one:
                timer = threading.Timer(0.3, one.cancel)
                timer.start()
                start = time.monotonic()
                with self.assertRaises(errors.QueryCanceled):
                    one.execute("select pg_sleep(20)", prepare=True)
                self.assertLess(time.monotonic() - start, 3)
                timer.join()
                self.assertEqual(one.execute("select 1").fetchone()[0], 1)

    def test_many_tasks_at_once(self):
        async def work(number):
            async with await psycopg.AsyncConnection.connect(**place(sslmode="require")) as one:
                async with one.pipeline():
                    cursors = [await one.execute("select %s::int", (n,)) for n in range(20)]
                got = [(await c.fetchone())[0] for c in cursors]
                await one.execute("select pg_sleep(0.2)")
                cursor = await one.execute("select %s::int", (number,))
                return got == list(range(20)) and (await cursor.fetchone())[0] == number

        async def crowd():
            return await asyncio.gather(*(work(n) for n in range(50)))
        self.assertTrue(all(asyncio.run(crowd())))


if __name__ == "__main__":
    unittest.main(verbosity=2)
