# PyMySQL through Skein. Started by pymysql.cpp with the ports and certificates in the environment;
# where it can, it asks the same of the server itself and wants the same answer.
import os
import tempfile
import threading
import time
import unittest
import warnings

from pymysql.constants import CLIENT
from pymysql.cursors import SSCursor, SSDictCursor

from pymysql_stage import (Suite, connect, refusal, rows, run, value,
                           wait_until_followers_serve)
from pymysql_values import Connecting, Values  # noqa: F401: their cases are found here


class Statements(Suite):
    def setUp(self):
        self.one = self.connect(autocommit=True)
        run(self.one, "drop table if exists t",
            "create table t (n int primary key auto_increment, w varchar(50) unique)")

    def test_many_at_once(self):
        with self.one.cursor() as cursor:
            done = cursor.executemany("insert into t (w) values (%s)",
                                      [(f"word {n}",) for n in range(20000)])
            self.assertEqual(done, 20000)
            self.assertEqual(cursor.lastrowid and cursor.rowcount, 20000)
            cursor.executemany("update t set w = %s where n = %s",
                               [(f"other {n}", n) for n in range(1, 200)])
            cursor.execute("select count(*), sum(w like 'other%%') from t")
            self.assertEqual(cursor.fetchone(), (20000, 199))

    def test_last_ids_and_counts(self):
        def look(on):
            told = []
            run(on, "truncate table t")
            with on.cursor() as cursor:
                for sql in ("delete from t", "alter table t auto_increment = 1",
                            "insert into t (w) values ('a'), ('b')",
                            "insert into t values (50, 'c')", "insert into t (w) values ('d')",
                            "update t set w = 'x' where n = 50",
                            "update t set w = 'x' where n = 50",
                            "insert into t (w) values ('a') on duplicate key update "
                            "n = last_insert_id(n)",
                            "replace into t values (50, 'y')", "select last_insert_id()",
                            "delete from t where n > 1", "insert ignore into t (w) values ('a')"):
                    told.append((sql, cursor.execute(sql), cursor.lastrowid, cursor.rowcount,
                                 cursor.fetchall()))
            return told, on.insert_id(), on.affected_rows()
        self.both(look, autocommit=True)

    def test_found_rows_and_matched_rows(self):
        run(self.one, "insert into t values (1, 'a'), (2, 'b')")
        def look(on):
            with on.cursor() as cursor:
                return cursor.execute("update t set w = w")
        self.assertEqual(self.both(look, autocommit=True), 0)
        self.assertEqual(self.both(look, autocommit=True, client_flag=CLIENT.FOUND_ROWS), 2)

    def test_errors_are_the_servers(self):
        run(self.one, "insert into t values (1, 'a')")
        for sql in ("selec 1", "select * from nowhere", "select nothing from t",
                    "insert into t values (1, 'b')", "insert into t (n, w) values (2)",
                    "insert into t values (null, 'a')", "drop table nowhere", "use nowhere",
                    "insert into t values (3, repeat('x', 100))", "call nowhere()",
                    "select 1; select 2", "", "set no_such = 1", "set global max_connections = 5",
                    "signal sqlstate '45000' set message_text = 'on purpose', mysql_errno = 5000",
                    "begin; select 1", "select cast(1e400 as signed)"):
            told = self.both(lambda on: refusal(lambda: rows(on, sql)), autocommit=True)
            if sql not in ("insert into t values (null, 'a')", ""):
                self.assertIsNotNone(told, sql)
        self.assertEqual(value(self.one, "select count(*) from t"), 1)

    def test_warnings(self):
        def look(on):
            told = []
            run(on, "truncate table t")
            for sql in ("select cast('1x' as signed)", "drop table if exists nowhere",
                        "insert ignore into t values (1, repeat('x', 100))", "select 1"):
                with warnings.catch_warnings(), on.cursor() as cursor:
                    warnings.simplefilter("ignore")
                    cursor.execute(sql)
                    told.append((on.show_warnings(), cursor._result.warning_count))
            return told
        self.assertEqual(self.both(look, autocommit=True)[0][0][0][1], 1292)

    def test_several_statements_and_results(self):
        def look(on):
            told = []
            with on.cursor() as cursor:
                cursor.execute("insert into t values (1, 'a'); select * from t;"
                               "update t set w = 'b'; select w from t; delete from t;"
                               "select 1 where 1 = 0")
                while True:
                    told.append((cursor.rowcount, cursor.description, cursor.fetchall()))
                    if not cursor.nextset():
                        break
                cursor.execute("select 'first'; select * from nowhere; select 'never'")
                told.append(cursor.fetchall())
                told.append(refusal(cursor.nextset))
                cursor.execute("select 'as ever'")
                told.append(cursor.fetchall())
            return told
        self.assertEqual(len(self.both(look, autocommit=True,
                                       client_flag=CLIENT.MULTI_STATEMENTS)), 9)

    def test_procedures(self):
        run(self.one, "drop procedure if exists several",
            "create procedure several(in a int, inout b int, out c varchar(20)) begin "
            "select a, b; select n from t limit 0; set b = a + b, c = 'out'; end")

        def look(on):
            told = []
            with on.cursor() as cursor:
                cursor.callproc("several", (40, 2, None))
                while True:
                    told.append((cursor.description, cursor.fetchall()))
                    if not cursor.nextset():
                        break
                cursor.execute("select @_several_1, @_several_2")
                told.append(cursor.fetchall())
            return told
        self.assertEqual(self.both(look, autocommit=True)[-1], ((42, "out"),))

    def test_results_that_are_read_piece_by_piece(self):
        with self.one.cursor() as cursor:
            cursor.executemany("insert into t (w) values (%s)", [(f"{n}",) for n in range(20000)])
        with self.one.cursor(SSDictCursor) as cursor:
            cursor.execute("select n, w from t order by n")
            self.assertEqual(cursor.fetchone(), {"n": 1, "w": "0"})
            self.assertEqual(len(cursor.fetchmany(500)), 500)
            self.assertEqual(sum(1 for _ in cursor.fetchall_unbuffered()), 19499)
        with self.one.cursor(SSCursor) as cursor:  # left in the middle
            cursor.execute("select a.n from t a, t b limit 300000")
            cursor.fetchone()
        self.assertEqual(value(self.one, "select 5"), 5)

    def test_files_of_the_clients(self):
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.writelines(f"{n},word {n}\n" for n in range(1, 50001))
            file.flush()
            load = f"load data local infile '{file.name}' into table t fields terminated by ','"
            one = self.connect(local_infile=True, autocommit=True)
            with one.cursor() as cursor:
                self.assertEqual(cursor.execute(load), 50000)
                self.assertEqual(cursor.execute("select n from t where w = 'word 777'"), 1)
            nowhere = "load data local infile '/no/such' into table t"
            self.assertEqual(refusal(lambda: rows(one, nowhere))[1], 1017)
            self.assertEqual(value(one, "select count(*) from t"), 50000)
            told = self.both(lambda on: refusal(lambda: rows(on, load)), autocommit=True)
            self.assertIsNotNone(told)


class Transactions(Suite):
    def setUp(self):
        self.one, self.other = self.connect(), self.connect(autocommit=True)
        run(self.other, "drop table if exists kept", "create table kept (n int primary key)")

    def count(self):
        return value(self.other, "/* skein: leader */ select count(*) from kept")

    def test_autocommit_is_off_unless_said(self):
        run(self.one, "insert into kept values (1)")
        self.assertEqual(self.count(), 0)
        self.one.rollback()
        run(self.one, "insert into kept values (1)")
        self.one.commit()
        self.assertEqual(self.count(), 1)
        self.one.autocommit(True)
        run(self.one, "insert into kept values (2)")
        self.assertEqual(self.count(), 2)
        self.one.autocommit(False)
        run(self.one, "insert into kept values (3)")
        self.one.close()
        self.assertEqual(self.count(), 2)

    def test_savepoints(self):
        run(self.one, "insert into kept values (1)", "savepoint here",
            "insert into kept values (2)", "rollback to here", "insert into kept values (3)",
            "release savepoint here")
        self.one.commit()
        self.assertEqual(rows(self.other, "/* skein: leader */ select n from kept"),
                         ((1,), (3,)))

    def test_read_only(self):
        def look(on):
            run(on, "start transaction read only")
            told = [refusal(lambda: run(on, "insert into kept values (5)")),
                    rows(on, "select * from kept")]
            on.commit()
            run(on, "set session transaction read only")
            told.append(refusal(lambda: run(on, "insert into kept values (5)")))
            on.rollback()
            run(on, "set session transaction read write")
            return told
        self.assertEqual(self.both(look)[0][1], 1792)

    def test_isolation_levels(self):
        run(self.other, "insert into kept values (1)")
        for level, sees in (("read committed", 2), ("repeatable read", 1), ("read uncommitted", 2)):
            one = self.connect()
            run(one, "set session transaction isolation level " + level)
            self.assertEqual(value(one, "select count(*) from kept"), 1)
            run(self.other, "insert into kept values (2)")
            self.assertEqual(value(one, "select count(*) from kept"), sees, level)
            one.commit()
            self.assertEqual(value(one, "select count(*) from kept"), 2)
            run(self.other, "delete from kept where n = 2")

    def test_deadlocks_and_lock_waits(self):
        run(self.other, "insert into kept values (1), (2)")
        two = self.connect()
        run(two, "set innodb_lock_wait_timeout = 1")
        run(self.one, "update kept set n = 1 where n = 1")
        self.assertEqual(refusal(lambda: run(two, "update kept set n = 1 where n = 1"))[1], 1205)
        two.rollback()
        run(two, "update kept set n = 2 where n = 2")
        told = []
        waiting = threading.Thread(target=lambda: told.append(
            refusal(lambda: run(self.one, "update kept set n = 2 where n = 2"))))
        waiting.start()
        time.sleep(0.3)
        told.append(refusal(lambda: run(two, "update kept set n = 1 where n = 1")))
        waiting.join()
        self.assertEqual(sorted(each[1] for each in told if each), [1213])

    def test_xa(self):
        run(self.one, "xa start 'travel'", "insert into kept values (7)", "xa end 'travel'",
            "xa prepare 'travel'")
        self.one.close()
        self.assertEqual(self.count(), 0)
        last = self.connect(autocommit=True)
        run(last, "xa commit 'travel'")
        self.assertEqual(self.count(), 1)

    def test_a_session_s_own_writes_are_there(self):
        run(self.other, "insert into kept values (0)")
        wait_until_followers_serve("select n from kept")
        one = self.connect(autocommit=True)
        for n in range(200):
            run(one, f"update kept set n = {n + 1}")
            self.assertEqual(value(one, "select n from kept"), n + 1)


class Sessions(Suite):
    def test_settings_stay_with_their_session(self):
        ones = [self.connect(autocommit=True) for _ in range(12)]
        for number, one in enumerate(ones):
            run(one, f"set time_zone = '+{number % 10:02}:00', @mine = {number}, "
                     f"sql_mode = '{'ANSI_QUOTES' if number % 2 else ''}'")
        for _ in range(5):
            for number, one in enumerate(ones):
                self.assertEqual(rows(one, "select @@time_zone, @mine, @@sql_mode"),
                                 ((f"+{number % 10:02}:00", number,
                                   "ANSI_QUOTES" if number % 2 else ""),))

    def test_temporary_tables_and_locks(self):
        one, other = self.connect(autocommit=True), self.connect(autocommit=True)
        run(one, "create temporary table passing (n int)", "insert into passing values (5)")
        self.assertEqual(value(one, "select n from passing"), 5)
        self.assertEqual(refusal(lambda: rows(other, "select n from passing"))[1], 1146)
        self.assertEqual(value(one, "select get_lock('mine', 0)"), 1)
        self.assertEqual(value(other, "select get_lock('mine', 0)"), 0)
        one.close()
        self.assertEqual(value(other, "select get_lock('mine', 5)"), 1)
        self.assertEqual(value(other, "select release_lock('mine')"), 1)

    def test_kill(self):
        for quick in (True, False):
            victim, killer = self.connect(), self.connect()
            number = victim.thread_id()
            told = []
            running = threading.Thread(target=lambda: told.append(
                refusal(lambda: rows(victim, "select 1 from dual where sleep(20)"))))
            running.start()
            time.sleep(0.3)
            start = time.monotonic()
            if quick:
                run(killer, f"kill query {number}")
            else:
                killer.kill(number)
            running.join()
            self.assertLess(time.monotonic() - start, 5)
            self.assertIn(told[0][1], (1317,) if quick else (1317, 2013))
            if quick:
                self.assertEqual(value(victim, "select 1"), 1)

    def test_many_threads(self):
        troubles = []

        def work(number):
            try:
                tls = {"ssl_ca": os.environ["AUTHORITY"]} if number % 2 else {}
                one = connect(autocommit=True, **tls)
                for n in range(50):
                    if value(one, "select %s * 1000 + %s", (number, n)) != number * 1000 + n:
                        troubles.append("a wrong answer")
                one.close()
            except Exception as trouble:  # pylint: disable=broad-except
                troubles.append(repr(trouble))
        threads = [threading.Thread(target=work, args=(n,)) for n in range(30)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.assertEqual(troubles, [])

    def test_catalogs(self):
        def look(on):
            run(on, "create table if not exists known (n int comment 'a number', key (n))")
            return [rows(on, sql) for sql in (
                "show tables like 'known'", "show full columns from known", "show index from known",
                "show create table known", "describe known",
                "select table_name, engine from information_schema.tables "
                "where table_name = 'known'",
                "select column_name, data_type from information_schema.columns "
                "where table_name = 'known'", "show variables like 'character_set_c%'",
                "select @@version, version()")]
        self.both(look)


if __name__ == "__main__":
    unittest.main(verbosity=2)
