// MariaDB Connector/J through Skein. Compiled and started by connector_j.cpp with ports and
// certificates in the environment; where a case can, it asks the same of the server itself and
// wants the same answer. The exit code tells whether all held.
import static java.sql.Connection.TRANSACTION_READ_COMMITTED;
import static java.sql.Connection.TRANSACTION_READ_UNCOMMITTED;
import static java.sql.Connection.TRANSACTION_REPEATABLE_READ;
import static java.sql.Connection.TRANSACTION_SERIALIZABLE;

import java.sql.*;
import java.util.*;
import java.util.concurrent.*;
import org.mariadb.jdbc.MariaDbPoolDataSource;

public class ConnectorJSuite extends ConnectorJ {
  static void makeTable(Connection on, String columns) throws SQLException {
    run(on, "drop table if exists t", "create table t (" + columns + ")");
  }

  // In all the ways in which the driver sends them: one by one, many ahead of their answers, several
  // statements as one text, MariaDB's bulk command.
  static void batches() throws Exception {
    for (String[] way : WAYS) {
      for (String rewritten : List.of("false", "true")) {
        for (String ahead : List.of("false", "true")) {
          for (String bulk : List.of("false", "true")) {
            String[] how = join(way, "rewriteBatchedStatements", rewritten, "useBatchMultiSend",
                                ahead, "useBulkStmts", bulk);
            Object told;
            try {
              told = both(ConnectorJSuite::batch, how);
            } catch (Throwable trouble) {
              throw new AssertionError(String.join(" ", how), trouble);
            }
            holds(told.toString().startsWith("[600, [1, 600, 300, 29700]]"), told);
          }
        }
      }
    }
  }

  static Object batch(Connection on) throws Exception {
    makeTable(on, "n int primary key auto_increment, word text, m int unique");
    List<Object> told = new ArrayList<>();
    try (PreparedStatement insert = on.prepareStatement("insert into t (word, m) values (?, ?)",
                                                        Statement.RETURN_GENERATED_KEYS)) {
      for (int n = 0; n < 600; n++) {
        insert.setString(1, n % 2 == 0 ? "w".repeat(n % 200) : null);
        insert.setInt(2, n);
        insert.addBatch();
      }
      int[] counts = insert.executeBatch();
      String sums = rows(on, "select min(n), max(n), count(word), sum(length(word)) from t")
                        .get(0).toString();
      told.add("[" + counts.length + ", " + sums + "];" + counts[0] + counts[599]);
      List<List<Object>> keys = all(insert.getGeneratedKeys());
      told.add(keys.get(0) + " to " + keys.get(keys.size() - 1) + ", " + keys.size());
      for (int n : new int[] {6000, 1, 6001}) {
        insert.setString(1, "");
        insert.setInt(2, n);
        insert.addBatch();
      }
      told.add(refusal(insert::executeBatch));
    }
    told.add(rows(on, "select m from t where m > 5000 order by m"));
    try (PreparedStatement update = on.prepareStatement("update t set word = ? where m < ?")) {
      for (int n = 0; n < 50; n++) {
        update.setString(1, "x" + n);
        update.setInt(2, n);
        update.addBatch();
      }
      // Of MariaDB's bulk command the driver tells no counts.
      want(50, update.executeBatch().length);
    }
    told.add(rows(on, "select count(*), sum(word = 'x49') from t where word like 'x%'"));
    try (Statement asked = on.createStatement()) {
      for (int n = 0; n < 40; n++) asked.addBatch("delete from t where m = " + n);
      asked.addBatch("insert into t (m) values (9000)");
      told.add(Arrays.toString(asked.executeBatch()));
    }
    told.add(rows(on, "select count(*), min(m), max(m) from t"));
    return told.toString().substring(1);
  }

  static void generatedKeys() throws Exception {
    for (String[] way : WAYS) {
      Object told = both(on -> {
        makeTable(on, "n bigint unsigned primary key auto_increment, w varchar(20) unique");
        List<Object> keys = new ArrayList<>();
        for (String sql : List.of("insert into t (w) values ('a')",
                 "insert into t (w) values ('b'), ('c'), ('d')", "insert into t values (50, 'e')",
                 "insert into t (w) values ('f')", "update t set w = 'g' where n = 1",
                 "insert into t (w) values ('f') on duplicate key update n = last_insert_id(n)",
                 "insert ignore into t (w) values ('f')", "replace into t (w) values ('b')",
                 "insert into t values (18446744073709551614, 'last')")) {
          try (PreparedStatement asked =
                   on.prepareStatement(sql, Statement.RETURN_GENERATED_KEYS)) {
            keys.add(asked.executeUpdate());
            keys.add(all(asked.getGeneratedKeys()));
          }
          keys.add(value(on, "select last_insert_id()"));
        }
        return keys;
      }, way);
      holds(told.toString().startsWith("[1, [[1]], 1, 3, [[2]"), told);
    }
  }

  static void transactions() throws Exception {
    for (String[] way : WAYS) {
      try (Connection on = connect(SKEIN, way); Connection other = connect(SKEIN)) {
        makeTable(on, "n int primary key");
        on.setAutoCommit(false);
        run(on, "insert into t values (1)");
        soon("0", other, "select count(*) from t");
        Savepoint here = on.setSavepoint();
        run(on, "insert into t values (2)");
        Savepoint named = on.setSavepoint("there");
        run(on, "insert into t values (3)");
        on.rollback(named);
        want("2", value(on, "select count(*) from t"));
        on.rollback(here);
        run(on, "insert into t values (4)");
        on.releaseSavepoint(here);
        holds(refusal(() -> on.rollback(named)).startsWith("1305 42000"), "no such savepoint");
        holds(refusal(() -> run(on, "insert into t values (1)")).startsWith("1062 23000"), "1062");
        on.commit();
        soon("5", other, "select sum(n) from t");
        run(on, "delete from t");
        on.rollback();
        soon("2", other, "select count(*) from t");
        run(on, "insert into t values (5)");
        on.setAutoCommit(true);  // which commits
        soon("3", other, "select count(*) from t");
        run(on, "insert into t values (6)");
        soon("4", other, "select count(*) from t");
        for (int n = 0; n < 20; n++) {
          on.setAutoCommit(n % 2 == 0);
          want(n % 2 == 0, on.getAutoCommit());
          run(on, "update t set n = " + (100 + n) + " where n = " + (n == 0 ? 6 : 99 + n));
          if (n % 2 == 1) on.commit();
          soon("1", other, "select count(*) from t where n = ?", 100 + n);
        }
        on.setAutoCommit(false);
        run(on, "delete from t");
        on.close();  // which rolls back
        soon("4", other, "select count(*) from t");
      }
    }
  }

  static void isolationLevels() throws Exception {
    try (Connection other = connect(SKEIN)) {
      makeTable(other, "n int");
      int[] levels = {TRANSACTION_READ_COMMITTED, TRANSACTION_REPEATABLE_READ,
                      TRANSACTION_READ_UNCOMMITTED, TRANSACTION_SERIALIZABLE};
      String[] sees = {"1", "0", "1", "0"};
      for (int i = 0; i < 4; i++) {
        run(other, "delete from t");
        try (Connection on = connect(SKEIN)) {
          on.setTransactionIsolation(levels[i]);
          want(levels[i], on.getTransactionIsolation());
          on.setAutoCommit(false);
          want("0", value(on, "select count(*) from t"));
          if (i == 3) run(other, "set innodb_lock_wait_timeout = 1");
          String told = refusal(() -> run(other, "insert into t values (1)"));
          want(i == 3 ? "1205 HY000" : "", told.substring(0, i == 3 ? 10 : 0));
          want(sees[i], value(on, "select count(*) from t"));
          on.rollback();
          want(levels[i], on.getTransactionIsolation());
        }
      }
    }
  }

  static void readOnly() throws Exception {
    Object told = both(on -> {
      makeTable(on, "n int");
      List<Object> heard = new ArrayList<>();
      on.setReadOnly(true);
      for (int n = 0; n < 3; n++) {
        heard.add(refusal(() -> run(on, "insert into t values (1)")));
        heard.add(rows(on, "select * from t"));
      }
      on.setReadOnly(false);
      run(on, "insert into t values (2)");
      heard.add(rows(on, "select * from t"));
      run(on, "start transaction read only");
      heard.add(refusal(() -> run(on, "insert into t values (3)")));
      on.rollback();
      return heard;
    }, "assureReadOnly", "true");
    holds(told.toString().startsWith("[1792 25006 "), told);
  }

  static void catalogs() throws Exception {
    for (String[] way : WAYS) {
      both(on -> {
        List<Object> told = new ArrayList<>();
        makeTable(on, "n int comment 'of app'");
        run(on, "drop table if exists other.t", "create table other.t (n int)",
            "insert into other.t values (7)");
        want("app", on.getCatalog());
        told.add(rows(on, "select * from t"));
        on.setCatalog("other");
        for (int n = 0; n < 5; n++) want("other", value(on, "select database()"));
        want("other", on.getCatalog());
        told.add(rows(on, "select * from t"));
        told.add(refusal(() -> on.setCatalog("nowhere")));
        want("other", on.getCatalog());
        run(on, "use app");
        want("app", on.getCatalog());
        told.add(rows(on, "select * from t"));
        return told;
      }, way);
    }
  }

  static void severalStatementsAtOnce() throws Exception {
    for (String[] way : WAYS) {
      Object told = both(on -> {
        List<Object> heard = new ArrayList<>();
        makeTable(on, "n int primary key, w text");
        try (Statement asked = on.createStatement()) {
          String sql = "insert into t values (1, 'a'), (2, 'b'); select * from t order by n; "
              + "update t set w = 'c'; set @mine = 5; select @mine, count(*) from t; "
              + "delete from t where n = 2";
          heard.add(results(asked, asked.execute(sql)));
          heard.add(results(asked, asked.execute("select 1; select 2; select 'a;b'")));
          heard.add(refusal(() -> {
            boolean rows = asked.execute("insert into t values (3, ''); select n from nowhere; "
                                         + "insert into t values (4, '')");
            results(asked, rows);
          }));
        }
        try (PreparedStatement asked =
                 on.prepareStatement("insert into t values (?, ?); select w from t where n = ?")) {
          for (int n = 10; n < 13; n++) {
            asked.setInt(1, n);
            asked.setString(2, "word " + n);
            asked.setInt(3, n);
            heard.add(results(asked, asked.execute()));
          }
        }
        run(on, "begin; insert into t values (20, ''); rollback");
        heard.add(rows(on, "select n from t order by n"));
        return heard;
      }, join(way, "allowMultiQueries", "true"));
      holds(told.toString().endsWith(", [[1], [3], [10], [11], [12]]]"), told);
    }
  }

  static void ownWrites() throws Exception {
    try (Connection on = connect(SKEIN)) {
      makeTable(on, "n int primary key, m int");
      run(on, "insert into t values (1, 0)");
    }
    waitUntilFollowersServe("select m from t where n = 1");
    for (String[] way : WAYS) {
      try (Connection on = connect(SKEIN, way);
           PreparedStatement write = on.prepareStatement("update t set m = ? where n = ?");
           PreparedStatement read = on.prepareStatement("select m from t where n = ?")) {
        for (int n = 1; n <= 200; n++) {
          write.setInt(1, n);
          write.setInt(2, 1);
          want(1, write.executeUpdate());
          read.setInt(1, 1);
          want("[[" + n + "]]", all(read.executeQuery()).toString());
        }
        run(on, "update t set m = 0");
      }
    }
  }

  static void manyThreads() throws Exception {
    try (Connection on = connect(SKEIN)) {
      makeTable(on, "n int primary key, m int");
    }
    ExecutorService threads = Executors.newFixedThreadPool(24);
    List<Future<Boolean>> all = new ArrayList<>();
    for (int t = 0; t < 24; t++) {
      int number = t;
      all.add(threads.submit(() -> {
        String[] tls = number % 4 == 0 ? new String[] {"useSsl", "true", "serverSslCert",
            System.getenv("AUTHORITY")} : new String[] {};
        try (Connection on = connect(SKEIN, join(WAYS.get(number % 3), tls))) {
          run(on, "insert into t values (" + number + ", 0)", "set @mine = " + number);
          for (int n = 0; n < 40; n++) {
            want(String.valueOf(number * 1000 + n), value(on, "select ? * 1000 + ?", number, n));
            on.setAutoCommit(n % 2 == 0);
            rows(on, "select m from t where n = ? for update", number);
            run(on, "update t set m = m + 1 where n = " + number);
            if (n % 2 == 1) on.commit();
            want(String.valueOf(n + 1), value(on, "select m from t where n = ?", number));
            want(String.valueOf(number), value(on, "select @mine"));
          }
        }
        return true;
      }));
    }
    for (Future<Boolean> one : all) one.get(120, TimeUnit.SECONDS);
    threads.shutdown();
    try (Connection on = connect(SERVER)) {
      want("[[24, 960]]", rows(on, "select count(*), sum(m) from t").toString());
    }
  }

  // The driver's own pool, which resets a connection that comes back.
  static void theDriversPool() throws Exception {
    String where = "jdbc:mariadb://127.0.0.1:" + SKEIN + "/app?user=app&password=app-secret"
        + "&allowPublicKeyRetrieval=true&maxPoolSize=3&useResetConnection=";
    for (String resets : List.of("true", "false")) {
      try (MariaDbPoolDataSource pool = new MariaDbPoolDataSource(where + resets)) {
        for (int n = 0; n < 30; n++) {
          try (Connection one = pool.getConnection(); Connection other = pool.getConnection()) {
            // It knows that of MariaDB alone.
            if (MARIADB && resets.equals("true")) want(null, value(one, "select @mine"));
            run(one, "set @mine = 7");
            want("7", value(one, "select @mine"));
            want("app", value(other, "select database()"));
            want(true, other.getAutoCommit());
            other.setAutoCommit(false);
            other.setCatalog("other");
            want("other", value(other, "select database()"));
            want(true, one.isValid(5));
          }
        }
      }
    }
  }

  public static void main(String[] named) {
    Map<String, ConnectorJ.Case> cases = new LinkedHashMap<>();
    cases.put("logins", ConnectorJSessions::logins);
    cases.put("what a login asks for", ConnectorJSessions::loginWords);
    cases.put("batches", ConnectorJSuite::batches);
    cases.put("generated keys", ConnectorJSuite::generatedKeys);
    cases.put("transactions", ConnectorJSuite::transactions);
    cases.put("isolation levels", ConnectorJSuite::isolationLevels);
    cases.put("read only", ConnectorJSuite::readOnly);
    cases.put("catalogs", ConnectorJSuite::catalogs);
    cases.put("several statements at once", ConnectorJSuite::severalStatementsAtOnce);
    cases.put("own writes", ConnectorJSuite::ownWrites);
    cases.put("many threads", ConnectorJSuite::manyThreads);
    cases.put("the driver's pool", ConnectorJSuite::theDriversPool);
    cases.put("settings and variables", ConnectorJSessions::settings);
    cases.put("temporary tables", ConnectorJSessions::temporaryTables);
    cases.put("cancel and timeout", ConnectorJSessions::cancels);
    cases.put("errors", ConnectorJSessions::errors);
    cases.put("console", ConnectorJSessions::console);
    cases.put("all types", ConnectorJValues::allTypes);
    cases.put("result sets", ConnectorJValues::resultSets);
    cases.put("streaming", ConnectorJValues::streaming);
    cases.put("large values", ConnectorJValues::largeValues);
    cases.put("procedures", ConnectorJValues::procedures);
    cases.put("LOAD DATA LOCAL", ConnectorJValues::loadData);
    cases.put("tables that change", ConnectorJValues::changingTables);
    cases.put("what the database tells of itself", ConnectorJValues::metadata);
    ConnectorJ.play(cases, named);
  }
}
