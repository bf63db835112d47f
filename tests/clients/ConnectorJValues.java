// Values there and back, results and what brings several of them, by Connector/J: see
// ConnectorJSuite.java.
import java.io.*;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.*;
import java.time.*;
import java.util.*;
import org.mariadb.jdbc.MariaDbStatement;

class ConnectorJValues extends ConnectorJ {
  static final String COLUMNS = "id int primary key, tiny tinyint, small smallint unsigned, "
      + "middle mediumint, large bigint unsigned, least bigint, exact decimal(65, 30), "
      + "rough float, rougher double, one bit(1), many bit(64), day date, clock time(6), "
      + "moment datetime(6), stamp timestamp(3) null, years year, word char(10), "
      + "words varchar(200), raw varbinary(300), longs longtext, blobs longblob, "
      + "choice enum('a', 'ü'), several set('x', 'y'), doc json";
  static final String BYTES = HexFormat.of().formatHex(every(256));

  static byte[] every(int count) {
    byte[] all = new byte[count];
    for (int i = 0; i < count; i++) all[i] = (byte) i;
    return all;
  }

  static final List<Object[]> VALUES = List.of(
      new Object[] {1, -128, 65535, -8388608, new BigDecimal("18446744073709551615"),
          Long.MIN_VALUE, new BigDecimal("9".repeat(35) + "." + "9".repeat(30)), 1.5f, 1e300, true,
          every(8), LocalDate.of(9999, 12, 31), LocalTime.of(23, 59, 58, 999999000),
          LocalDateTime.of(9999, 12, 31, 23, 59, 59, 999999000),
          LocalDateTime.of(2038, 1, 19, 3, 14, 7, 123000000), 2155, "plätze",
          "雁 🪿 \\ ' \" % \n \0 \u001a", every(256), "lang ü ".repeat(20000), every(80000), "ü",
          "x,y", "{\"a\": [1, \"ü\"]}"},
      new Object[] {2, null, null, null, null, null, null, null, null, null, null, null, null, null,
          null, null, null, null, null, null, null, null, null, null},
      new Object[] {3, 0, 0, 0, 0, 0, new BigDecimal("-0.000000000000000000000000000001"), -0.5f,
          -1e-300, false, new byte[8], LocalDate.of(1000, 1, 1), LocalTime.of(0, 0, 1),
          LocalDateTime.of(1000, 1, 1, 0, 0), LocalDateTime.of(2000, 1, 1, 12, 0), 1901, "", "",
          new byte[0], "", new byte[0], "a", "", "[]"});

  static void allTypes() throws Exception {
    List<Object> seen = new ArrayList<>();
    for (String[] way : WAYS) {
      Object told = both(on -> {
        run(on, "drop table if exists types", "create table types (" + COLUMNS + ")");
        String sql = "insert into types values (?" + ", ?".repeat(23) + ")";
        // What the driver writes in binary MySQL 9 calls malformed, without Skein as with it.
        String port = on.getMetaData().getURL().replaceAll("^.*?:(\\d+)/.*$", "$1");
        try (Connection writes = MARIADB ? connect(port, way) : connect(port);
             PreparedStatement insert = writes.prepareStatement(sql)) {
          for (Object[] each : VALUES) {
            for (int i = 0; i < each.length; i++) insert.setObject(i + 1, each[i]);
            want(1, insert.executeUpdate());
          }
        }
        return typesBack(on);
      }, way);
      seen.add(told);
    }
    want(seen.get(0), seen.get(1));
    want(seen.get(1), seen.get(2));
  }

  // The values as they were; and as text, with what the driver is told of the columns.
  static Object typesBack(Connection on) throws Exception {
    List<Object> told = new ArrayList<>();
    try (PreparedStatement asked = on.prepareStatement("select * from types order by id");
         ResultSet rows = asked.executeQuery()) {
      ResultSetMetaData about = rows.getMetaData();
      for (int i = 1; i <= 24; i++)
        told.add(about.getColumnName(i) + " " + about.getColumnTypeName(i) + " "
                 + about.getColumnClassName(i) + " " + about.getPrecision(i) + " "
                 + about.getScale(i) + " " + about.isSigned(i) + " " + about.isNullable(i) + " "
                 + about.getTableName(i));
      for (Object[] each : VALUES) {
        rows.next();
        for (int i = 0; i < each.length; i++) {
          String name = about.getColumnName(i + 1);
          if (each[i] == null) {
            want(null, rows.getObject(i + 1));
            holds(rows.wasNull(), name);
          } else if (each[i] instanceof byte[] bytes) {
            holds(Arrays.equals(bytes, rows.getBytes(i + 1)), name);
          } else if (each[i] instanceof LocalDate || each[i] instanceof LocalTime
                     || each[i] instanceof LocalDateTime) {
            want(each[i], rows.getObject(i + 1, each[i].getClass()));
          } else if (each[i] instanceof BigDecimal exact) {
            want(0, exact.compareTo(rows.getBigDecimal(i + 1)));
          } else if (each[i] instanceof Float rough) {
            want(rough, rows.getFloat(i + 1));
          } else if (each[i] instanceof Double rougher) {
            want(rougher, rows.getDouble(i + 1));
          } else if (each[i] instanceof Boolean one) {
            want(one, rows.getBoolean(i + 1));
          } else if (name.equals("years")) {
            want(each[i].toString(), rows.getString(i + 1).substring(0, 4));
          } else {
            want(each[i].toString(), rows.getString(i + 1));
          }
        }
      }
      want(false, rows.next());
    }
    told.add(all(on.createStatement().executeQuery(
        "select hex(large), hex(many), hex(words), hex(raw), sha2(longs, 256), sha2(blobs, 256), clock, moment, "
        + "stamp, exact, hex(choice), several + 0 from types order by id")));
    holds(told.get(24).toString().contains(BYTES.toUpperCase()), told);
    return told;
  }

  // By which one walks back and forth, and writes.
  static void resultSets() throws Exception {
    for (String[] way : WAYS) {
      both(on -> {
        run(on, "drop table if exists t", "create table t (n int primary key, w varchar(20))");
        try (Statement asked = on.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE,
                                                  ResultSet.CONCUR_UPDATABLE)) {
          asked.execute("insert into t values (1, 'a'), (2, 'b'), (3, 'c')");
          ResultSet rows = asked.executeQuery("select n, w from t order by n");
          want(true, rows.last());
          rows.updateString("w", "changed");
          rows.updateRow();
          rows.absolute(2);
          rows.deleteRow();
          rows.moveToInsertRow();
          rows.updateInt(1, 9);
          rows.updateString(2, "new");
          rows.insertRow();
          rows.close();
        }
        Object told = rows(on, "select * from t order by n");
        want("[[1, a], [3, changed], [9, new]]", told.toString());
        return told;
      }, way);
    }
  }

  // Read from the socket as they are asked for; what is not read is passed over.
  static void streaming() throws Exception {
    try (Connection on = connect(SKEIN)) {
      run(on, "drop table if exists many", "create table many (n int primary key, w varchar(200))",
          "insert into many with recursive up as (select 1 as n union all select n + 1 from up "
          + "where n < 900) select n, repeat('w', n % 200) from up",
          "insert into many select n + 1000 * m, w from many, (select 1 as m union select 2 union "
          + "select 3 union select 4 union select 5 union select 6 union select 7 union select 8 "
          + "union select 9) as times");
    }
    for (String[] way : WAYS) {
      try (Connection on = connect(SKEIN, way);
           PreparedStatement asked = on.prepareStatement("select n, w from many order by n")) {
        for (int size : new int[] {1, 50, 5000}) {
          asked.setFetchSize(size);
          long sum = 0, length = 0;
          int count = 0;
          try (ResultSet rows = asked.executeQuery()) {
            while (rows.next()) {
              count++;
              sum += rows.getInt(1);
              length += rows.getString(2).length();
            }
          }
          want("9000 44554500 846500", count + " " + sum + " " + length);
          try (ResultSet early = asked.executeQuery()) {
            for (int n = 0; n < 3; n++) early.next();
            want(3, early.getInt(1));
          }
          want("9000", value(on, "select count(*) from many"));
          // Another statement while rows are still to come.
          ResultSet open = asked.executeQuery();
          open.next();
          want("1", value(on, "select 1"));
          count = 1;
          while (open.next()) count++;
          want(9000, count);
        }
      }
    }
  }

  static void largeValues() throws Exception {
    byte[] much = new byte[20 << 20];
    new Random(1).nextBytes(much);
    String text = "wörter ".repeat(17 << 17);
    for (String[] way : WAYS) {
      try (Connection on = connect(SKEIN, way)) {
        run(on, "drop table if exists much",
            "create table much (n int primary key auto_increment, b longblob, w longtext)");
        try (PreparedStatement insert = on.prepareStatement("insert into much (b, w) values (?, ?)")) {
          insert.setBytes(1, much);
          insert.setString(2, text);
          insert.executeUpdate();
          // In pieces of their own, where it is prepared.
          insert.setBinaryStream(1, new ByteArrayInputStream(much));
          insert.setCharacterStream(2, new StringReader(text));
          insert.executeUpdate();
          insert.setBinaryStream(1, new ByteArrayInputStream(new byte[0]));
          insert.setCharacterStream(2, null);
          insert.executeUpdate();
        }
        want("[[1, 20971520, 15597568], [2, 20971520, 15597568], [3, 0, null]]",
             rows(on, "select n, length(b), char_length(w) from much order by n").toString());
        try (PreparedStatement asked = on.prepareStatement("select b, w from much order by n")) {
          asked.setFetchSize(1);
          try (ResultSet rows = asked.executeQuery()) {
            for (int n = 0; n < 2; n++) {
              rows.next();
              holds(Arrays.equals(much, rows.getBytes(1)), "the bytes");
              holds(text.equals(rows.getString(2)), "the text");
            }
          }
        }
        String limit = refusal(() -> value(on, "select length(?)", "x".repeat(65 << 20)));
        holds(limit.contains("max_allowed_packet"), limit);
      }
    }
  }

  static void procedures() throws Exception {
    try (Connection on = connect(SKEIN)) {
      run(on, "drop procedure if exists gives", "drop procedure if exists counts",
          "drop function if exists adds",
          "create procedure gives(in a int, inout b int, out c varchar(40)) begin "
          + "select a as first; select b, 'gänse' union select 2, 'x'; set b = a + b; "
          + "set c = concat('of ', a); end",
          "create procedure counts(in most int, out done int) begin set done = 0; "
          + "while done < most do set done = done + 1; end while; end",
          "create function adds(a int, b int) returns int deterministic return a + b");
    }
    for (String[] way : WAYS) {
      Object told = both(on -> {
        List<Object> heard = new ArrayList<>();
        try (CallableStatement call = on.prepareCall("{call gives(?, ?, ?)}")) {
          for (int n = 1; n < 6; n++) {
            call.setInt(1, n);
            call.setInt(2, 10);
            call.registerOutParameter(2, Types.INTEGER);
            call.registerOutParameter(3, Types.VARCHAR);
            heard.add(results(call, call.execute()));
            want(n + 10, call.getInt(2));
            want("of " + n, call.getString(3));
          }
        }
        try (CallableStatement call = on.prepareCall("{call counts(?, ?)}")) {
          call.setInt(1, 30);
          call.registerOutParameter(2, Types.INTEGER);
          call.execute();
          want(30, call.getInt(2));
        }
        try (CallableStatement call = on.prepareCall("{? = call adds(?, ?)}")) {
          call.registerOutParameter(1, Types.INTEGER);
          call.setInt(2, 3);
          call.setInt(3, 4);
          call.execute();
          want(7, call.getInt(1));
        }
        heard.add(refusal(() -> on.prepareCall("{call nothing(1)}").execute()));
        return heard;
      }, way);
      holds(told.toString().startsWith("[[[[1]], [[10, gänse], [2, x]], "), told);
    }
  }

  static void loadData() throws Exception {
    StringBuilder lines = new StringBuilder();
    for (int n = 0; n < 100000; n++) lines.append(n).append("\twörd ").append(n).append('\n');
    byte[] bytes = lines.toString().getBytes(StandardCharsets.UTF_8);
    File file = File.createTempFile("lines", ".txt");
    try (FileOutputStream out = new FileOutputStream(file)) {
      out.write(bytes);
    }
    String words = "into table t character set utf8mb4 (n, w)";
    for (String compressed : List.of("false", "true")) {
      try (Connection on = connect(SKEIN, "allowLocalInfile", "true", "useCompression", compressed);
           Statement asked = on.createStatement()) {
        run(on, "drop table if exists t", "create table t (n int primary key, w varchar(20))");
        asked.unwrap(MariaDbStatement.class).setLocalInfileInputStream(
            new ByteArrayInputStream(bytes));
        want(100000, asked.executeUpdate("load data local infile 'none' " + words));
        want("100000 wörd 99999",
             value(on, "select concat(count(*), ' ', (select w from t where n = 99999)) from t"));
        want(0, asked.executeUpdate("load data local infile '" + file + "' ignore " + words));
        run(on, "truncate table t");
        want(100000, asked.executeUpdate("load data local infile '" + file + "' " + words));
        String absent = refusal(() -> asked.execute("load data local infile '/nowhere' " + words));
        holds(absent.contains("/nowhere"), absent);
        want("100000", value(on, "select count(*) from t"));
      }
    }
    want(true, file.delete());
    try (Connection on = connect(SKEIN, "allowLocalInfile", "false")) {
      String told = refusal(() -> run(on, "load data local infile '/etc/hostname' " + words));
      holds(!told.equals(""), told);
    }
  }

  // Prepared statements outlive a change of what they read.
  static void changingTables() throws Exception {
    for (String[] way : WAYS) {
      both(on -> {
        List<Object> told = new ArrayList<>();
        run(on, "drop table if exists t", "create table t (n int)", "insert into t values (1)");
        try (PreparedStatement asked = on.prepareStatement("select * from t where n = ?")) {
          for (String sql : List.of("do 1", "alter table t add w varchar(10) default 'x'",
                   "alter table t modify w varchar(20) default 'y'", "alter table t add key (n)",
                   "alter table t drop w", "truncate table t", "drop table t",
                   "create table t (n bigint, z date)", "insert into t values (1, '2020-01-01')")) {
            run(on, sql);
            asked.setInt(1, 1);
            told.add(refusal(() -> told.add(all(asked.executeQuery()))));
          }
        }
        // More than the driver keeps.
        for (int round = 0; round < 2; round++) {
          for (int n = 0; n < 300; n++) want("" + n, value(on, "select ? + " + n + " - " + n, n));
        }
        return told;
      }, join(way, "cachePrepStmts", "true", "prepStmtCacheSize", "20"));
    }
  }

  static void metadata() throws Exception {
    both(on -> {
      run(on, "drop table if exists lines_of", "drop table if exists known",
          "create table known (n int primary key auto_increment comment 'a number', w varchar(20) "
          + "default 'x', key of_w (w))",
          "create table lines_of (n int, constraint of_known foreign key (n) references known (n))");
      DatabaseMetaData about = on.getMetaData();
      List<Object> told = new ArrayList<>(List.of(about.getDatabaseProductName(),
          about.getDatabaseProductVersion(), all(about.getCatalogs()),
          all(about.getColumns("app", null, "known", "%")), all(about.getPrimaryKeys("app", null,
          "known")), all(about.getImportedKeys("app", null, "lines_of")), all(about.getIndexInfo(
          "app", null, "known", false, false)), all(about.getTables("app", null, "known", null)),
          all(about.getTypeInfo()), about.getMaxConnections()));
      run(on, "drop table lines_of", "drop table known");
      return told;
    });
  }
}
