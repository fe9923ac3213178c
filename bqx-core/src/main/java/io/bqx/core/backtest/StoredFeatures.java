package io.bqx.core.backtest;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.FeatureView;
import io.bqx.core.catalog.Layout;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.PartitionedTable;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.copy.CopyReader;
import io.bqx.core.evaluation.FeatureRows;
import io.bqx.core.rewrite.TableReads;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureType;
import io.bqx.features.RateIndex;
import io.bqx.features.Series;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jooq.Field;
import org.jooq.Query;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/** Features and rate indices of some months of a schema. */
final class StoredFeatures implements FeatureRows {

  private static final LocalDateTime EPOCH = LocalDateTime.ofEpochSecond(0, 0, ZoneOffset.UTC);

  private final TableReads reads;
  private final String schema;
  private final Layout layout;
  private final List<FeatureColumn> columns;
  private final LocalDateTime from;
  private final LocalDateTime to;

  StoredFeatures(
      TableReads reads,
      String schema,
      Layout layout,
      List<FeatureColumn> columns,
      YearMonth from,
      YearMonth to) {
    this.reads = reads;
    this.schema = schema;
    this.layout = layout;
    this.columns = List.copyOf(columns);
    this.from = from.atDay(1).atStartOfDay();
    this.to = to.plusMonths(1).atDay(1).atStartOfDay();
  }

  @Override
  public List<FeatureColumn> columns() {
    return columns;
  }

  /** Whether the pair has tables of rate index and features. */
  boolean exist(CurrencyPair pair) {
    PairTable features = PairTable.of(schema, TableFamily.REG_BQX, pair);
    PairTable index = PairTable.of(schema, TableFamily.BQX, pair);
    return reading(
        features,
        (connection, tx) -> {
          PartitionCatalog catalog = new PartitionCatalog(tx, schema);
          return catalog.oidOf(features).isPresent() && catalog.oidOf(index).isPresent();
        });
  }

  /** The rate index of the pair. */
  Series rateIndex(CurrencyPair pair) {
    PairTable table = PairTable.of(schema, TableFamily.BQX, pair);
    Field<?> index = DSL.field(DSL.name(RateIndex.COLUMN), SQLDataType.DOUBLE);
    Query query = query(table.table(), table.time(), List.of(index), from, to);
    return reading(table, (connection, tx) -> CopyReader.series(connection, query));
  }

  @Override
  public void read(CurrencyPair pair, long earliest, long end, RowConsumer consumer) {
    PairTable table = PairTable.of(schema, TableFamily.REG_BQX, pair);
    Query query = features(pair, later(from, earliest), earlier(to, end));
    FeatureType[] types = columns.stream().map(FeatureColumn::type).toArray(FeatureType[]::new);
    reading(
        table,
        (connection, tx) -> {
          double[] values = new double[types.length];
          try (CopyReader rows = CopyReader.open(connection, query)) {
            while (rows.next()) {
              for (int c = 0; c < types.length; c++) {
                values[c] =
                    switch (types[c]) {
                      case BOOLEAN -> rows.bool(c + 1);
                      case SMALLINT -> rows.int2(c + 1);
                      default -> rows.float8(c + 1);
                    };
              }
              consumer.accept(rows.epochMicros(0), values);
            }
          }
          return null;
        });
  }

  private Query features(CurrencyPair pair, LocalDateTime start, LocalDateTime end) {
    List<Field<?>> fields = new ArrayList<>();
    if (layout == Layout.SHARED) {
      FeatureView view = FeatureView.of(schema, pair);
      columns.forEach(c -> fields.add(DSL.field(view.qualifiedName().append(c.name()))));
      return query(view.view(), view.time(), fields, start, end);
    }
    PairTable table = PairTable.of(schema, TableFamily.REG_BQX, pair);
    columns.forEach(column -> fields.add(table.field(column)));
    return query(table.table(), table.time(), fields, start, end);
  }

  private static Query query(
      Table<?> table,
      Field<LocalDateTime> time,
      List<Field<?>> fields,
      LocalDateTime start,
      LocalDateTime end) {
    List<Field<?>> selected = new ArrayList<>(List.of(time));
    selected.addAll(fields);
    return DSL.using(SQLDialect.POSTGRES)
        .select(selected)
        .from(table)
        .where(time.ge(start))
        .and(time.lt(end))
        .orderBy(time);
  }

  private static LocalDateTime later(LocalDateTime limit, long epochMicros) {
    LocalDateTime time = epochMicros == Long.MIN_VALUE ? limit : timeOf(epochMicros);
    return time.isAfter(limit) ? time : limit;
  }

  private static LocalDateTime earlier(LocalDateTime limit, long epochMicros) {
    LocalDateTime time = timeOf(epochMicros);
    return time.isBefore(limit) ? time : limit;
  }

  private static LocalDateTime timeOf(long epochMicros) {
    return EPOCH.plus(epochMicros, ChronoUnit.MICROS);
  }

  /** Rows that were consumed cannot be taken back, so nothing is read twice. */
  private <T> T reading(PartitionedTable table, TableReads.Read<T> read) {
    try {
      return reads.once(read);
    } catch (SQLException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot backtest: %s cannot be read: %s. Compute all stages for its months first",
              table,
              e.getMessage()),
          e);
    }
  }
}
