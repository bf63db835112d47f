// The JDBC driver through Skein. Started by jdbc.cpp with ports and certificates in the
// environment; each case is a method, the exit code tells whether all held.
import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.sql.*;
import java.util.*;
import java.util.concurrent.*;
import org.postgresql.PGConnection;
import org.postgresql.PGStatement;
import org.postgresql.copy.CopyManager;

public class JdbcSuite {
  static final String SKEIN = System.getenv("SKEIN_PORT"), SERVER = System.getenv("SERVER_PORT");

  interface Case { void run() throws Exception; }

  static Connection connect(String port, String... more) throws SQLException {
    Properties how = new Properties();
    how.setProperty("user", "app");
    how.setProperty("password", "app-secret");
    how.setProperty("sslmode", "disable");
    for (int i = 0; i < more.length; i += 2) how.setProperty(more[i], more[i + 1]);
    String database = how.containsKey("db") ? how.getProperty("db") : "app";
    return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/" + database, how);
  }

  static void want(Object wanted, Object got) {
    if (!Objects.equals(wanted, got)) throw new AssertionError("wanted " + wanted + ", got " + got);
  }

  static String refusal(Case asked) throws Exception {
    try {
      asked.run();
    } catch (SQLException refused) {
      return refused.getSQLState() + " " + refused.getMessage();
    }
    return "";
  }

  static String value(Connection on, String sql, Object... parameters) throws SQLException {
    try (PreparedStatement asked = on.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) asked.setObject(i + 1, parameters[i]);
      try (ResultSet rows = asked.executeQuery()) {
        return rows.next() ? rows.getString(1) : null;
      }
    }
  }

  static void run(Connection on, String sql) throws SQLException {
    try (Statement asked = on.createStatement()) {
      asked.execute(sql);
    }
  }

  // "temporary": the tests' own tables pin their sessions.
  static final String SCRATCH = Objects.requireNonNullElse(System.getenv("SCRATCH"), "");

  static void makeTable(Connection on, String name, String columns) throws SQLException {
    run(on, "drop table if exists " + name);
    run(on, "create " + SCRATCH + " table " + name + " (" + columns + ")");
  }

  static void tlsModes() throws Exception {
    for (String mode : List.of("allow", "prefer", "require", "verify-ca", "verify-full")) {
      try (Connection on = connect(SKEIN, "sslmode", mode, "sslrootcert",
                                   System.getenv("AUTHORITY"))) {
        want("1", value(on, "select 1"));
      }
    }
    String stranger = refusal(() -> connect(SKEIN, "sslmode", "verify-full", "sslrootcert",
                                            System.getenv("STRANGER")).close());
    want("08006", stranger.substring(0, Math.min(5, stranger.length())));
  }

  static void refusals() throws Exception {
    String[][] wrong = {{"password", "wrong"}, {"user", "nobody"}, {"db", "nowhere"},
                        {"options", "-c no_such_setting=1"}};
    String[] states = {"28P01", "28P01", "3D000", "42704"};
    for (int i = 0; i < wrong.length; i++) {
      String[] how = wrong[i];
      String direct = refusal(() -> connect(SERVER, how).close());
      want(states[i], direct.substring(0, 5));
      want(direct, refusal(() -> connect(SKEIN, how).close()));
    }
  }

  static void parameters() throws Exception {
    try (Connection on = connect(SKEIN, "ApplicationName", "geese", "options",
                                 "-c search_path=there -c statement_timeout=9s",
                                 "currentSchema", "here")) {
      want("geese", value(on, "show application_name"));
      want("9s", value(on, "show statement_timeout"));
      on.setClientInfo("ApplicationName", "ducks");
      want("ducks", value(on, "show application_name"));
    }
    try (Connection on = connect(SKEIN, "targetServerType", "primary")) {
      want(false, on.isReadOnly());
    }
  }

  // Every query mode, with statements prepared on the server from the first use.
  static void preparedStatements() throws Exception {
    for (String mode : List.of("extended", "extendedForPrepared", "extendedCacheEverything",
                               "simple")) {
      for (String binary : List.of("true", "false")) {
        try (Connection on = connect(SKEIN, "preferQueryMode", mode, "binaryTransfer", binary,
                                     "prepareThreshold", "1")) {
          makeTable(on, "t", "id serial, n int, word text, at timestamptz, b text");
          String sql = "insert into t (n, word, at, b) values (?, ?, ?, ?) returning id";
          try (PreparedStatement insert = on.prepareStatement(sql)) {
            for (int n = 0; n < 20; n++) {
              insert.setInt(1, n);
              insert.setString(2, n % 2 == 0 ? "gänse " + n : null);
              insert.setTimestamp(3, new Timestamp(1709208000000L));
              insert.setString(4, "x".repeat(n));
              try (ResultSet rows = insert.executeQuery()) {
                rows.next();
                want(n + 1, rows.getInt(1));
              }
            }
            if (mode.equals("extended")) want(true, insert.unwrap(PGStatement.class)
                                                        .isUseServerPrepare());
          }
          want("190 10", value(on, "select sum(length(b)) || ' ' || count(word) from t where n < ?",
                               100));
          run(on, "alter table t drop column at");
          want("42703", refusal(() -> value(on, "select at from t")).substring(0, 5));
          want("20", value(on, "select count(*) from t"));
        }
      }
    }
  }

  static void batches() throws Exception {
    for (String rewritten : List.of("false", "true")) {
      try (Connection on = connect(SKEIN, "reWriteBatchedInserts", rewritten)) {
        makeTable(on, "t", "n int primary key, word text");
        try (PreparedStatement insert = on.prepareStatement("insert into t values (?, ?)")) {
          for (int n = 0; n < 5000; n++) {
            insert.setInt(1, n);
            insert.setString(2, "w".repeat(n % 100));
            insert.addBatch();
          }
          want(5000, insert.executeBatch().length);
          for (int n : new int[] {6000, 1, 6001}) {
            insert.setInt(1, n);
            insert.setString(2, "");
            insert.addBatch();
          }
          want("23505", refusal(insert::executeBatch).substring(0, 5));
        }
        want("5000", value(on, "select count(*) from t"));
      }
    }
  }

  // Portals that are read piece by piece.
  static void cursors() throws Exception {
    try (Connection on = connect(SKEIN); Statement asked = on.createStatement()) {
      on.setAutoCommit(false);
      asked.setFetchSize(50);
      long sum = 0;
      try (ResultSet rows = asked.executeQuery("select generate_series(1, 5000)")) {
        while (rows.next()) sum += rows.getInt(1);
      }
      want(12502500L, sum);
      try (ResultSet early = asked.executeQuery("select generate_series(1, 1000000)")) {
        early.next();
      }
      on.rollback();
      want("1", value(on, "select 1"));
    }
  }

  static void transactions() throws Exception {
    try (Connection on = connect(SKEIN, "autosave", "conservative")) {
      makeTable(on, "t", "n int");
      on.setAutoCommit(false);
      run(on, "insert into t values (1)");
      Savepoint here = on.setSavepoint();
      run(on, "insert into t values (2)");
      on.rollback(here);
      want("22012", refusal(() -> run(on, "select 1/0")).substring(0, 5));
      on.rollback();
      run(on, "insert into t values (3)");
      on.commit();
      want("3", value(on, "select string_agg(n::text, ',') from t"));
      on.commit();
      on.setReadOnly(true);
      want("25006", refusal(() -> run(on, "create table never (n int)")).substring(0, 5));
    }
  }

  static void copies() throws Exception {
    try (Connection on = connect(SKEIN, "sslmode", "require")) {
      makeTable(on, "t", "n int, word text");
      CopyManager copy = on.unwrap(PGConnection.class).getCopyAPI();
      StringBuilder lines = new StringBuilder();
      for (int n = 0; n < 100000; n++) lines.append(n).append("\tword ").append(n).append('\n');
      want(100000L, copy.copyIn("copy t from stdin", new StringReader(lines.toString())));
      StringWriter back = new StringWriter();
      copy.copyOut("copy (select * from t order by n) to stdout", back);
      want(lines.toString(), back.toString());
      want("22P02", refusal(() -> copy.copyIn("copy t from stdin",
          new ByteArrayInputStream("x\ty\n".repeat(100000).getBytes(StandardCharsets.UTF_8))))
          .substring(0, 5));
      want("100000", value(on, "select count(*) from t"));
    }
  }

  static void notifications() throws Exception {
    try (Connection listening = connect(SKEIN); Connection telling = connect(SKEIN)) {
      run(listening, "listen news");
      value(telling, "select pg_notify('news', ?)", "honk");
      var heard = listening.unwrap(PGConnection.class).getNotifications(5000);
      want(1, heard.length);
      want("honk", heard[0].getParameter());
      run(listening, "do $$ begin raise notice 'noticed'; end $$");
    }
  }

  static void cancels() throws Exception {
    for (String mode : List.of("disable", "require")) {
      try (Connection on = connect(SKEIN, "sslmode", mode); Statement asked = on.createStatement()) {
        Thread canceller = new Thread(() -> {
          try {
            Thread.sleep(300);
            asked.cancel();
          } catch (Exception ignored) {
            // the case then fails by its time
          }
        });
        canceller.start();
        long start = System.nanoTime();
        want("57014", refusal(() -> asked.execute("select pg_sleep(20)")).substring(0, 5));
        canceller.join();
        want(true, System.nanoTime() - start < 3_000_000_000L);
        asked.setQueryTimeout(1);
        want("57014", refusal(() -> asked.execute("select pg_sleep(20)")).substring(0, 5));
        asked.setQueryTimeout(0);
        want("1", value(on, "select 1"));
      }
    }
  }

  static void catalogs() throws Exception {
    try (Connection on = connect(SKEIN); Connection direct = connect(SERVER)) {
      for (Connection each : List.of(on, direct)) {
        try (ResultSet tables = each.getMetaData().getColumns(null, "pg_catalog", "pg_class", "%")) {
          int count = 0;
          while (tables.next()) count++;
          want(33, count);
        }
      }
      want(direct.getMetaData().getDatabaseProductVersion(),
           on.getMetaData().getDatabaseProductVersion());
      want(true, on.isValid(2));
    }
  }

  static void largeValues() throws Exception {
    try (Connection on = connect(SKEIN); PreparedStatement asked =
        on.prepareStatement("select length(?::bytea), ?::bytea")) {
      byte[] much = new byte[20 << 20];
      new Random(1).nextBytes(much);
      asked.setBytes(1, much);
      asked.setBytes(2, much);
      try (ResultSet rows = asked.executeQuery()) {
        rows.next();
        want(much.length, rows.getInt(1));
        want(true, Arrays.equals(much, rows.getBytes(2)));
      }
    }
  }

  static void manyThreads() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(40);
    List<Future<Boolean>> all = new ArrayList<>();
    for (int t = 0; t < 40; t++) {
      int number = t;
      all.add(threads.submit(() -> {
        try (Connection on = connect(SKEIN, "sslmode", number % 2 == 0 ? "disable" : "require",
                                     "prepareThreshold", "1")) {
          for (int n = 0; n < 50; n++) {
            want(String.valueOf(number * 1000 + n), value(on, "select ? * 1000 + ?", number, n));
          }
        }
        return true;
      }));
    }
    for (Future<Boolean> one : all) one.get(60, TimeUnit.SECONDS);
    threads.shutdown();
  }

  static void console() throws Exception {
    if (SKEIN.equals(SERVER)) return;
    try (Connection on = connect(SKEIN, "db", "skein"); Connection other = connect(SKEIN)) {
      want(true, on.isValid(5));
      // Prepared on the server, and in binary, after a few.
      try (PreparedStatement asked = on.prepareStatement("show sessions")) {
        for (int i = 0; i < 10; i++) {
          int seen = 0;
          try (ResultSet rows = asked.executeQuery()) {
            while (rows.next()) {
              seen++;
              want(true, rows.getLong("id") > 0);
              want("app", rows.getString("user"));
            }
          }
          want(2, seen);
        }
      }
      on.setAutoCommit(false);
      try (Statement asked = on.createStatement()) {
        asked.setFetchSize(3);
        int seen = 0;
        try (ResultSet rows = asked.executeQuery("show help")) {
          while (rows.next()) seen++;
        }
        want(17, seen);
      }
      on.commit();
      on.setAutoCommit(true);
      want(true, refusal(() -> value(on, "select 1")).contains("no tables"));
      want(true, value(on, "show version").startsWith("skein "));
    }
  }

  // All cases, or those that are named.
  public static void main(String[] named) {
    Map<String, Case> cases = new LinkedHashMap<>();
    cases.put("TLS modes", JdbcSuite::tlsModes);
    cases.put("refusals read as the server's", JdbcSuite::refusals);
    cases.put("start-up parameters", JdbcSuite::parameters);
    cases.put("prepared statements", JdbcSuite::preparedStatements);
    cases.put("batches", JdbcSuite::batches);
    cases.put("cursors", JdbcSuite::cursors);
    cases.put("transactions", JdbcSuite::transactions);
    cases.put("COPY", JdbcSuite::copies);
    cases.put("notifications", JdbcSuite::notifications);
    cases.put("cancel and timeout", JdbcSuite::cancels);
    cases.put("catalogs", JdbcSuite::catalogs);
    cases.put("large values", JdbcSuite::largeValues);
    cases.put("console", JdbcSuite::console);
    cases.put("many threads", JdbcSuite::manyThreads);
    if (named.length > 0) cases.keySet().retainAll(List.of(named));
    int failed = 0;
    for (var one : cases.entrySet()) {
      try {
        one.getValue().run();
        System.out.println("ok " + one.getKey());
      } catch (Throwable trouble) {
        failed++;
        System.out.println("FAILED " + one.getKey() + ": " + trouble);
        trouble.printStackTrace(System.out);
      }
    }
    System.exit(failed == 0 ? 0 : 1);
  }
}
