package io.bqx.examples;

import io.bqx.core.BqxException;
import io.bqx.core.copy.CopyReader;
import io.bqx.core.copy.CopyWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.impl.DSL;

/**
 * The fastest way to put the rows of finished partitions into fresh tables: binary COPY of bytes
 * that are in memory already, frozen, without an index. Reading the bytes is not measured.
 */
final class BareCopy {

  private static final int BLOCK = 1 << 19;

  private final Database database;
  private final int connections;

  BareCopy(Database database, int connections) {
    this.database = database;
    this.connections = connections;
  }

  /**
   * Where rows to be copied come from.
   *
   * @param name what the table that they are copied into is named after
   * @param rows a table or a view
   */
  record Source(String name, Table<?> rows, Field<LocalDateTime> time) {}

  /**
   * Copies the rows of the given sources, as many at a time as there are connections. What was
   * copied stays until the end, as it does where rows are wanted, so that the server finds as much
   * room in its memory and on its disk as in the job that is compared with this.
   */
  Measured run(List<Source> sources) throws SQLException, InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(connections);
    long rows = 0;
    long bytes = 0;
    Usage usage = Usage.NONE;
    try {
      for (int from = 0; from < sources.size(); from += connections) {
        List<Copy> copies = new ArrayList<>();
        for (Source source : sources.subList(from, Math.min(sources.size(), from + connections))) {
          copies.add(read(source));
        }
        try (UsageMeter meter = UsageMeter.start(database)) {
          for (Future<Long> copied : threads.invokeAll(copies)) {
            rows += get(copied);
          }
          usage = usage.plus(meter.read());
        }
        bytes += copies.stream().mapToLong(Copy::bytes).sum();
      }
    } finally {
      threads.shutdownNow();
    }
    for (Source source : sources) {
      drop(source);
    }
    return new Measured(rows, bytes, usage);
  }

  private Table<?> target(Source source) {
    return DSL.table(DSL.name(database.schema(), "bare_" + source.name()));
  }

  private void drop(Source source) throws SQLException {
    try (Connection connection = database.dataSource().getConnection()) {
      DSL.using(connection, SQLDialect.POSTGRES).dropTableIfExists(target(source)).execute();
    }
  }

  private static long get(Future<Long> copied) throws InterruptedException {
    try {
      return copied.get();
    } catch (ExecutionException e) {
      throw new BqxException("The bare COPY failed: " + e.getCause().getMessage(), e.getCause());
    }
  }

  private Copy read(Source source) throws SQLException {
    List<byte[]> blocks = new ArrayList<>();
    byte[] block = new byte[BLOCK];
    int length = 0;
    List<Field<?>> columns = columns(source);
    try (Connection connection = database.dataSource().getConnection();
        CopyReader rows =
            CopyReader.open(
                connection, DSL.select(columns).from(source.rows()).orderBy(source.time()))) {
      while (rows.next()) {
        if (length + rows.rowLength() > BLOCK) {
          blocks.add(Arrays.copyOf(block, length));
          length = 0;
        }
        System.arraycopy(
            rows.bytes(), rows.start(0) - Short.BYTES, block, length, rows.rowLength());
        length += rows.rowLength();
      }
    }
    blocks.add(Arrays.copyOf(block, length));
    return new Copy(source, columns, blocks);
  }

  private List<Field<?>> columns(Source source) throws SQLException {
    try (Connection connection = database.dataSource().getConnection()) {
      DSLContext dsl = DSL.using(connection, SQLDialect.POSTGRES);
      return Arrays.asList(
          dsl.select(DSL.asterisk()).from(source.rows()).limit(0).fetch().fields());
    }
  }

  /** The rows of one pair, to be copied into a table of their own. */
  private final class Copy implements Callable<Long> {

    private final Source source;
    private final List<Field<?>> columns;
    private final List<byte[]> blocks;
    private final Table<?> target;

    Copy(Source source, List<Field<?>> columns, List<byte[]> blocks) {
      this.source = source;
      this.columns = columns;
      this.blocks = blocks;
      this.target = target(source);
    }

    long bytes() {
      return blocks.stream().mapToLong(block -> block.length).sum();
    }

    @Override
    public Long call() throws SQLException {
      try (Connection connection = database.dataSource().getConnection()) {
        connection.setAutoCommit(false);
        DSL.using(connection, SQLDialect.POSTGRES)
            .query("create table {0} (like {1})", target, source.rows())
            .execute();
        try (CopyWriter writer = CopyWriter.open(connection, target, columns, true)) {
          for (byte[] block : blocks) {
            writer.write(block, 0, block.length);
          }
          long rows = writer.finish();
          connection.commit();
          return rows;
        }
      }
    }
  }
}
