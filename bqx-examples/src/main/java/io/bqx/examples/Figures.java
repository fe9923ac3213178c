package io.bqx.examples;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** How measurements are summed up and printed. */
final class Figures {

  private Figures() {}

  /** A table of measurements, to which columns may be added. */
  static TextTable table(String heading) {
    return new TextTable()
        .left(heading)
        .right("seconds")
        .right("rows/s")
        .right("MB/s")
        .right("client CPU s")
        .right("server CPU s")
        .right("peak heap MB");
  }

  /** Adds a measurement and the cells of the columns that were added. */
  static void row(TextTable table, String what, Measured measured, Object... more) {
    Object[] cells = new Object[7 + more.length];
    cells[0] = what;
    cells[1] = decimals(measured.seconds());
    cells[2] = Quantities.count(Math.round(measured.rowsPerSecond()));
    cells[3] = Quantities.count(Math.round(measured.megabytesPerSecond()));
    cells[4] = seconds(measured.usage().clientCpu());
    cells[5] = seconds(measured.usage().serverCpu());
    cells[6] = Quantities.count(measured.usage().peakHeap() / 1_000_000);
    System.arraycopy(more, 0, cells, 7, more.length);
    table.row(cells);
  }

  /** Seconds to a hundredth, or {@code n/a}. */
  static String seconds(Optional<Duration> time) {
    return time.map(known -> decimals(Measured.seconds(known))).orElse("n/a");
  }

  /** Bytes in decimal units, or {@code n/a}. */
  static String bytes(Optional<Long> number) {
    return number.map(Quantities::bytes).orElse("n/a");
  }

  static String decimals(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  /** The middle one of the values; of an even number, the mean of the two in the middle. */
  static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
