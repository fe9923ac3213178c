package io.bqx.core.doctor;

import static io.bqx.core.doctor.SystemViews.call;
import static io.bqx.core.doctor.SystemViews.text;
import static io.bqx.core.doctor.SystemViews.view;

import io.bqx.core.copy.CopyWriter;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureSchema;
import io.bqx.features.Universe;
import io.bqx.features.Windows;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/**
 * Times a COPY of rows as wide as the job's, over one connection and over as many as there are
 * workers. Each goes into a table that is made in the same transaction, as the job does it, and
 * that transaction is rolled back: nothing is left, whatever happens.
 */
final class Probe {

  private static final int ROWS = 4_000;
  private static final int BLOCK_ROWS = 100;

  /** A second connection must be worth at least this much. */
  private static final double WORTHWHILE = 1.2;

  private final DataSource dataSource;
  private final String schema;
  private final int workers;
  private final List<Field<?>> columns = new ArrayList<>();
  private final byte[] block;

  Probe(DataSource dataSource, String schema, int workers) {
    this.dataSource = dataSource;
    this.schema = schema;
    this.workers = workers;
    for (FeatureColumn column :
        FeatureSchema.tier1(Universe.g8(), Windows.ofDefaults()).columns()) {
      columns.add(
          columns.isEmpty()
              ? DSL.field(DSL.name(column.name()), SQLDataType.LOCALDATETIME)
              : DSL.field(DSL.name(column.name()), SQLDataType.DOUBLE));
    }
    this.block = block(columns.size());
  }

  private static byte[] block(int columns) {
    ByteBuffer rows = ByteBuffer.allocate(BLOCK_ROWS * (2 + columns * 12));
    Random random = new Random(1);
    for (int row = 0; row < BLOCK_ROWS; row++) {
      rows.putShort((short) columns);
      rows.putInt(Long.BYTES).putLong(row * 60_000_000L);
      for (int column = 1; column < columns; column++) {
        rows.putInt(Double.BYTES).putDouble(random.nextGaussian());
      }
    }
    return rows.array();
  }

  /** What the COPY took. */
  record Speed(long bytes, Duration elapsed) {

    double perSecond() {
      return bytes / (elapsed.toNanos() / 1e9);
    }
  }

  List<Finding> run() throws SQLException, InterruptedException {
    copy(1);
    long walBefore = walPosition();
    Speed alone = copy(1);
    long wal = walPosition() - walBefore;
    return List.of(
        judge(alone, workers == 1 ? alone : copy(workers), workers, (double) wal / alone.bytes()));
  }

  /** Judges the speed over one connection and over several. */
  static Finding judge(Speed alone, Speed together, int connections, double walPerByte) {
    double gain = together.perSecond() / alone.perSecond();
    String found =
        String.format(
            Locale.ROOT,
            "%s/s over 1 connection%s; %.2f bytes of WAL for each byte sent",
            Amounts.bytes((long) alone.perSecond()),
            connections == 1
                ? ""
                : String.format(
                    Locale.ROOT,
                    ", %s/s over %d",
                    Amounts.bytes((long) together.perSecond()),
                    connections),
            walPerByte);
    String why =
        "The job sends 5.2 kB for each bar; this is the most that server, disk and network take of such rows, for a few"
            + " seconds and before any checkpoint";
    return connections > 1 && gain < WORTHWHILE
        ? Finding.advice(
            "copy speed",
            found,
            why,
            "More workers do not help this server: run with --workers "
                + Math.max(1, connections / 2)
                + ", or give the server more processors or a faster disk")
        : Finding.ok("copy speed", found, why);
  }

  private long walPosition() throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      return DSL.using(connection, SQLDialect.POSTGRES)
          .select(
              call(
                      "pg_wal_lsn_diff",
                      Object.class,
                      call("pg_current_wal_insert_lsn", Object.class),
                      DSL.inline("0/0"))
                  .cast(Long.class))
          .fetchSingle()
          .value1();
    }
  }

  private Speed copy(int connections) throws SQLException, InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(connections);
    try {
      List<Callable<Long>> copies = new ArrayList<>();
      for (int i = 0; i < connections; i++) {
        copies.add(this::copy);
      }
      long started = System.nanoTime();
      long bytes = 0;
      for (Future<Long> copied : threads.invokeAll(copies)) {
        bytes += get(copied);
      }
      return new Speed(bytes, Duration.ofNanos(System.nanoTime() - started));
    } finally {
      threads.shutdownNow();
    }
  }

  private static long get(Future<Long> copied) throws SQLException, InterruptedException {
    try {
      return copied.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SQLException cause) {
        throw cause;
      }
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private long copy() throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      try {
        Table<?> table = createTable(DSL.using(connection, SQLDialect.POSTGRES));
        try (CopyWriter writer = CopyWriter.open(connection, table, columns, true)) {
          for (int rows = 0; rows < ROWS; rows += BLOCK_ROWS) {
            writer.write(block, 0, block.length);
          }
          writer.finish();
        }
      } finally {
        if (!connection.isClosed()) {
          connection.rollback();
          connection.setAutoCommit(true);
        }
      }
      return (long) ROWS / BLOCK_ROWS * block.length;
    }
  }

  /** In the job's schema, or, if that does not exist yet, in one that is rolled back as well. */
  private Table<?> createTable(DSLContext tx) {
    String name = "bqx_probe_" + UUID.randomUUID().toString().replace("-", "");
    boolean exists =
        tx.fetchExists(view("pg_namespace", "n"), text("n", "nspname").eq(DSL.inline(schema)));
    String place = exists ? schema : name;
    if (!exists) {
      tx.createSchema(DSL.name(place)).execute();
    }
    Table<?> table = DSL.table(DSL.name(place, name));
    tx.createTable(table).columns(columns).execute();
    return table;
  }
}
