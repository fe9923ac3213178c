package io.bqx.core.ingest;

import static org.jooq.impl.DSL.count;
import static org.jooq.impl.DSL.function;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.notExists;
import static org.jooq.impl.DSL.or;
import static org.jooq.impl.DSL.selectOne;
import static org.jooq.impl.DSL.table;
import static org.jooq.impl.DSL.val;
import static org.jooq.impl.SQLDataType.VARCHAR;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.DurableCommit;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.copy.CopyWriter;
import io.bqx.core.copy.RowEncoder;
import io.bqx.features.Bars;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import javax.sql.DataSource;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Name;
import org.jooq.Record;
import org.jooq.Record2;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;

/** Loads the bars of one file in one transaction: all of them, or none. */
final class BarLoader {

  private static final int BLOCK = 1 << 18;
  private static final int CONFLICTS_SHOWN = 5;

  /** duplicate_schema, and unique_violation where both sessions created it in the same moment. */
  private static final Set<String> CREATED_BY_ANOTHER = Set.of("42P06", "23505");

  private static final Name NO_OWNER = name(new String[0]);
  private static final Name INCOMING = name("pg_temp", "bqx_incoming_bars");
  private static final Name NEW = name("incoming");
  private static final Name OLD = name("stored");

  private final DataSource dataSource;
  private final String schema;
  private final boolean replace;
  private final Duration lockTimeout;

  BarLoader(DataSource dataSource, String schema, boolean replace, Duration lockTimeout) {
    this.dataSource = dataSource;
    this.schema = schema;
    this.replace = replace;
    this.lockTimeout = lockTimeout;
  }

  /** What became of the bars of a file. */
  record Counts(int inserted, int replaced, int unchanged) {}

  /** One transaction's work. */
  private interface Work<T> {
    T on(Connection connection, DSLContext sql) throws SQLException;
  }

  /** Creates the schema if it does not exist. */
  void ensureSchema() {
    try {
      inTransaction(
          "prepare schema " + schema,
          (connection, sql) -> {
            new BarTables(sql).ensureSchema(schema);
            return schema;
          });
    } catch (BarLoadException e) {
      if (e.sqlState().filter(CREATED_BY_ANOTHER::contains).isEmpty()) {
        throw e;
      }
    }
  }

  /**
   * Loads bars.
   *
   * @throws BarConflictException if stored bars differ and are not to be replaced
   * @throws BarLoadException if the database refuses
   */
  Counts load(Path file, Bars bars) {
    PairTable target = PairTable.of(schema, TableFamily.M1, bars.pair());
    return inTransaction(
        String.format(Locale.ROOT, "load the bars of %s into %s", file, target),
        (connection, sql) -> load(connection, sql, file, bars, target));
  }

  private Counts load(Connection connection, DSLContext sql, Path file, Bars bars, PairTable target)
      throws SQLException {
    BarTables tables = new BarTables(sql);
    tables.lock(target);
    boolean created = tables.ensureTable(target);
    sql.createTemporaryTable(INCOMING.last())
        .columns(BarColumns.all(NO_OWNER))
        .onCommitDrop()
        .execute();
    copy(connection, bars);
    sql.execute("analyze {0}", INCOMING);

    Record2<Integer, Integer> overlap = created ? null : overlap(sql, bars, target);
    int stored = overlap == null ? 0 : overlap.value1();
    int different = overlap == null ? 0 : overlap.value2();
    if (different > 0) {
      if (!replace) {
        throw new BarConflictException(file, target, conflicts(sql, bars, target), different);
      }
      replace(sql, bars, target, different);
    }
    int fresh = bars.rows() - stored;
    if (fresh > 0) {
      tables.ensurePartitions(target, months(bars), created);
      insert(sql, bars, target, fresh, stored == 0);
    }
    return new Counts(fresh, different, stored - different);
  }

  private void copy(Connection connection, Bars bars) throws SQLException {
    RowEncoder encoder = new RowEncoder(BLOCK + 256);
    try (CopyWriter writer =
        CopyWriter.open(connection, table(INCOMING), BarColumns.all(NO_OWNER), false)) {
      for (int bar = 0; bar < bars.rows(); bar++) {
        encoder.beginRow(6);
        encoder.timestamp(bars.axis().epochMicros(bar));
        encoder.float8(bars.open(bar));
        encoder.float8(bars.high(bar));
        encoder.float8(bars.low(bar));
        encoder.float8(bars.close(bar));
        encoder.float8(bars.volume(bar));
        if (encoder.length() >= BLOCK) {
          writer.write(encoder.array(), 0, encoder.length());
          encoder.clear();
        }
      }
      writer.write(encoder.array(), 0, encoder.length());
      long received = writer.finish();
      if (received != bars.rows()) {
        throw new BqxException(
            String.format(Locale.ROOT, "The server received %d of %d bars", received, bars.rows()));
      }
    }
  }

  /**
   * How many of the incoming bars have a stored bar of the same time, and how many of those differ.
   */
  private Record2<Integer, Integer> overlap(DSLContext sql, Bars bars, PairTable target) {
    return sql.select(count(), count().filterWhere(differs()))
        .from(incoming())
        .join(target.table().as(OLD))
        .on(sameTime(bars))
        .fetchSingle();
  }

  private List<BarConflictException.Conflict> conflicts(
      DSLContext sql, Bars bars, PairTable target) {
    List<Field<?>> columns = new ArrayList<>(List.of(BarColumns.time(NEW)));
    columns.addAll(BarColumns.values(OLD));
    columns.addAll(BarColumns.values(NEW));
    return sql.select(columns)
        .from(incoming())
        .join(target.table().as(OLD))
        .on(sameTime(bars))
        .where(differs())
        .orderBy(BarColumns.time(NEW))
        .limit(CONFLICTS_SHOWN)
        .fetch(
            found ->
                new BarConflictException.Conflict(
                    found.get(0, LocalDateTime.class).toInstant(ZoneOffset.UTC),
                    describe(found, 1),
                    describe(found, 6)));
  }

  private static String describe(Record bar, int firstValue) {
    StringBuilder text = new StringBuilder();
    for (int value = 0; value < BarColumns.VALUES.size(); value++) {
      text.append(value == 0 ? "" : ", ")
          .append(BarColumns.VALUES.get(value))
          .append(' ')
          .append(bar.get(firstValue + value));
    }
    return text.toString();
  }

  private void replace(DSLContext sql, Bars bars, PairTable target, int expected) {
    Map<Field<?>, Field<?>> values = new HashMap<>();
    List<Field<Double>> newValues = BarColumns.values(NEW);
    for (int value = 0; value < BarColumns.VALUES.size(); value++) {
      values.put(BarColumns.values(OLD).get(value), newValues.get(value));
    }
    requireRows(
        "replace",
        expected,
        sql.update(target.table().as(OLD))
            .set(values)
            .from(incoming())
            .where(sameTime(bars))
            .and(differs())
            .execute());
  }

  private void insert(
      DSLContext sql, Bars bars, PairTable target, int expected, boolean nothingStored) {
    Condition isNew =
        nothingStored
            ? DSL.trueCondition()
            : notExists(selectOne().from(target.table().as(OLD)).where(sameTime(bars)));
    requireRows(
        "insert",
        expected,
        sql.insertInto(target.table())
            .columns(BarColumns.all(NO_OWNER))
            .select(sql.select(BarColumns.all(NEW)).from(incoming()).where(isNew))
            .execute());
  }

  private static void requireRows(String what, int expected, int actual) {
    if (actual != expected) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Expected to %s %d bars, but the server counted %d; another session writes to the table",
              what,
              expected,
              actual));
    }
  }

  private static Table<Record> incoming() {
    return table(INCOMING).as(NEW);
  }

  /**
   * The same time, within the file's range: constants let the server look at no other partition.
   */
  private static Condition sameTime(Bars bars) {
    return BarColumns.time(OLD)
        .eq(BarColumns.time(NEW))
        .and(BarColumns.time(OLD).between(timeOf(bars, 0), timeOf(bars, bars.rows() - 1)));
  }

  private static Condition differs() {
    List<Field<Double>> stored = BarColumns.values(OLD);
    List<Field<Double>> offered = BarColumns.values(NEW);
    List<Condition> any = new ArrayList<>();
    for (int value = 0; value < stored.size(); value++) {
      any.add(stored.get(value).isDistinctFrom(offered.get(value)));
    }
    return or(any);
  }

  private static LocalDateTime timeOf(Bars bars, int bar) {
    return LocalDateTime.ofInstant(bars.axis().instant(bar), ZoneOffset.UTC);
  }

  private static SortedSet<YearMonth> months(Bars bars) {
    SortedSet<YearMonth> months = new TreeSet<>();
    YearMonth month = YearMonth.from(timeOf(bars, 0));
    months.add(month);
    long monthEnd = microsAtStartOf(month.plusMonths(1));
    for (int bar = 0; bar < bars.rows(); bar++) {
      if (bars.axis().epochMicros(bar) >= monthEnd) {
        month = YearMonth.from(timeOf(bars, bar));
        months.add(month);
        monthEnd = microsAtStartOf(month.plusMonths(1));
      }
    }
    return months;
  }

  private static long microsAtStartOf(YearMonth month) {
    return month.atDay(1).atStartOfDay().toEpochSecond(ZoneOffset.UTC) * 1_000_000;
  }

  private <T> T inTransaction(String attempt, Work<T> work) {
    try (Connection connection = dataSource.getConnection()) {
      boolean autoCommit = connection.getAutoCommit();
      connection.setAutoCommit(false);
      try {
        DSLContext sql = DSL.using(connection, SQLDialect.POSTGRES);
        sql.execute("set transaction isolation level read committed");
        setLocal(sql, "lock_timeout", lockTimeout.toMillis() + "ms");
        setLocal(sql, "statement_timeout", "0");
        sql.select(DurableCommit.required()).fetch();
        T result = work.on(connection, sql);
        connection.commit();
        return result;
      } catch (SQLException | RuntimeException | Error e) {
        rollback(connection, e);
        throw e;
      } finally {
        if (!connection.isClosed()) {
          connection.setAutoCommit(autoCommit);
        }
      }
    } catch (SQLException e) {
      throw new BarLoadException(attempt, e);
    } catch (DataAccessException e) {
      SQLException cause = e.getCause(SQLException.class);
      throw cause == null ? e : new BarLoadException(attempt, cause);
    }
  }

  private static void rollback(Connection connection, Throwable failure) {
    try {
      if (!connection.isClosed()) {
        connection.rollback();
      }
    } catch (SQLException e) {
      failure.addSuppressed(e);
    }
  }

  private static void setLocal(DSLContext sql, String setting, String value) {
    sql.select(
            function(
                name("pg_catalog", "set_config"), VARCHAR, val(setting), val(value), inline(true)))
        .fetch();
  }
}
