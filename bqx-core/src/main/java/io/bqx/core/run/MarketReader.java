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
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
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

  /** The columns to read, by the names of the lines that they become. */
  private record Columns(
      Map<String, String> baskets,
      Map<String, String> strengths,
      Map<String, String> coherences,
      Map<String, String> profits) {

    List<Map<String, String>> averaged() {
      return List.of(baskets, strengths, coherences);
    }

    boolean hasHistory() {
      return !baskets.isEmpty() || !strengths.isEmpty();
    }
  }

  private Findings read(DSLContext tx, PartitionedTable table) {
    Condition months = inMonths(table);
    Optional<Duration> span = span(tx, table, months);
    if (span.isEmpty()) {
      return Findings.NONE;
    }
    Columns columns = columns(tx, table);
    Duration interval = interval(span.get());
    Field<Long> point = point(table, interval);
    Result<Record> rows =
        tx.select(fields(table, columns, point))
            .from(table.table())
            .where(months)
            .groupBy(point)
            .orderBy(point)
            .fetch();
    List<LocalDateTime> times = rows.map(row -> atUtc(row.get(point) * interval.toSeconds()));
    return new Findings(
        history(table, columns, interval, times, rows),
        columns.profits().isEmpty()
            ? Optional.empty()
            : Optional.of(mispricings(table.name(), times, lines(columns.profits(), rows))));
  }

  private Condition inMonths(PartitionedTable table) {
    YearMonth first = settings.months().get(0);
    YearMonth last = settings.months().get(settings.months().size() - 1);
    return table
        .time()
        .ge(first.atDay(1).atStartOfDay())
        .and(table.time().lt(last.plusMonths(1).atDay(1).atStartOfDay()));
  }

  /** From the first row to the last one; empty if there are none. */
  private static Optional<Duration> span(DSLContext tx, PartitionedTable table, Condition months) {
    Record2<LocalDateTime, LocalDateTime> ends =
        tx.select(DSL.min(table.time()), DSL.max(table.time()))
            .from(table.table())
            .where(months)
            .fetchSingle();
    return ends.value1() == null
        ? Optional.empty()
        : Optional.of(Duration.between(ends.value1(), ends.value2()));
  }

  /** Those that the table has. */
  private Columns columns(DSLContext tx, PartitionedTable table) {
    Set<String> present =
        new PartitionCatalog(tx, settings.schema())
            .columnsOf(table).orElse(List.of()).stream()
                .map(TableColumn::name)
                .collect(Collectors.toSet());
    List<CurrencyGroup> blocs = settings.universe().blocs();
    String coherence = "_bloc_coherence_" + settings.windows().prediction() + "min";
    return new Columns(
        among(
            present,
            settings.universe().currencies(),
            Currency::code,
            currency -> currency.lowerCode() + "_basket_index"),
        among(present, blocs, CurrencyGroup::name, bloc -> bloc.name() + "_bloc_strength"),
        among(present, blocs, CurrencyGroup::name, bloc -> bloc.name() + coherence),
        among(
            present,
            settings.universe().pairs(),
            CurrencyPair::name,
            pair -> pair.name() + "_arbitrage_max_profit"));
  }

  private static <T> Map<String, String> among(
      Set<String> present, List<T> all, Function<T, String> name, Function<T, String> column) {
    Map<String, String> columns = new LinkedHashMap<>();
    all.forEach(of -> columns.put(name.apply(of), column.apply(of)));
    columns.values().retainAll(present);
    return columns;
  }

  /** The number of the interval that a row is in, counted from 1970. */
  private static Field<Long> point(PartitionedTable table, Duration interval) {
    return DSL.extract(table.time(), DatePart.EPOCH)
        .cast(SQLDataType.BIGINT)
        .div(interval.toSeconds())
        .as("point");
  }

  private static List<Field<?>> fields(PartitionedTable table, Columns columns, Field<Long> point) {
    List<Field<?>> fields = new ArrayList<>(List.of(point));
    columns
        .averaged()
        .forEach(
            group ->
                group.values().forEach(name -> fields.add(DSL.avg(number(table, name)).as(name))));
    columns.profits().values().forEach(name -> fields.add(DSL.max(number(table, name)).as(name)));
    return fields;
  }

  private static Optional<MarketHistory> history(
      PartitionedTable table,
      Columns columns,
      Duration interval,
      List<LocalDateTime> times,
      Result<Record> rows) {
    return columns.hasHistory()
        ? Optional.of(
            new MarketHistory(
                table.name(),
                interval,
                times,
                lines(columns.baskets(), rows),
                lines(columns.strengths(), rows),
                lines(columns.coherences(), rows)))
        : Optional.empty();
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
