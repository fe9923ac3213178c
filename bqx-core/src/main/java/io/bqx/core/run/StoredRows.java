package io.bqx.core.run;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.Partition;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.PartitionInfo;
import io.bqx.core.copy.CopyReader;
import io.bqx.core.rewrite.TableReads;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureFrame;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Name;
import org.jooq.Query;
import org.jooq.Record3;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/**
 * Tells whether a partition still holds the rows that a run of bqx put there, so that computing
 * them again gives the same bytes as reading them, which takes the server ten times as long as to
 * look at them like this.
 */
final class StoredRows {

  private static final int SAMPLE = 16;
  private static final Name PAGES = DSL.name("p");
  private static final Name FIRST = DSL.name("f");

  private final TableReads reads;
  private final Partition partition;

  StoredRows(TableReads reads, Partition partition) {
    this.reads = reads;
    this.partition = partition;
  }

  /**
   * Whether the rows are as they were loaded: as many as given, all of one transaction, in the file
   * that the table began with, and a sample of them equal to the recomputation in every bit.
   *
   * @param times the times of the rows, ascending
   * @param frames the recomputed columns; together all that are to be kept
   */
  boolean equal(long[] times, List<FeatureFrame> frames) {
    try {
      return reads.of(
          partition.parent(),
          (connection, tx) -> {
            Optional<PartitionInfo> info =
                new PartitionCatalog(tx, partition.parent().schema()).partition(partition);
            return times.length > 0
                && info.isPresent()
                && isAsLoaded(tx, info.get(), times.length)
                && sampleIsEqual(connection, times, frames);
          });
    } catch (SQLException e) {
      throw new BqxException(
          String.format(Locale.ROOT, "Cannot look at %s: %s", partition.name(), e.getMessage()), e);
    }
  }

  /**
   * An update makes new rows of its transaction, a rewrite of the table a new file. The system
   * columns are those of the partition's own file, not of the parent.
   */
  private static boolean isAsLoaded(DSLContext dsl, PartitionInfo info, int rows) {
    Table<?> stored = DSL.table(DSL.name(info.schema(), info.name()));
    Field<Object> transaction = DSL.field(PAGES.append("xmin"));
    Field<Object> firstTransaction = DSL.field(FIRST.append("xmin"));
    Table<?> first = DSL.select(DSL.field(DSL.name("xmin"))).from(stored).limit(1).asTable(FIRST);
    Record3<Integer, Integer, Boolean> found =
        dsl.select(
                DSL.count(),
                DSL.count().filterWhere(transaction.ne(firstTransaction)),
                DSL.field(
                    DSL.exists(
                        DSL.selectOne()
                            .from(DSL.table(DSL.name("pg_catalog", "pg_class")).as("c"))
                            .where(
                                DSL.field(DSL.name("c", "oid"), SQLDataType.BIGINT).eq(info.oid()),
                                DSL.field(DSL.name("c", "oid"), SQLDataType.BIGINT)
                                    .eq(
                                        DSL.field(
                                            DSL.name("c", "relfilenode"), SQLDataType.BIGINT))))))
            .from(stored.as(PAGES))
            .crossJoin(first)
            .fetchSingle();
    return found.value1() == rows && found.value2() == 0 && found.value3();
  }

  private boolean sampleIsEqual(Connection connection, long[] times, List<FeatureFrame> frames)
      throws SQLException {
    List<FeatureColumn> columns = new ArrayList<>();
    frames.forEach(frame -> columns.addAll(frame.columns()));
    List<Field<?>> fields = new ArrayList<>(List.of(partition.parent().time()));
    columns.forEach(column -> fields.add(partition.parent().field(column)));
    List<Long> chosen = sampleOf(times);
    Query sample =
        DSL.using(SQLDialect.POSTGRES)
            .select(fields)
            .from(partition.parent().table())
            .where(
                partition
                    .parent()
                    .time()
                    .in(chosen.stream().map(StoredRows::timestamp).map(DSL::inline).toList()))
            .orderBy(partition.parent().time());
    int found = 0;
    boolean equal = true;
    try (CopyReader rows = CopyReader.open(connection, sample)) {
      while (rows.next()) {
        equal &= isEqual(rows, frames);
        found++;
      }
    }
    return equal && found == chosen.size();
  }

  /** The last row, which has the fewest missing values, and others at even distances. */
  private static List<Long> sampleOf(long[] times) {
    List<Long> chosen = new ArrayList<>();
    int count = Math.min(SAMPLE, times.length);
    for (int i = 1; i <= count; i++) {
      chosen.add(times[(int) ((long) times.length * i / count) - 1]);
    }
    return chosen;
  }

  private static LocalDateTime timestamp(long epochMicros) {
    return LocalDateTime.ofEpochSecond(0, 0, ZoneOffset.UTC).plus(epochMicros, ChronoUnit.MICROS);
  }

  private static boolean isEqual(CopyReader row, List<FeatureFrame> frames) {
    int field = 1;
    for (FeatureFrame frame : frames) {
      int at = frame.axis().indexOf(row.epochMicros(0));
      for (int c = 0; c < frame.columns().size(); c++) {
        double stored =
            switch (frame.columns().get(c).type()) {
              case BOOLEAN -> row.bool(field);
              case SMALLINT -> row.int2(field);
              default -> row.float8(field);
            };
        if (at < 0
            || Double.doubleToLongBits(stored) != Double.doubleToLongBits(frame.value(c, at))) {
          return false;
        }
        field++;
      }
    }
    return true;
  }
}
