package io.bqx.examples;

import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * One thing that a benchmark has measured once, or the medians of several times.
 *
 * @param rows rows written, over all tables
 * @param bytes bytes sent to the server
 * @param usage what that took
 */
record Measured(long rows, long bytes, Usage usage) {

  /** Every figure's own median. */
  static Measured median(List<Measured> rounds) {
    return new Measured(
        medianOf(rounds, Measured::rows),
        medianOf(rounds, Measured::bytes),
        new Usage(
            medianOf(rounds, m -> m.usage().elapsed()),
            medianOfKnown(rounds, m -> m.usage().clientCpu()),
            medianOfKnown(rounds, m -> m.usage().serverCpu()),
            medianOfKnown(rounds, m -> m.usage().wal()),
            medianOf(rounds, m -> m.usage().peakHeap())));
  }

  private static <T extends Comparable<T>> Optional<T> medianOfKnown(
      List<Measured> rounds, Function<Measured, Optional<T>> figure) {
    return rounds.stream().allMatch(m -> figure.apply(m).isPresent())
        ? Optional.of(medianOf(rounds, m -> figure.apply(m).orElseThrow()))
        : Optional.empty();
  }

  /** The middle one of the figures; of an even number, the greater of the two in the middle. */
  static <T extends Comparable<T>> T medianOf(List<Measured> rounds, Function<Measured, T> figure) {
    return rounds.stream()
        .map(figure)
        .sorted(Comparator.naturalOrder())
        .skip(rounds.size() / 2)
        .findFirst()
        .orElseThrow();
  }

  double seconds() {
    return seconds(usage.elapsed());
  }

  double rowsPerSecond() {
    return rows / seconds();
  }

  double megabytesPerSecond() {
    return bytes / seconds() / 1e6;
  }

  double microsecondsPerRow() {
    return 1e6 * seconds() / rows;
  }

  Optional<Double> clientCpuSeconds() {
    return usage.clientCpu().map(Measured::seconds);
  }

  Optional<Double> serverCpuSeconds() {
    return usage.serverCpu().map(Measured::seconds);
  }

  /** The figures by name, units in the names; {@code null} where one is not to be had. */
  Map<String, Object> figures() {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("rows", rows);
    figures.put("bytes", bytes);
    figures.put("seconds", seconds());
    figures.put("rows_per_second", rowsPerSecond());
    figures.put("megabytes_per_second", megabytesPerSecond());
    figures.put("microseconds_per_row", microsecondsPerRow());
    figures.put("client_cpu_seconds", clientCpuSeconds().orElse(null));
    figures.put("server_cpu_seconds", serverCpuSeconds().orElse(null));
    figures.put("wal_bytes", usage.wal().orElse(null));
    figures.put("peak_heap_bytes", usage.peakHeap());
    return figures;
  }

  static double seconds(Duration time) {
    return time.toNanos() / 1e9;
  }
}
