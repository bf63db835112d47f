// How the cases of MariaDB Connector/J reach Skein and the server itself, and compare what they
// say: see ConnectorJSuite.java.
import java.sql.*;
import java.util.*;

class ConnectorJ {
  static final String SKEIN = System.getenv("SKEIN_PORT"), SERVER = System.getenv("SERVER_PORT");
  static final boolean MARIADB = "mariadb".equals(System.getenv("ENGINE"));
  static final boolean DIRECT = SKEIN.equals(SERVER);
  // The words in which every case is played that has to do with statements: as text, and prepared
  // at the server, whose answers are binary.
  static final List<String[]> WAYS = List.of(
      new String[] {"useServerPrepStmts", "false"}, new String[] {"useServerPrepStmts", "true"},
      new String[] {"useServerPrepStmts", "true", "useCompression", "true"});

  interface Case { void run() throws Exception; }
  interface Ask { Object of(Connection on) throws Exception; }

  static Properties words(String... more) {
    Properties how = new Properties();
    how.setProperty("user", "app");
    how.setProperty("password", "app-secret");
    how.setProperty("allowPublicKeyRetrieval", "true");  // for MySQL's logins without TLS
    how.setProperty("connectTimeout", "20000");
    how.setProperty("socketTimeout", "60000");
    for (int i = 0; i < more.length; i += 2) how.setProperty(more[i], more[i + 1]);
    return how;
  }

  static Connection connect(String port, String... more) throws SQLException {
    Properties how = words(more);
    String database = (String) Objects.requireNonNullElse(how.remove("db"), "app");
    return DriverManager.getConnection("jdbc:mariadb://127.0.0.1:" + port + "/" + database, how);
  }

  static String[] join(String[] some, String... more) {
    String[] all = Arrays.copyOf(some, some.length + more.length);
    System.arraycopy(more, 0, all, some.length, more.length);
    return all;
  }

  static void want(Object wanted, Object got) {
    if (!Objects.deepEquals(wanted, got))
      throw new AssertionError("wanted " + shown(wanted) + ", got " + shown(got));
  }

  static void holds(boolean condition, Object told) {
    if (!condition) throw new AssertionError("told " + shown(told));
  }

  static String shown(Object one) {
    return one instanceof byte[] bytes ? bytes.length + " bytes" : String.valueOf(one);
  }

  /** Number, SQLSTATE and text of the error that it ends with. */
  static String refusal(Case asked) throws Exception {
    try {
      asked.run();
    } catch (SQLException refused) {
      // The driver names its connection's number there.
      return refused.getErrorCode() + " " + refused.getSQLState() + " "
          + refused.getMessage().replaceAll("\\(conn=-?\\d+\\) ", "");
    }
    return "";
  }

  static List<List<Object>> all(ResultSet rows) throws SQLException {
    List<List<Object>> found = new ArrayList<>();
    int columns = rows.getMetaData().getColumnCount();
    while (rows.next()) {
      List<Object> line = new ArrayList<>();
      for (int i = 1; i <= columns; i++) {
        Object one = rows.getObject(i);
        line.add(one instanceof byte[] bytes ? HexFormat.of().formatHex(bytes)
                 : one instanceof Blob blob
                     ? HexFormat.of().formatHex(blob.getBytes(1, (int) blob.length())) : one);
      }
      found.add(line);
    }
    rows.close();
    return found;
  }

  static List<List<Object>> rows(Connection on, String sql, Object... parameters)
      throws SQLException {
    try (PreparedStatement asked = on.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) asked.setObject(i + 1, parameters[i]);
      return all(asked.executeQuery());
    }
  }

  static String value(Connection on, String sql, Object... parameters) throws SQLException {
    List<List<Object>> found = rows(on, sql, parameters);
    return found.isEmpty() || found.get(0).get(0) == null ? null
                                                          : found.get(0).get(0).toString();
  }

  /** What another's session is to see: a follower may show it a moment later. */
  static void soon(String wanted, Connection on, String sql, Object... parameters)
      throws Exception {
    long end = System.nanoTime() + 20_000_000_000L;
    while (!wanted.equals(value(on, sql, parameters)) && System.nanoTime() < end) Thread.sleep(5);
    want(wanted, value(on, sql, parameters));
  }

  static void run(Connection on, String... statements) throws SQLException {
    try (Statement asked = on.createStatement()) {
      for (String sql : statements) asked.execute(sql);
    }
  }

  /** What all of its results are: rows, or how many were changed. */
  static List<Object> results(Statement asked, boolean withRows) throws SQLException {
    List<Object> told = new ArrayList<>();
    for (;;) {
      if (withRows) told.add(all(asked.getResultSet()));
      else if (asked.getUpdateCount() == -1) return told;
      else told.add(asked.getUpdateCount());
      withRows = asked.getMoreResults();
    }
  }

  /** What it gives, through Skein as at the server itself. */
  static Object both(Ask ask, String... more) throws Exception {
    Object direct;
    try (Connection on = connect(SERVER, more)) {
      direct = ask.of(on);
    }
    try (Connection on = connect(SKEIN, more)) {
      want(direct, ask.of(on));
    }
    return direct;
  }

  /** Until it is known what was defined last, all is the leader's. */
  static void waitUntilFollowersServe(String sql) throws Exception {
    long limit = System.nanoTime() + 15_000_000_000L;
    while (!DIRECT && System.nanoTime() < limit) {
      try (Connection console = connect(SKEIN, "db", "skein"); Statement asked =
               console.createStatement()) {
        if (all(asked.executeQuery("explain route database app " + sql)).toString()
                .contains("to follower")) return;
      }
      try (Connection on = connect(SKEIN)) {
        rows(on, sql);
      }
      Thread.sleep(100);
    }
  }

  /** Plays all cases, or those that are named; ends with what the exit code tells. */
  static void play(Map<String, Case> cases, String[] named) {
    if (named.length > 0) cases.keySet().retainAll(List.of(named));
    int failed = 0;
    for (var one : cases.entrySet()) {
      long start = System.nanoTime();
      try {
        one.getValue().run();
        System.out.println("ok " + one.getKey() + ", "
                           + (System.nanoTime() - start) / 1_000_000 + " ms");
      } catch (Throwable trouble) {
        failed++;
        System.out.println("FAILED " + one.getKey() + ": " + trouble);
        trouble.printStackTrace(System.out);
      }
    }
    System.exit(failed == 0 ? 0 : 1);
  }
}
