package io.bqx.core.run;

import io.bqx.core.copy.CopyReader;
import io.bqx.core.stage.Stage;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureFrame;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Compares one stage's stored columns of one partition, row by row, with their recomputation from
 * the sources.
 */
final class PartitionCheck {

  private static final double RELATIVE = 1e-9;
  private static final double ABSOLUTE = 1e-12;
  private static final double ABSOLUTE_OF_COVARIANCES = 1e-15;

  private final Stage<?> stage;
  private final FeatureFrame computed;
  private final int firstField;
  private final List<FeatureColumn> columns;
  private final ValueRange[] ranges;
  private final CRC32C crc = new CRC32C();
  private final ByteBuffer timeBytes = ByteBuffer.allocate(Long.BYTES);
  private int at;
  private long values;
  private String notFinite;
  private String outOfRange;
  private String missingDiffers;
  private String valueDiffers;

  PartitionCheck(Stage<?> stage, FeatureFrame computed, int firstField) {
    this.stage = stage;
    this.computed = computed;
    this.firstField = firstField;
    this.columns = stage.columns();
    this.ranges = columns.stream().map(ValueRange::of).toArray(ValueRange[]::new);
  }

  Stage<?> stage() {
    return stage;
  }

  long values() {
    return values;
  }

  long crc() {
    return crc.getValue();
  }

  Optional<String> notFinite() {
    return Optional.ofNullable(notFinite);
  }

  Optional<String> outOfRange() {
    return Optional.ofNullable(outOfRange);
  }

  Optional<String> missingDiffers() {
    return Optional.ofNullable(missingDiffers);
  }

  Optional<String> valueDiffers() {
    return Optional.ofNullable(valueDiffers);
  }

  /** Takes in the row that the reader is on. */
  void add(CopyReader row) throws SQLException {
    long time = row.epochMicros(0);
    int start = row.start(firstField);
    crc.update(timeBytes.putLong(0, time).rewind());
    crc.update(row.bytes(), start, row.start(firstField + columns.size()) - start);
    while (at < computed.rows() && computed.axis().epochMicros(at) < time) {
      at++;
    }
    boolean known = at < computed.rows() && computed.axis().epochMicros(at) == time;
    for (int c = 0; c < columns.size(); c++) {
      compare(c, row, time, known ? computed.value(c, at) : Double.NaN);
    }
  }

  private void compare(int c, CopyReader row, long time, double expected) {
    int field = firstField + c;
    boolean missing = row.isNull(field);
    if (missing != Double.isNaN(expected)) {
      missingDiffers =
          first(
              missingDiffers,
              c,
              time,
              (missing ? "NULL" : "a value")
                  + " where there should be "
                  + (missing ? expected : "NULL"));
    }
    if (missing) {
      return;
    }
    values++;
    double stored = value(c, row, field);
    if (Double.isNaN(stored) || Double.isInfinite(stored)) {
      notFinite = first(notFinite, c, time, String.valueOf(stored));
    } else if (!ranges[c].holds(stored)) {
      outOfRange =
          first(
              outOfRange,
              c,
              time,
              stored + " is outside " + ranges[c].least() + " to " + ranges[c].greatest());
    } else if (stored != expected && Math.abs(stored - expected) > tolerance(c, expected)) {
      valueDiffers = first(valueDiffers, c, time, stored + " is stored, " + expected + " is right");
    }
  }

  /** Section 2 of {@code docs/features.md}; it also holds for columns that were made elsewhere. */
  private double tolerance(int c, double expected) {
    double relative = RELATIVE * Math.abs(expected);
    String name = columns.get(c).name();
    if (name.contains("_cov_")) {
      return Math.max(relative, ABSOLUTE_OF_COVARIANCES);
    }
    if (name.contains("_momentum_roc_")) {
      double momentum = computed.value(computed.indexOf(name.replace("_roc_", "_")), at);
      double first = 100 * Math.abs(momentum / expected);
      return Math.max(relative, (200 + Math.abs(expected)) * ABSOLUTE / first);
    }
    return Math.max(relative, ABSOLUTE);
  }

  private double value(int c, CopyReader row, int field) {
    return switch (columns.get(c).type()) {
      case BOOLEAN -> row.bool(field);
      case SMALLINT -> row.int2(field);
      default -> row.float8(field);
    };
  }

  private String first(String known, int c, long time, String what) {
    return known != null
        ? known
        : String.format(
            Locale.ROOT,
            "%s at %s: %s",
            columns.get(c).name(),
            Instant.EPOCH.plus(time, ChronoUnit.MICROS),
            what);
  }
}
