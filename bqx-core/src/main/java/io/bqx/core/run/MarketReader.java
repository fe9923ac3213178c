package io.bqx.core.run;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.MarketTable;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.PartitionedTable;
import io.bqx.core.catalog.Scope;
import io.bqx.core.catalog.TableColumn;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.report.MarketHistory;
import io.bqx.core.report.MarketHistory.Line;
import io.bqx.core.report.Mispricings;
import io.bqx.core.stage.Stage;
import io.bqx.features.Currency;
import io.bqx.features.CurrencyGroup;
import io.bqx.features.CurrencyPair;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.DatePart;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.Record2;
import org.jooq.Result;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/**
 * Reads baskets, blocs and mispricings in intervals, in one pass over one table: the market's, or
 * in the wide layout that of the pair with the most rows.
 */
final class MarketReader {

  private static final int MOST_POINTS = 400;
  private static final List<Duration> INTERVALS =
      List.of(
          Duration.ofMinutes(1),
          Duration.ofMinutes(5),
          Duration.ofMinutes(15),
          Duration.ofHours(1),
          Duration.ofHours(4),
          Duration.ofDays(1));

  private final JobSettings settings;

  MarketReader(JobSettings settings) {
    this.settings = settings;
  }

  /** What there was to read. */
  record Findings(Optional<MarketHistory> history, Optional<Mispricings> mispricings) {
    private static final Findings NONE = new Findings(Optional.empty(), Optional.empty());
  }

  Findings read(List<LedgerEntry> entries) {
    Set<String> market =
        settings.movable().stream().<String>map(Stage::id).collect(Collectors.toSet());
    Map<Scope, Long> rows = new TreeMap<>();
    entries.stream()
        .filter(e -> market.contains(e.stage()) && e.computedAt().isPresent())
        .forEach(e -> rows.merge(e.scope(), e.rows(), Long::sum));
    Optional<Scope> fullest =
        rows.entrySet().stream()
            .max(
                Map.Entry.<Scope, Long>comparingByValue()
                    .thenComparing(Map.Entry.comparingByKey(Comparator.reverseOrder())))
            .map(Map.Entry::getKey);
    return fullest.map(this::read).orElse(Findings.NONE);
  }

  private Findings read(Scope scope) {
    PartitionedTable table =
        scope
            .pair()
            .<PartitionedTable>map(p -> PairTable.of(settings.schema(), TableFamily.REG_BQX, p))
            .orElseGet(() -> MarketTable.of(settings.schema()));
    try {
      return settings.reads().of(table, (connection, tx) -> read(tx, table));
    } catch (SQLException e) {
      throw new BqxException(
          String.format(Locale.ROOT, "Cannot read %s for the report: %s", table, e.getMessage()),
          e);
    }
  }

  private Findings read(DSLContext tx, PartitionedTable table) {
    Set<String> present =
        new PartitionCatalog(tx, settings.schema())
            .columnsOf(table).orElse(List.of()).stream()
                .map(TableColumn::name)
                .collect(Collectors.toCollection(HashSet::new));
    Map<String, String> baskets = new LinkedHashMap<>();
    for (Currency currency : settings.universe().currencies()) {
      baskets.put(currency.code(), currency.lowerCode() + "_basket_index");
    }
    Map<String, String> strengths = new LinkedHashMap<>();
    Map<String, String> coherences = new LinkedHashMap<>();
    for (CurrencyGroup bloc : settings.universe().blocs()) {
      strengths.put(bloc.name(), bloc.name() + "_bloc_strength");
      coherences.put(
          bloc.name(), bloc.name() + "_bloc_coherence_" + settings.windows().prediction() + "min");
    }
    Map<String, String> profits = new LinkedHashMap<>();
    for (CurrencyPair pair : settings.universe().pairs()) {
      profits.put(pair.name(), pair.name() + "_arbitrage_max_profit");
    }
    for (Map<String, String> columns : List.of(baskets, strengths, coherences, profits)) {
      columns.values().retainAll(present);
    }
    Condition months =
        table
            .time()
            .ge(settings.months().get(0).atDay(1).atStartOfDay())
            .and(
                table
                    .time()
                    .lt(
                        settings
                            .months()
                            .get(settings.months().size() - 1)
                            .plusMonths(1)
                            .atDay(1)
                            .atStartOfDay()));
    Record2<LocalDateTime, LocalDateTime> ends =
        tx.select(DSL.min(table.time()), DSL.max(table.time()))
            .from(table.table())
            .where(months)
            .fetchSingle();
    if (ends.value1() == null) {
      return Findings.NONE;
    }
    Duration interval = interval(Duration.between(ends.value1(), ends.value2()));
    Field<Long> point =
        DSL.extract(table.time(), DatePart.EPOCH)
            .cast(SQLDataType.BIGINT)
            .div(interval.toSeconds())
            .as("point");
    List<Field<?>> fields = new ArrayList<>(List.of(point));
    for (Map<String, String> columns : List.of(baskets, strengths, coherences)) {
      columns.values().forEach(column -> fields.add(DSL.avg(number(table, column)).as(column)));
    }
    profits.values().forEach(column -> fields.add(DSL.max(number(table, column)).as(column)));
    Result<Record> rows =
        tx.select(fields).from(table.table()).where(months).groupBy(point).orderBy(point).fetch();
    List<LocalDateTime> times = rows.map(row -> atUtc(row.get(point) * interval.toSeconds()));
    return new Findings(
        baskets.isEmpty() && strengths.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new MarketHistory(
                    table.name(),
                    interval,
                    times,
                    lines(baskets, rows),
                    lines(strengths, rows),
                    lines(coherences, rows))),
        profits.isEmpty()
            ? Optional.empty()
            : Optional.of(mispricings(table.name(), times, lines(profits, rows))));
  }

  private static Duration interval(Duration span) {
    return INTERVALS.stream()
        .filter(interval -> span.toSeconds() / interval.toSeconds() <= MOST_POINTS)
        .findFirst()
        .orElse(INTERVALS.get(INTERVALS.size() - 1));
  }

  private static Field<Double> number(PartitionedTable table, String column) {
    return DSL.field(DSL.name(table.schema(), table.name(), column), SQLDataType.DOUBLE);
  }

  private static LocalDateTime atUtc(long epochSeconds) {
    return LocalDateTime.ofEpochSecond(epochSeconds, 0, ZoneOffset.UTC);
  }

  private static List<Line> lines(Map<String, String> columns, Result<Record> rows) {
    List<Line> lines = new ArrayList<>();
    columns.forEach(
        (name, column) ->
            lines.add(
                new Line(
                    name,
                    rows.stream()
                        .map(row -> row.get(column, Double.class))
                        .mapToDouble(value -> value == null ? Double.NaN : value)
                        .toArray())));
    return lines;
  }

  private static Mispricings mispricings(
      String source, List<LocalDateTime> times, List<Line> points) {
    List<LocalDate> days = times.stream().map(LocalDateTime::toLocalDate).distinct().toList();
    List<Line> perDay = new ArrayList<>();
    for (Line line : points) {
      double[] largest = new double[days.size()];
      Arrays.fill(largest, Double.NaN);
      double[] values = line.values();
      int day = -1;
      for (int t = 0; t < values.length; t++) {
        if (day < 0 || !times.get(t).toLocalDate().equals(days.get(day))) {
          day++;
        }
        if (!(values[t] <= largest[day]) && !Double.isNaN(values[t])) {
          largest[day] = values[t];
        }
      }
      perDay.add(new Line(line.name(), largest));
    }
    return new Mispricings(source, days, perDay);
  }
}
