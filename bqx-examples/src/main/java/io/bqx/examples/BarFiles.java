package io.bqx.examples;

import io.bqx.core.BqxException;
import io.bqx.features.Bars;
import io.bqx.features.CurrencyPair;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Writes bars as CSV files that {@code import --format csv} reads: one per pair, month after month.
 */
final class BarFiles implements AutoCloseable {

  private final Path folder;
  private final Map<CurrencyPair, BufferedWriter> writers = new HashMap<>();
  private long rows;

  BarFiles(Path folder) {
    this.folder = folder;
  }

  /**
   * Adds bars to the file of their pair.
   *
   * @throws BqxException if they cannot be written
   */
  void add(Bars bars) {
    try {
      BufferedWriter writer = writers.get(bars.pair());
      if (writer == null) {
        writer = Files.newBufferedWriter(folder.resolve(bars.pair() + ".csv"));
        writer.write("time,open,high,low,close,volume\n");
        writers.put(bars.pair(), writer);
      }
      write(bars, writer);
      rows += bars.rows();
    } catch (IOException e) {
      throw new BqxException(
          String.format(Locale.ROOT, "Cannot write bars to %s: %s", folder, Directories.reason(e)),
          e);
    }
  }

  private static void write(Bars bars, BufferedWriter writer) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int row = 0; row < bars.rows(); row++) {
      line.setLength(0);
      line.append(bars.axis().instant(row)).append(',').append(bars.open(row)).append(',');
      line.append(bars.high(row)).append(',').append(bars.low(row)).append(',');
      line.append(bars.close(row)).append(',').append(bars.volume(row)).append('\n');
      writer.append(line);
    }
  }

  /** How many bars have been added. */
  long rows() {
    return rows;
  }

  @Override
  public void close() throws IOException {
    for (BufferedWriter writer : writers.values()) {
      writer.close();
    }
  }
}
