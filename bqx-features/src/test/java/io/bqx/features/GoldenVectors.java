package io.bqx.features;

import io.bqx.features.testing.Discrepancies;
import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * A table of numbers by time from a test resource: CSV, plain or gzip, whose first column is an
 * ISO-8601 time. An empty field is {@code NaN}; {@code true} and {@code false} are 1 and 0.
 */
final class GoldenVectors {

  private final List<String> columns;
  private final TimeAxis axis;
  private final double[][] rows;

  private GoldenVectors(List<String> columns, TimeAxis axis, double[][] rows) {
    this.columns = columns;
    this.axis = axis;
    this.rows = rows;
  }

  /**
   * Expected values at listed times of the bootstrap market; kind is {@code bqx}, {@code reg_rate},
   * {@code reg_bqx}.
   */
  static GoldenVectors bootstrap(String pair, String kind) {
    return read("golden/bootstrap-m1/" + pair + "." + kind + ".csv.gz");
  }

  /** Expected values of all rows of the hand-sized market. */
  static GoldenVectors tiny(String pair, String kind) {
    return read("golden/tiny/" + pair + "." + kind + ".csv");
  }

  /** The table in the named resource of the test class path. */
  static GoldenVectors read(String resource) {
    try (BufferedReader lines = open(resource)) {
      List<String> header = List.of(lines.readLine().split(","));
      List<String[]> fields = lines.lines().map(line -> line.split(",", -1)).toList();
      long[] times = fields.stream().mapToLong(row -> epochMicros(row[0])).toArray();
      double[][] rows = fields.stream().map(GoldenVectors::numbersOf).toArray(double[][]::new);
      return new GoldenVectors(header.subList(1, header.size()), TimeAxis.of(times), rows);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + resource, e);
    }
  }

  /** The lines of the named resource, unpacked if its name ends with {@code .gz}. */
  static BufferedReader open(String resource) throws IOException {
    InputStream bytes = GoldenVectors.class.getResourceAsStream("/" + resource);
    if (bytes == null) {
      throw new FileNotFoundException(resource + " is not on the test class path");
    }
    InputStream content = resource.endsWith(".gz") ? new GZIPInputStream(bytes) : bytes;
    return new BufferedReader(new InputStreamReader(content, StandardCharsets.UTF_8));
  }

  static long epochMicros(String time) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse(time));
  }

  private static double[] numbersOf(String[] row) {
    double[] numbers = new double[row.length - 1];
    for (int c = 0; c < numbers.length; c++) {
      numbers[c] = number(row[c + 1]);
    }
    return numbers;
  }

  /**
   * The number in a field: {@code NaN} for an empty one, 1 and 0 for {@code true} and {@code
   * false}.
   */
  static double number(String field) {
    return switch (field) {
      case "", "(missing)" -> Double.NaN;
      case "true" -> 1;
      case "false" -> 0;
      default -> Double.parseDouble(field);
    };
  }

  /** The names of the columns after the time, in order. */
  List<String> columns() {
    return columns;
  }

  /** The times of the rows. */
  TimeAxis axis() {
    return axis;
  }

  int rows() {
    return rows.length;
  }

  double value(int column, int row) {
    return rows[row][column];
  }

  /** A column as a series. */
  Series series(String column) {
    int c = columns.indexOf(column);
    double[] values = new double[rows.length];
    for (int row = 0; row < rows.length; row++) {
      values[row] = rows[row][c];
    }
    return Series.wrapping(axis, values);
  }

  /** Compares these expected values with those of the frame's columns of the same names. */
  void compareWith(FeatureFrame computed, String subject, Discrepancies found) {
    for (int c = 0; c < columns.size(); c++) {
      String column = columns.get(c);
      if (computed.columns().stream().anyMatch(known -> known.name().equals(column))) {
        for (int row = 0; row < rows(); row++) {
          long time = axis.epochMicros(row);
          int at = computed.axis().indexOf(time);
          double actual = at < 0 ? Double.NaN : computed.value(column, at);
          found.compare(subject, time, column, actual, value(c, row));
        }
      }
    }
  }
}
