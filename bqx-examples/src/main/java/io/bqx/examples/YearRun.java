package io.bqx.examples;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.run.PartitionOutcome;
import io.bqx.core.run.Run;
import io.bqx.core.run.RunListener;
import io.bqx.core.run.RunProgress;
import io.bqx.core.run.RunReport;
import io.bqx.core.validation.ValidationReport;
import java.time.Duration;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Does the whole job over a year as one run, tells how far it is after each month, stops it in
 * order when the disk gets full, and validates the months that are complete.
 */
final class YearRun {

  private static final Map<TableFamily, String> FIRST_STAGES =
      new TreeMap<>(
          Map.of(
              TableFamily.BQX,
              "1.5",
              TableFamily.REG_RATE,
              "2.11",
              TableFamily.REG_BQX,
              "2.12",
              TableFamily.MARKET,
              "2.3"));

  private final BenchDatabase bench;
  private final Console console;
  private final long minFree;

  /**
   * A run of all stages.
   *
   * @param minFree bytes of the disk that are to be left; 0 for a disk that nobody looks at
   */
  YearRun(BenchDatabase bench, Console console, long minFree) {
    this.bench = bench;
    this.console = console;
    this.minFree = minFree;
  }

  /** What the year came to. */
  record Result(boolean valid, Map<String, Object> figures) {}

  Result run(int months, Interruption interruption) throws InterruptedException {
    requireRoom();
    try (UsageMeter meter = UsageMeter.start(bench.database())) {
      return run(months, interruption, meter);
    }
  }

  private Result run(int months, Interruption interruption, UsageMeter meter)
      throws InterruptedException {
    Progress progress = new Progress(meter);
    Run run = bench.job(months).listener(progress).start();
    progress.watch(run);
    RunReport report = interruption.await(run);
    Measured measured = new Measured(report.rows(), report.bytes(), meter.read());
    if (!report.failures().isEmpty()) {
      throw BenchDatabase.failed(report);
    }
    int complete = progress.complete();
    console.print("");
    console.print(
        String.format(
            Locale.ROOT,
            "%d of %s done%s: %s, %s sent to the server, %s of write-ahead log, %s, %s; heap of at most %s",
            complete,
            Quantities.count(months, "month"),
            progress.lacksRoom() ? ", stopped because the disk is nearly full" : "",
            Quantities.count(measured.rows(), "row"),
            Quantities.bytes(measured.bytes()),
            Figures.bytes(measured.usage().wal()),
            Quantities.duration(measured.usage().elapsed()),
            Quantities.rate(measured.rowsPerSecond()),
            Quantities.bytes(measured.usage().peakHeap())));

    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("months_asked", months);
    figures.put("months_done", complete);
    figures.put("stopped_by_min_free", progress.lacksRoom());
    figures.putAll(measured.figures());
    figures.put("months", progress.months);
    figures.put("tables", tables(months));
    boolean valid = complete > 0 && !interruption.isRequested();
    if (valid) {
      ValidationReport validation = bench.job(complete).validate();
      console.print("");
      console.print(ValidationText.lines(validation));
      figures.put("validation", figures(validation));
      valid = validation.exitCode() == 0;
    }
    return new Result(valid, figures);
  }

  private void requireRoom() {
    OptionalLong free = bench.freeDisk();
    if (free.isPresent() && free.getAsLong() < minFree) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot begin: %s are left on the disk and --min-free keeps %s",
              Quantities.bytes(free.getAsLong()),
              Quantities.bytes(minFree)));
    }
  }

  /** How long the workers were busy with each table, as the ledger tells. */
  private Map<String, Object> tables(int months) {
    List<LedgerEntry> entries =
        new Ledger(bench.database().dataSource(), bench.database().schema(), Duration.ofSeconds(30))
            .entries(BenchDatabase.FIRST_MONTH, BenchDatabase.FIRST_MONTH.plusMonths(months - 1));
    TextTable table =
        new TextTable()
            .left("table")
            .right("partitions")
            .right("rows")
            .right("on disk")
            .right("worker s");
    Map<String, Object> figures = new LinkedHashMap<>();
    bench
        .computed()
        .forEach(
            family -> {
              List<LedgerEntry> ofTable =
                  entries.stream()
                      .filter(
                          entry ->
                              entry.stage().equals(FIRST_STAGES.get(family))
                                  && family.has(entry.scope()))
                      .toList();
              long bytes = bench.size(family);
              long rows = ofTable.stream().mapToLong(LedgerEntry::rows).sum();
              double seconds =
                  ofTable.stream()
                      .mapToDouble(
                          entry ->
                              Measured.seconds(
                                  Duration.between(
                                      entry.started().orElseThrow(),
                                      entry.finished().orElseThrow())))
                      .sum();
              String name = family.name().toLowerCase(Locale.ROOT);
              table.row(
                  name,
                  Quantities.count(ofTable.size()),
                  Quantities.count(rows),
                  Quantities.bytes(bytes),
                  Figures.decimals(seconds));
              Map<String, Object> one = new LinkedHashMap<>();
              one.put("partitions", ofTable.size());
              one.put("rows", rows);
              one.put("bytes_on_disk", bytes);
              one.put("worker_seconds", seconds);
              figures.put(name, one);
            });
    console.print("");
    console.print(table.lines());
    return figures;
  }

  private static Map<String, Object> figures(ValidationReport validation) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("checks", validation.checks().size());
    figures.put("checks_failed", validation.failures().size());
    figures.put("partitions", validation.partitions());
    figures.put("rows", validation.rows());
    figures.put("values", validation.values());
    figures.put("seconds", Measured.seconds(validation.elapsed()));
    return figures;
  }

  /** Counts what is done, and cancels the run when room gets short. */
  private final class Progress implements RunListener {

    private final Map<YearMonth, Integer> complete = new TreeMap<>();
    private final Map<YearMonth, Long> rows = new TreeMap<>();
    private final List<Map<String, Object>> months = new ArrayList<>();
    private final AtomicBoolean lacksRoom = new AtomicBoolean();
    private final UsageMeter meter;
    private Duration lastEnd = Duration.ZERO;
    private Run watched;

    Progress(UsageMeter meter) {
      this.meter = meter;
    }

    synchronized void watch(Run run) {
      watched = run;
      cancelIfRoomLacks();
    }

    boolean lacksRoom() {
      return lacksRoom.get();
    }

    /** How many months, from the first one on, have all their partitions. */
    synchronized int complete() {
      YearMonth month = BenchDatabase.FIRST_MONTH;
      int count = 0;
      while (complete.getOrDefault(month, 0) == bench.partitionsPerMonth()) {
        month = month.plusMonths(1);
        count++;
      }
      return count;
    }

    @Override
    public synchronized void partitionFinished(PartitionOutcome outcome, RunProgress now) {
      rows.merge(outcome.month(), outcome.rows(), Long::sum);
      if (outcome.state().isComplete()
          && complete.merge(outcome.month(), 1, Integer::sum) == bench.partitionsPerMonth()) {
        monthFinished(outcome.month(), now);
      }
      OptionalLong free = bench.freeDisk();
      if (free.isPresent() && free.getAsLong() < minFree) {
        lacksRoom.set(true);
        cancelIfRoomLacks();
      }
    }

    private void cancelIfRoomLacks() {
      if (lacksRoom.get() && watched != null) {
        watched.cancel();
      }
    }

    private void monthFinished(YearMonth month, RunProgress now) {
      double seconds = Measured.seconds(now.elapsed().minus(lastEnd));
      lastEnd = now.elapsed();
      Usage soFar = meter.read();
      long size = bench.size();
      OptionalLong free = bench.freeDisk();
      Map<String, Object> figures = new LinkedHashMap<>();
      figures.put("month", month.toString());
      figures.put("rows", rows.get(month));
      figures.put("seconds", seconds);
      figures.put("microseconds_per_row", 1e6 * seconds / rows.get(month));
      figures.put("peak_heap_bytes", soFar.peakHeap());
      figures.put("wal_bytes", soFar.wal().orElse(null));
      figures.put("database_bytes", size);
      figures.put("free_bytes", free.isPresent() ? free.getAsLong() : null);
      months.add(figures);
      console.print(
          String.format(
              Locale.ROOT,
              "%s: %s, %.1f s after the month before, %.1f us per row; heap of at most %s; database %s%s",
              month,
              Quantities.count(rows.get(month), "row"),
              seconds,
              1e6 * seconds / rows.get(month),
              Quantities.bytes(soFar.peakHeap()),
              Quantities.bytes(size),
              free.isPresent()
                  ? ", " + Quantities.bytes(free.getAsLong()) + " left on the disk"
                  : ""));
    }
  }
}
