package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.testing.TestDatabase;
import io.bqx.core.testing.TestSchema;
import io.bqx.features.CurrencyPair;
import io.bqx.features.Universe;
import java.io.StringReader;
import java.sql.Connection;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.impl.DSL;
import org.postgresql.PGConnection;

/**
 * The 28 pairs of the bootstrap market, and values of an independent evaluation that what is stored
 * must agree with to the tolerance of section 2 of the specification.
 */
final class GoldenMarket implements AutoCloseable {

  static final YearMonth JULY = YearMonth.of(2024, 7);
  static final YearMonth AUGUST = YearMonth.of(2024, 8);

  private final TestSchema schema = TestDatabase.newSchema("golden").create();
  private final DSLContext sql = DSL.using(TestDatabase.pool(), SQLDialect.POSTGRES);
  private final LocalDate last;
  private final List<YearMonth> months;

  private GoldenMarket(LocalDate last, List<YearMonth> months) {
    this.last = last;
    this.months = months;
  }

  /**
   * Loads bars.
   *
   * @param last the last day that has bars
   * @param months in a row, what the job is over and what is compared
   */
  static GoldenMarket load(LocalDate last, YearMonth... months) throws Exception {
    GoldenMarket market = new GoldenMarket(last, List.of(months));
    for (CurrencyPair pair : Universe.g8().pairs()) {
      market.load(pair);
    }
    return market;
  }

  String schema() {
    return schema.name();
  }

  Phase2 job() {
    return Phase2.on(TestDatabase.pool())
        .schema(schema.name())
        .months(months.get(0), months.get(months.size() - 1))
        .workers(2)
        .baseline(Instant.parse("2024-07-22T00:00:00Z"));
  }

  /** Bars of all pairs in the months of the job. */
  long bars() {
    return Universe.g8().pairs().stream()
        .mapToLong(
            pair ->
                sql.fetchSingle(
                        "SELECT count(*) FROM {0} WHERE time >= {1} AND time < {2}",
                        DSL.table(DSL.name(schema.name(), "m1_" + pair)),
                        DSL.val(months.get(0).atDay(1).atStartOfDay()),
                        DSL.val(
                            months.get(months.size() - 1).plusMonths(1).atDay(1).atStartOfDay()))
                    .get(0, Long.class))
        .sum();
  }

  private void load(CurrencyPair pair) throws Exception {
    String table = schema.name() + ".m1_" + pair;
    sql.execute(
        "CREATE TABLE %s (time timestamp NOT NULL, open float8, high float8, low float8, close float8, volume float8) PARTITION BY RANGE (time)"
            .formatted(table));
    sql.execute(
        "CREATE TABLE %s_2024_07 PARTITION OF %s FOR VALUES FROM ('2024-07-01') TO ('2024-08-01')"
            .formatted(table, table));
    sql.execute(
        "CREATE TABLE %s_2024_08 PARTITION OF %s FOR VALUES FROM ('2024-08-01') TO ('2024-09-01')"
            .formatted(table, table));
    sql.execute("CREATE UNIQUE INDEX ON %s (time)".formatted(table));
    StringBuilder rows = new StringBuilder();
    for (List<String> row : CsvResource.read("/bootstrap-m1/" + pair + ".csv.gz").rows()) {
      if (!utc(row.get(0)).toLocalDate().isAfter(last)) {
        rows.append(row.get(0)).append((',' + row.get(1)).repeat(4)).append(",1\n");
      }
    }
    try (Connection connection = TestDatabase.pool().getConnection()) {
      connection
          .unwrap(PGConnection.class)
          .getCopyAPI()
          .copyIn("COPY " + table + " FROM STDIN (FORMAT csv)", new StringReader(rows.toString()));
    }
  }

  /** Compares a table or view with the golden vectors of a pair. */
  void assertAgrees(Table<?> table, String pair, String kind, int width) {
    CsvResource golden = CsvResource.read("/golden/bootstrap-m1/" + pair + "." + kind + ".csv.gz");
    List<List<String>> rows =
        golden.rows().stream().filter(row -> isCompared(utc(row.get(0)))).toList();
    Field<LocalDateTime> time = DSL.field(DSL.name("ts_utc"), LocalDateTime.class);
    Map<LocalDateTime, Record> stored =
        sql.select(DSL.asterisk())
            .from(table)
            .where(time.in(rows.stream().map(row -> utc(row.get(0))).toList()))
            .fetchMap(row -> row.get("ts_utc", LocalDateTime.class));
    List<String> differences = new ArrayList<>();
    assertThat(stored).hasSize(rows.size()).isNotEmpty();
    assertThat(golden.header()).hasSize(width);
    for (List<String> row : rows) {
      compare(golden.header(), row, stored.get(utc(row.get(0))), differences);
    }
    assertThat(differences).as("%s against the golden vectors", table).isEmpty();
  }

  private boolean isCompared(LocalDateTime time) {
    return months.contains(YearMonth.from(time)) && !time.toLocalDate().isAfter(last);
  }

  private static LocalDateTime utc(String instant) {
    return LocalDateTime.ofInstant(Instant.parse(instant), ZoneOffset.UTC);
  }

  private static void compare(
      List<String> header, List<String> expected, Record stored, List<String> differences) {
    assertThat(Stream.of(stored.fields()).map(Field::getName).toList()).isEqualTo(header);
    Map<String, Double> values = new HashMap<>();
    for (int c = 1; c < header.size(); c++) {
      values.put(header.get(c), number(stored.get(c)));
    }
    for (int c = 1; c < header.size(); c++) {
      compare(expected.get(0), header.get(c), expected.get(c), values, differences);
    }
  }

  private static void compare(
      String time,
      String column,
      String expected,
      Map<String, Double> stored,
      List<String> differences) {
    double actual = stored.get(column);
    double exact =
        switch (expected) {
          case "" -> Double.NaN;
          case "true" -> 1;
          case "false" -> 0;
          default -> Double.parseDouble(expected);
        };
    if (Double.isNaN(exact) != Double.isNaN(actual)
        || Math.abs(actual - exact) > tolerance(column, exact, stored)) {
      differences.add("%s at %s: %s is stored, %s is right".formatted(column, time, actual, exact));
    }
  }

  /** Section 2 of the specification. */
  private static double tolerance(String column, double exact, Map<String, Double> stored) {
    if (column.contains("_cov_")) {
      return Math.max(1e-9 * Math.abs(exact), 1e-15);
    }
    if (column.contains("_momentum_roc_")) {
      double momentum = stored.get(column.replace("_roc", ""));
      double first = 100 * Math.abs(momentum) / Math.abs(exact);
      return Math.max(1e-9 * Math.abs(exact), (200 + Math.abs(exact)) * 1e-12 / first);
    }
    return Math.max(1e-9 * Math.abs(exact), 1e-12);
  }

  private static double number(Object value) {
    if (value == null) {
      return Double.NaN;
    }
    if (value instanceof Boolean truth) {
      return truth ? 1 : 0;
    }
    return ((Number) value).doubleValue();
  }

  @Override
  public void close() {
    schema.close();
  }
}
