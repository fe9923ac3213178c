package io.bqx.examples;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** Measures the whole job over more and more months: time per row and heap should not change. */
final class MonthSeries {

  private final BenchDatabase bench;
  private final Console console;

  MonthSeries(BenchDatabase bench, Console console) {
    this.bench = bench;
    this.console = console;
  }

  /**
   * Measures the numbers of months one after the other, as long as it is not stopped.
   *
   * @return the figures for the JSON file
   */
  Map<String, Object> run(List<Integer> numbersOfMonths, int rounds, Supplier<Boolean> stopped) {
    Map<Integer, List<Measured>> measured = new LinkedHashMap<>();
    Map<Integer, Long> sizes = new LinkedHashMap<>();
    for (int round = 1; round <= rounds; round++) {
      for (int months : numbersOfMonths) {
        if (!stopped.get()) {
          bench.dropComputed();
          Measured job = bench.measure(bench.job(months));
          sizes.put(months, bench.sizeOfComputed());
          measured.computeIfAbsent(months, m -> new ArrayList<>()).add(job);
          console.print(
              String.format(
                  Locale.ROOT,
                  "Round %d: %s in %.2f s, %.1f us per row",
                  round,
                  Quantities.count(months, "month"),
                  job.seconds(),
                  job.microsecondsPerRow()));
        }
      }
    }
    return summary(measured, sizes);
  }

  private Map<String, Object> summary(
      Map<Integer, List<Measured>> measured, Map<Integer, Long> sizes) {
    TextTable table =
        Figures.table("months").right("us/row").right("on disk").right("write-ahead log");
    List<Map<String, Object>> series = new ArrayList<>();
    measured.forEach(
        (months, jobs) -> {
          Measured median = Measured.median(jobs);
          Figures.row(
              table,
              Integer.toString(months),
              median,
              String.format(Locale.ROOT, "%.1f", median.microsecondsPerRow()),
              Quantities.bytes(sizes.get(months)),
              Figures.bytes(median.usage().wal()));
          Map<String, Object> figures = new LinkedHashMap<>();
          figures.put("months", months);
          figures.put("rounds", jobs.size());
          figures.putAll(median.figures());
          figures.put("table_bytes", sizes.get(months));
          series.add(figures);
        });
    console.print("");
    console.print(table.lines());
    return new LinkedHashMap<>(Map.of("series", series));
  }
}
