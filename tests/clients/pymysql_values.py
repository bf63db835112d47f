# PyMySQL's connections and values through Skein: see pymysql_suite.py.
import datetime
import decimal
import json
import os
import unittest

import pymysql
from pymysql.constants import FIELD_TYPE
from pymysql.cursors import DictCursor, SSCursor

from pymysql_stage import DIRECT, MARIADB, SERVER, SKEIN, Suite, connect, refusal, rows, run, value


class Connecting(Suite):
    def test_tls(self):
        def cipher(**more):
            return self.connect(**more)._secure
        authority, stranger = os.environ["AUTHORITY"], os.environ["STRANGER"]
        self.assertFalse(cipher())
        self.assertTrue(cipher(ssl_ca=authority))
        self.assertTrue(cipher(ssl_ca=authority, ssl_verify_cert=True))
        one = self.connect(ssl_ca=authority)
        self.assertEqual(value(one, "select 7"), 7)
        with self.assertRaisesRegex(pymysql.OperationalError, "certificate verify failed"):
            connect(ssl_ca=stranger, ssl_verify_cert=True)

    def test_refusals_read_as_the_servers(self):
        for more in (dict(password="wrong"), dict(password=""), dict(user="nobody"),
                     dict(database="nowhere"), dict(database="mysql")):
            direct, through = (refusal(lambda: connect(port, **more)) for port in (SERVER, SKEIN))
            self.assertIsNotNone(direct)
            self.assertEqual(direct, through)

    def test_what_a_login_asks_for(self):
        def look(on):
            return rows(on, "select database(), @@character_set_client, @@collation_connection, "
                            "@@sql_mode, @@autocommit, @x")
        for more in (dict(), dict(charset="latin1"), dict(charset="utf8mb4", autocommit=True),
                     dict(database=None, init_command="set @x = 5"),
                     dict(sql_mode="ANSI_QUOTES", database="other"),
                     dict(init_command="set time_zone = '+02:00', @x = @@time_zone")):
            self.both(look, **more)

    def test_changing_database_and_character_set(self):
        one = self.connect()
        one.select_db("other")
        self.assertEqual(value(one, "select database()"), "other")
        self.assertEqual(refusal(lambda: one.select_db("nowhere"))[1], 1044)
        self.assertEqual(value(one, "select database()"), "other")
        for charset, text in (("latin1", "plätze"), ("utf8mb4", "雁 🪿"), ("utf8mb4", "")):
            one.set_charset(charset)
            self.assertEqual(value(one, "select %s", (text,)), text)

    def test_pings_and_reconnects(self):
        one = self.connect()
        one.ping()
        run(one, "set @mine = 7")
        one.ping()
        self.assertEqual(value(one, "select @mine"), 7)
        one.close()
        one.ping(reconnect=True)
        self.assertIsNone(value(one, "select @mine"))

    def test_two_hundred_short_sessions(self):
        for number in range(200):
            one = connect()
            self.assertEqual(value(one, "select %s", (number,)), number)
            one.close()

    @unittest.skipIf(DIRECT, "there is no console")
    def test_the_console(self):
        one = self.connect(database="skein")
        with one.cursor(DictCursor) as cursor:
            cursor.execute("show members")
            self.assertEqual([each["member"] for each in cursor.fetchall()], ["a", "b", "c"])
        self.assertIn("no tables", refusal(lambda: rows(one, "select 1"))[2])
        self.assertTrue(value(one, "show version").startswith("skein "))


ALL_TYPES = """(
  id int primary key, tiny tinyint, small smallint unsigned, large bigint unsigned, least bigint,
  exact decimal(65, 30), rough float, rougher double, one bit(1), many bit(64), day date,
  clock time(6), moment datetime(6), stamp timestamp(3) null, years year, word char(10),
  words varchar(200), raw varbinary(300), longs longtext, blobs longblob,
  choice enum('a', 'ü'), several set('x', 'y'), doc json)"""

VALUES = [
    (1, -128, 65535, 2**64 - 1, -2**63, decimal.Decimal("9" * 35 + "." + "9" * 30), 1.5, 1e300,
     b"\1", b"\xff" * 8, datetime.date(9999, 12, 31),
     datetime.timedelta(hours=838, minutes=59, seconds=58, microseconds=999999),
     datetime.datetime(9999, 12, 31, 23, 59, 59, 999999),
     datetime.datetime(2038, 1, 19, 3, 14, 7, 123000), 2155, "plätze", "雁 🪿 \\ ' \" % \n \0 \x1a",
     bytes(range(256)), "long " * 20000, b"\0\xff" * 40000, "ü", "x,y",
     json.dumps({"a": [1, "ü"]})),
    (2,) + (None,) * 22,
    (3, 0, 0, 0, 0, decimal.Decimal("-0.000000000000000000000000000001"), -0.5, -1e-300, b"\0",
     b"\0" * 8, datetime.date(1000, 1, 1), -datetime.timedelta(hours=838),
     datetime.datetime(1000, 1, 1), datetime.datetime(2000, 1, 1, 12), 1901, "", "", b"", "", b"",
     "a", "", "[]"),
]


class Values(Suite):
    def test_all_types_there_and_back(self):
        one = self.connect()
        run(one, "drop table if exists types", "create table types " + ALL_TYPES)
        with one.cursor() as cursor:
            for each in VALUES:
                cursor.execute(f"insert into types values ({', '.join(['%s'] * 23)})", each)
        one.commit()
        found = rows(one, "select * from types order by id")
        if MARIADB:  # its JSON is text
            self.assertEqual(found[0][22], VALUES[0][22])
        self.assertEqual([line[:22] for line in found], [line[:22] for line in VALUES])

        def look(on):
            with on.cursor() as cursor:
                cursor.execute("select * from types order by id")
                return cursor.description, [(f.name, f.type_code, f.flags, f.charsetnr, f.length,
                                             f.scale, f.table_name, f.org_name)
                                            for f in cursor._result.fields], cursor.fetchall()
        self.assertEqual(self.both(look)[1][3][1], FIELD_TYPE.LONGLONG)

    def test_dates_of_zero(self):
        def look(on):
            run(on, "set sql_mode = ''", "drop table if exists zeros",
                "create table zeros (day date, moment datetime)", "insert into zeros values (0, 0)")
            return rows(on, "select * from zeros"), rows(on, "select @@sql_mode")
        self.assertEqual(self.both(look, autocommit=True)[0],
                         (("0000-00-00", "0000-00-00 00:00:00"),))

    def test_texts_and_bytes_of_20_mb(self):
        one = self.connect(max_allowed_packet=64 << 20, autocommit=True)
        run(one, "drop table if exists much", "create table much (n int, b longblob, w longtext)")
        data = os.urandom(20 << 20)
        text = "wörter " * (17 << 17)
        rows(one, "insert into much values (1, _binary %s, %s)", (data, text))
        (got,) = rows(one, "select b, w from much")
        self.assertEqual(got[0], data)
        self.assertEqual(got[1], text)
        with one.cursor(SSCursor) as cursor:
            cursor.execute("select b from much")
            self.assertEqual(cursor.fetchone()[0], data)

    def test_character_sets(self):
        one = self.connect(charset="latin1")
        run(one, "drop table if exists words",
            "create table words (w varchar(20) character set utf8mb4)")
        rows(one, "insert into words values (%s)", ("plätze ÿ",))
        one.commit()
        self.assertEqual(value(one, "select w from words"), "plätze ÿ")
        self.assertEqual(value(one, "select hex(w) from words"), "706CC3A4747A6520C3BF")
        other = self.connect(charset="utf8mb4")
        self.assertEqual(value(other, "select w from words"), "plätze ÿ")

    def test_json(self):
        one = self.connect()
        document = {"a": [1, 2.5, None, True, "ü🪿"], "b": {"c": "\\ \" '"}}
        self.assertEqual(json.loads(value(one, "select json_extract(%s, '$')",
                                          (json.dumps(document),))), document)
