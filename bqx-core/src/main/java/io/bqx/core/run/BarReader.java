package io.bqx.core.run;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.PartitionInfo;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.copy.CopyReader;
import io.bqx.core.rewrite.TableReads;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import io.bqx.features.Series;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Query;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/** Reads the series that stages are computed from: closes of bars and stored predictions. */
final class BarReader {

  private static final String CLOSE = "close";

  private final TableReads reads;
  private final String schema;

  BarReader(TableReads reads, String schema) {
    this.reads = reads;
    this.schema = schema;
  }

  /** The month of the pair's first bar; empty if the pair has no table or no bars. */
  Optional<YearMonth> firstMonth(CurrencyPair pair) {
    PairTable bars = PairTable.of(schema, TableFamily.M1, pair);
    return query(
        bars,
        dsl ->
            new PartitionCatalog(dsl, schema).oidOf(bars).isEmpty()
                ? Optional.empty()
                : Optional.ofNullable(
                        dsl.select(DSL.min(bars.time())).from(bars.table()).fetchOne().value1())
                    .map(YearMonth::from));
  }

  /** The partitions that a table has now. */
  List<PartitionInfo> partitionsOf(PairTable table) {
    return query(table, dsl -> new PartitionCatalog(dsl, schema).partitionsOf(table));
  }

  /**
   * The month from which bars must be read so that at least the given number of them precede a
   * month: the first month of the series if it has fewer.
   */
  Optional<YearMonth> monthOfLookback(CurrencyPair pair, YearMonth month, int rows) {
    PairTable bars = PairTable.of(schema, TableFamily.M1, pair);
    Field<LocalDateTime> time = bars.time();
    Optional<LocalDateTime> found =
        query(
            bars,
            dsl ->
                dsl.select(time)
                    .from(bars.table())
                    .where(time.lt(startOf(month)))
                    .orderBy(time.desc())
                    .offset(Math.max(0, rows - 1))
                    .limit(1)
                    .fetchOptional(time));
    return found.map(YearMonth::from);
  }

  /** The closes of the bars of the given months, both included. */
  Series closes(CurrencyPair pair, YearMonth from, YearMonth to) {
    PairTable bars = PairTable.of(schema, TableFamily.M1, pair);
    Series closes = read(bars, DSL.field(DSL.name(CLOSE), SQLDataType.DOUBLE), from, to);
    for (int row = 0; row < closes.rows(); row++) {
      if (!(closes.value(row) > 0) || Double.isInfinite(closes.value(row))) {
        throw new BqxException(
            String.format(
                Locale.ROOT,
                "Cannot compute features from %s: the bar of %s has the close %s, which is not a positive finite price. "
                    + "Import that bar again with --replace, then run again",
                bars.name(),
                closes.axis().instant(row),
                closes.value(row)));
      }
    }
    return closes;
  }

  /** A stored column of a computed table over the given months, both included. */
  Series stored(PairTable table, FeatureColumn column, YearMonth from, YearMonth to) {
    return read(table, DSL.field(DSL.name(column.name()), SQLDataType.DOUBLE), from, to);
  }

  private Series read(PairTable table, Field<Double> value, YearMonth from, YearMonth to) {
    Field<LocalDateTime> time = table.time();
    Query query =
        DSL.using(SQLDialect.POSTGRES)
            .select(time, value)
            .from(table.table())
            .where(time.ge(startOf(from)))
            .and(time.lt(startOf(to.plusMonths(1))))
            .orderBy(time);
    try {
      return reads.of(table, (connection, tx) -> CopyReader.series(connection, query));
    } catch (SQLException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot read %s of %s to %s: %s",
              table.name(),
              from,
              to,
              e.getMessage()),
          e);
    }
  }

  private <T> T query(PairTable table, Function<DSLContext, T> read) {
    try {
      return reads.of(table, (connection, tx) -> read.apply(tx));
    } catch (SQLException e) {
      throw new BqxException(
          String.format(Locale.ROOT, "Cannot read %s: %s", table.name(), e.getMessage()), e);
    }
  }

  private static LocalDateTime startOf(YearMonth month) {
    return month.atDay(1).atStartOfDay();
  }
}
