package io.bqx.core.report;

import io.bqx.core.catalog.Layout;
import io.bqx.core.catalog.Scope;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.report.MarketHistory.Line;
import io.bqx.core.validation.Check;
import io.bqx.core.validation.ValidationReport;
import io.bqx.features.Currency;
import io.bqx.features.CurrencyGroup;
import io.bqx.features.CurrencyPair;
import io.bqx.features.Universe;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;

/** Reports of a job that never was: 28 pairs and two months, or nothing at all. */
final class SampleReport {

  static final Instant START = Instant.parse("2024-09-02T10:00:00Z");
  static final YearMonth JULY = YearMonth.of(2024, 7);
  static final YearMonth AUGUST = YearMonth.of(2024, 8);

  /** What breaks out of a page or a table that does not escape it. */
  static final String HOSTILE = "</script><script>window.hacked=1</script><img src=x>|`*";

  private static final Universe UNIVERSE = Universe.g8();
  private static final List<TableFamily> TABLES =
      List.of(TableFamily.BQX, TableFamily.REG_RATE, TableFamily.REG_BQX);

  private SampleReport() {}

  /** Two workers with two threads each, of which the first was killed; one partition failed. */
  static CompletionReport full() {
    Random random = new Random(1);
    List<Rewrite> rewrites = new ArrayList<>();
    Instant[] free = {START, START, START.plusSeconds(40), START.plusSeconds(40)};
    int thread = 0;
    for (YearMonth month : List.of(JULY, AUGUST)) {
      for (CurrencyPair pair : UNIVERSE.pairs()) {
        for (TableFamily table : TABLES) {
          int lane = thread % 2 + (month.equals(JULY) && rewrites.size() < 24 ? 0 : 2);
          Instant end = free[lane].plusMillis(300 + random.nextInt(1500));
          String worker = lane < 2 ? "11@one" : "22@" + HOSTILE;
          rewrites.add(
              rewrite(table, pair, month)
                  .between(free[lane], end)
                  .by(worker, lane % 2)
                  .failing(rewrites.size() == 100)
                  .build());
          free[lane] = end;
        }
        thread++;
      }
    }
    return report(rewrites)
        .with(
            new ValidationReport(
                List.of(
                    new Check("2.3", "every value agrees with its recomputation", 56, 0, List.of()),
                    new Check(
                        "2.4", "nothing is due", 56, 1, List.of("eurusd 2024-07: " + HOSTILE))),
                56,
                1_000_000,
                99_000_000,
                Duration.ofSeconds(75)));
  }

  /** A schema without a ledger. */
  static CompletionReport empty() {
    return new CompletionReport(
        START,
        "empty",
        Layout.WIDE,
        JULY,
        JULY,
        28,
        List.of(stage("2.3", 0, 0)),
        List.of(),
        List.of(),
        List.of(),
        List.of(new ColumnFamily("2.3", "basket index", 8, 0, 0)),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static CompletionReport report(List<Rewrite> rewrites) {
    return new CompletionReport(
        START.plusSeconds(600),
        HOSTILE,
        Layout.WIDE,
        JULY,
        AUGUST,
        56,
        List.of(stage("1.5", 56, 0), stage("2.3", 55, 1), stage("2.4", 55, 1)),
        rewrites,
        List.of(
            run("11@one", JobRun.Ending.KILLED, START, Optional.empty()),
            run(
                "22@" + HOSTILE,
                JobRun.Ending.FAILED,
                START.plusSeconds(35),
                Optional.of(START.plusSeconds(180)))),
        List.of(),
        List.of(
            new ColumnFamily("1.5", "bqx return", 5, 1_000_000, 1_680),
            new ColumnFamily("2.3", "basket momentum", 144, 30_000_000, 450_000),
            new ColumnFamily("2.16B", "bloc coherence", 18, 4_000_000, 128_000)),
        List.of(
            new WorkComparison(
                "tier1",
                List.of("2.3", "2.4"),
                Duration.ofHours(9),
                Duration.ofMinutes(3),
                Optional.of(new BigDecimal("4.13")),
                Optional.of(new BigDecimal("0.02")))),
        Optional.of(market()),
        Optional.of(mispricings()),
        Optional.empty(),
        Optional.empty());
  }

  private static StageWork stage(String id, int done, int failed) {
    return new StageWork(
        id,
        "what " + id + " computes",
        done + failed == 0 ? 28 : 56,
        done,
        failed,
        done * 31_000L,
        224,
        Duration.ofSeconds(done),
        done == 0 ? Optional.empty() : Optional.of(START),
        done == 0 ? Optional.empty() : Optional.of(START.plusSeconds(180)),
        failed,
        done);
  }

  private static JobRun run(
      String worker, JobRun.Ending ending, Instant started, Optional<Instant> finished) {
    return new JobRun(
        worker,
        worker,
        JULY,
        AUGUST,
        List.of("1.5", "2.3", "2.4"),
        "baseline=kept; 2.4 v1 cost=" + (finished.isPresent() ? "0.05" : "0.02"),
        Layout.WIDE,
        ending,
        started,
        finished,
        Optional.empty(),
        10,
        310_000);
  }

  private static MarketHistory market() {
    List<LocalDateTime> times = new ArrayList<>();
    for (int hour = 0; hour < 24 * 40; hour += 4) {
      times.add(LocalDateTime.of(2024, 7, 1, 0, 0).plusHours(hour));
    }
    return new MarketHistory(
        "reg_bqx_audcad",
        Duration.ofHours(4),
        times,
        lines(UNIVERSE.currencies(), Currency::code, times.size(), 0.004),
        lines(UNIVERSE.blocs(), CurrencyGroup::name, times.size(), 0.003),
        lines(UNIVERSE.blocs(), CurrencyGroup::name, times.size(), 0.5));
  }

  private static Mispricings mispricings() {
    List<LocalDate> days = new ArrayList<>();
    for (int day = 0; day < 40; day++) {
      days.add(LocalDate.of(2024, 7, 1).plusDays(day));
    }
    return new Mispricings(
        "reg_bqx_audcad", days, lines(UNIVERSE.pairs(), CurrencyPair::name, days.size(), 0.1));
  }

  private static <T> List<Line> lines(
      List<T> of, Function<T, String> name, int length, double scale) {
    Random random = new Random(length);
    List<Line> lines = new ArrayList<>();
    for (T one : of) {
      double[] values = random.doubles(length, -scale, scale).toArray();
      values[length / 2] = Double.NaN;
      lines.add(new Line(name.apply(one), values));
    }
    return lines;
  }

  static Sketch rewrite(TableFamily table, CurrencyPair pair, YearMonth month) {
    return new Sketch(table, pair, month);
  }

  /** A rewrite in the making. */
  static final class Sketch {
    private final TableFamily table;
    private final CurrencyPair pair;
    private final YearMonth month;
    private Instant started = START;
    private Instant finished = START.plusSeconds(1);
    private String worker = "11@one";
    private int lane;
    private boolean failed;
    private long checksum = 1;

    private Sketch(TableFamily table, CurrencyPair pair, YearMonth month) {
      this.table = table;
      this.pair = pair;
      this.month = month;
    }

    Sketch between(Instant start, Instant end) {
      this.started = start;
      this.finished = end;
      return this;
    }

    Sketch by(String process, int number) {
      this.worker = process;
      this.lane = number;
      return this;
    }

    Sketch failing(boolean fails) {
      this.failed = fails;
      return this;
    }

    Sketch checksum(long crc) {
      this.checksum = crc;
      return this;
    }

    Rewrite build() {
      return new Rewrite(
          table,
          Scope.of(pair),
          month,
          Map.of(table == TableFamily.REG_BQX ? "2.3" : "1.5", checksum),
          !failed,
          1000,
          38,
          17,
          started,
          finished,
          1,
          worker,
          worker,
          lane,
          failed ? Optional.of("no room " + HOSTILE) : Optional.empty());
    }
  }
}
