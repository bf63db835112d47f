// What Connector/J's connections are and keep: logins, settings, temporary tables, cancels, errors.
// See ConnectorJSuite.java.
import java.sql.*;
import java.util.*;
import java.util.concurrent.atomic.AtomicReference;
import org.mariadb.jdbc.MariaDbConnection;

class ConnectorJSessions extends ConnectorJ {
  static void logins() throws Exception {
    String authority = System.getenv("AUTHORITY"), stranger = System.getenv("STRANGER");
    for (String[] how : List.of(
             new String[] {}, new String[] {"usePipelineAuth", "true"},
             new String[] {"usePipelineAuth", "false", "useCompression", "true"},
             new String[] {"useSsl", "true", "trustServerCertificate", "true"},
             new String[] {"useSsl", "true", "serverSslCert", authority, "useCompression", "true"},
             new String[] {"useSsl", "true", "serverSslCert", authority, "enabledSslProtocolSuites",
                           "TLSv1.2"})) {
      for (int n = 0; n < 20; n++) {
        try (Connection on = connect(SKEIN, how)) {
          want("app " + n, value(on, "select concat(database(), ' ', ?)", n));
          want(true, on.isValid(5));
        }
      }
    }
    String told = refusal(() -> connect(SKEIN, "useSsl", "true", "serverSslCert", stranger).close());
    want("08000", told.split(" ")[1]);
    for (String[] how : List.of(new String[] {"password", "wrong"}, new String[] {"password", ""},
                                new String[] {"user", "nobody"}, new String[] {"db", "nowhere"},
                                new String[] {"db", "mysql"})) {
      String direct = refusal(() -> connect(SERVER, how).close());
      holds(direct.matches("(1045 28000|1044 42000|1049 42000)(?s).*"), direct);
      want(direct.replace("=" + SERVER, ""),
           refusal(() -> connect(SKEIN, how).close()).replace("=" + SKEIN, ""));
    }
  }

  static void loginWords() throws Exception {
    for (String[] how : List.of(
             new String[] {}, new String[] {"useAffectedRows", "true"},
             new String[] {"useAffectedRows", "false"}, new String[] {"autocommit", "false"},
             new String[] {"sessionVariables",
                           "sql_mode='ANSI_QUOTES',time_zone='+02:00',@mine=7"},
             new String[] {"jdbcCompliantTruncation", "false"},
             new String[] {"interactiveClient", "true"},
             new String[] {"connectionAttributes", "program:geese", "trackSchema", "false"})) {
      both(on -> {
        List<Object> told = new ArrayList<>();
        run(on, "drop table if exists t", "create table t (n int)", "insert into t values (1)");
        told.add(on.getAutoCommit());
        try (Statement asked = on.createStatement()) {
          told.add(asked.executeUpdate("update t set n = 1"));
        }
        told.add(refusal(() -> run(on, "insert into t values (99999999999)")));
        told.add(rows(on, "select n from t"));
        told.add(rows(on, "select database(), @@sql_mode, @@time_zone, @mine, @@autocommit, "
                              + "@@wait_timeout, @@character_set_client"));
        return told;
      }, how);
    }
  }

  // Twelve sessions take turns on four server connections.
  static void settings() throws Exception {
    List<Connection> ones = new ArrayList<>();
    for (int n = 0; n < 12; n++) {
      Connection one = connect(SKEIN, WAYS.get(n % 3));
      ones.add(one);
      run(one, "set time_zone = '+0" + n % 10 + ":00', @mine = " + n + ", @word = 'gänse " + n
          + "'", "set sql_mode = '" + (n % 2 == 0 ? "ANSI_QUOTES" : "") + "'");
    }
    for (int round = 0; round < 5; round++) {
      for (int n = 0; n < 12; n++) {
        String wanted = "[[+0" + n % 10 + ":00, " + (n + round) + ", gänse " + n + ", "
            + (n % 2 == 0 ? "ANSI_QUOTES" : "") + "]]";
        want(wanted, rows(ones.get(n), "select @@time_zone, @mine, @word, @@sql_mode").toString());
        want(n % 2 == 0 ? "plain" : "quoted", value(ones.get(n),
             "select case when \"word\" = 'word' then 'quoted' else 'plain' end from "
             + "(select 'other' as word) as some"));
        run(ones.get(n), "set @mine = @mine + 1");
      }
    }
    for (Connection one : ones) one.close();
  }

  static void temporaryTables() throws Exception {
    for (String[] way : WAYS) {
      try (Connection on = connect(SKEIN, way); Connection other = connect(SKEIN, way)) {
        run(on, "create temporary table passing (n int primary key, w text)");
        on.setAutoCommit(false);
        for (int n = 0; n < 20; n++) {
          try (PreparedStatement insert = on.prepareStatement("insert into passing values (?, ?)")) {
            insert.setInt(1, n);
            insert.setString(2, "word " + n);
            want(1, insert.executeUpdate());
          }
          if (n % 3 == 0) on.rollback(); else on.commit();
          if (n % 4 == 0) on.setAutoCommit(!on.getAutoCommit());
          if (on.getAutoCommit()) on.setAutoCommit(false);
        }
        want("13", value(on, "select count(*) from passing"));
        want("1146", refusal(() -> rows(other, "select * from passing")).split(" ")[0]);
        run(other, "create temporary table passing (m text)", "insert into passing values ('x')");
        want("x", value(other, "select m from passing"));
        run(on, "drop temporary table passing");
        want("1146", refusal(() -> rows(on, "select * from passing")).split(" ")[0]);
        want("1", value(on, "select get_lock('mine', 0)"));
        want("0", value(other, "select get_lock('mine', 0)"));
        on.close();
        want("1", value(other, "select get_lock('mine', 10)"));
      }
    }
  }

  static void cancels() throws Exception {
    try (Connection on = connect(SKEIN)) {
      run(on, "drop table if exists slow", "create table slow (n int)",
          "insert into slow values (1), (2)");
    }
    String sql = "select count(*) from slow where sleep(15) = 0";
    for (String[] way : WAYS) {
      try (Connection on = connect(SKEIN, way); PreparedStatement asked = on.prepareStatement(sql)) {
        for (int n = 0; n < 3; n++) {
          AtomicReference<String> trouble = new AtomicReference<>("");
          Thread canceller = new Thread(() -> {
            try {
              Thread.sleep(400);
              asked.cancel();
            } catch (Exception told) {
              trouble.set(told.toString());
            }
          });
          canceller.start();
          long start = System.nanoTime();
          want("1317 70100", refusal(() -> all(asked.executeQuery())).substring(0, 10));
          canceller.join();
          want("", trouble.get());
          holds(System.nanoTime() - start < 10_000_000_000L, System.nanoTime() - start);
          want("" + n, value(on, "select ?", n));
        }
        asked.setQueryTimeout(1);
        long start = System.nanoTime();
        try {
          all(asked.executeQuery());
          throw new AssertionError("it was not ended");
        } catch (SQLTimeoutException wanted) {
          // as it should be
        }
        holds(System.nanoTime() - start < 10_000_000_000L, System.nanoTime() - start);
        asked.setQueryTimeout(0);
        want("1", value(on, "select 1"));
        // Such a bound is of its statement and stays with nobody.
        for (int n = 0; n < 4; n++) want("0", value(on, "select sleep(1.2)"));
      }
    }
    // A connection that is closed for good, by its number.
    try (Connection victim = connect(SKEIN); Connection killer = connect(SKEIN)) {
      run(killer, "kill " + victim.unwrap(MariaDbConnection.class).getServerThreadId());
      String told = refusal(() -> {
        for (int n = 0; n < 100; n++) {
          value(victim, "select 1");
          Thread.sleep(50);
        }
      });
      holds(told.contains(" 08") || told.startsWith("1927") || told.startsWith("1317"), told);
      want("1", value(killer, "select 1"));
    }
  }

  static void errors() throws Exception {
    for (String[] way : WAYS) {
      both(on -> {
        run(on, "drop table if exists kept", "create table kept (n int primary key, w char(3) not "
            + "null, check (n < 1000))", "insert into kept values (1, 'a')");
        List<Object> told = new ArrayList<>();
        for (String sql : List.of("selekt 1", "select * from nowhere", "select m from kept",
                 "insert into kept values (1, 'b')", "insert into kept values (2, null)",
                 "insert into kept values (3, 'long one')", "insert into kept values (5000, 'x')",
                 "insert into kept values (1)", "select 1 from kept group by", "select nothing(1)",
                 "call nothing()", "drop table nowhere", "create table kept (n int)",
                 "select cast('x' as signed) + nothing", "select 1, (select 1 union select 2)",
                 "select exp(1000)", "create user x", "select * from mysql.user",
                 "signal sqlstate '45000' set message_text = 'gänse', mysql_errno = 30001",
                 "set global max_connections = 1", "set no_such = 1",
                 "select 'ü' collate latin1_german1_ci", "savepoint", "rollback to nowhere",
                 "xa commit 'nothing'", "load data infile '/x' into table kept")) {
          // What no statement may be prepared from is asked as text.
          String heard = refusal(() -> rows(on, sql));
          holds(!heard.equals("") || sql.startsWith("select cast"), sql);
          told.add(sql + ": " + heard);
          told.add(refusal(() -> run(on, sql)));
          want("1", value(on, "select count(*) from kept"));
        }
        try (Statement asked = on.createStatement()) {
          asked.execute("insert ignore into kept values (7, 'too long')");
          told.add(String.valueOf(asked.getWarnings()).replaceAll("\\(conn=-?\\d+\\) ", ""));
          asked.execute("select 1/0, cast('12x' as signed)");
          told.add(String.valueOf(asked.getWarnings()).replaceAll("\\(conn=-?\\d+\\) ", ""));
        }
        run(on, "delete from kept where n = 7");
        return told;
      }, join(way, "dumpQueriesOnException", "true"));
    }
  }

  static void console() throws Exception {
    if (DIRECT) return;
    for (String[] way : WAYS) {
      try (Connection on = connect(SKEIN, join(way, "db", "skein"));
           Statement asked = on.createStatement()) {
        want(true, on.isValid(5));
        List<Object> names = new ArrayList<>();
        try (ResultSet rows = asked.executeQuery("show members")) {
          while (rows.next()) names.add(rows.getString("member"));
        }
        want("[a, b, c]", names.toString());
        holds(refusal(() -> asked.executeQuery("select 1")).contains("no tables"), "no tables");
        try (ResultSet rows = asked.executeQuery("show version")) {
          holds(rows.next() && rows.getString(1).startsWith("skein "), "a version");
        }
      }
    }
  }
}
