package io.bqx.core.run;

import io.bqx.core.copy.RowEncoder;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureFrame;
import io.bqx.features.TimeAxis;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/**
 * The encoded fields of one market stage for every grid row of a month, encoded once and spliced
 * into the rows of every pair; with checksums and statistics, so that what a pair takes of them
 * needs not be looked at again.
 */
final class MarketBlock {

  /** A few megabytes: several threads share the work, and no array is hard to find room for. */
  private static final int ROWS_PER_PIECE = 1024;

  private final TimeAxis axis;
  private final int from;
  private final int rowsPerPiece;
  private final List<Piece> pieces;
  private final List<Summary> summaries;

  /** Where the fields of a row without a missing value begin, and its length at the end. */
  private final int[] fullRow;

  private MarketBlock(
      FeatureFrame frame, int from, int rowsPerPiece, List<Piece> pieces, List<Summary> summaries) {
    this.axis = frame.axis();
    this.from = from;
    this.rowsPerPiece = rowsPerPiece;
    this.pieces = pieces;
    this.summaries = summaries;
    this.fullRow = fullRow(frame.columns());
  }

  /** Encodes the rows of a frame from the given one on. Not to be called by one of the workers. */
  static MarketBlock encode(FeatureFrame frame, int from, String stage, Workers workers) {
    return encode(frame, from, stage, ROWS_PER_PIECE, workers);
  }

  /** Encodes rows so many at a time. */
  static MarketBlock encode(
      FeatureFrame frame, int from, String stage, int rowsPerPiece, Workers workers) {
    List<Piece> pieces =
        workers.prepareAll(
            IntStream.iterate(from, row -> row < frame.rows(), row -> row + rowsPerPiece)
                .boxed()
                .toList(),
            first ->
                Piece.encode(frame, first, Math.min(first + rowsPerPiece, frame.rows()), stage));
    int[] rows = IntStream.range(from, frame.rows()).toArray();
    List<Summary> summaries =
        workers.prepareAll(
            IntStream.range(0, frame.columns().size()).boxed().toList(),
            c -> Summary.of(frame.unsafeColumn(c), rows));
    return new MarketBlock(frame, from, rowsPerPiece, pieces, summaries);
  }

  /** What is known of a column from all its rows. */
  private record Summary(ColumnTotals totals, ColumnExtremes extremes) {

    static Summary of(double[] values, int[] rows) {
      return new Summary(
          ColumnTotals.of(values, rows, rows.length),
          ColumnExtremes.of(values, values.length - rows.length));
    }

    /** Totals without some rows; empty if only a look at all the others can tell. */
    Optional<ColumnTotals> without(ColumnTotals leftOut, BitSet absent) {
      if (totals.keepsExtremesWithout(leftOut)) {
        return Optional.of(totals.without(leftOut));
      }
      OptionalDouble least = extremes.leastWithout(absent);
      OptionalDouble greatest = extremes.greatestWithout(absent);
      return least.isPresent() && greatest.isPresent()
          ? Optional.of(
              totals.without(leftOut).withExtremes(least.getAsDouble(), greatest.getAsDouble()))
          : Optional.empty();
    }
  }

  /**
   * Rows that follow each other.
   *
   * @param fields their fields
   * @param values the same bytes, to be read
   * @param offsets where the fields of each row begin, and the end of the last one
   * @param crcs CRC32C of the time and the fields of each row
   */
  private record Piece(byte[] fields, ByteBuffer values, int[] offsets, int[] crcs) {

    static Piece encode(FeatureFrame frame, int from, int to, String stage) {
      FrameEncoder encoder = new FrameEncoder(frame, stage);
      int[] fullRow = fullRow(frame.columns());
      RowEncoder out = new RowEncoder((to - from) * fullRow[fullRow.length - 1]);
      int[] offsets = new int[to - from + 1];
      int[] crcs = new int[to - from];
      CRC32C crc = new CRC32C();
      ByteBuffer time = ByteBuffer.allocate(Long.BYTES);
      for (int i = 0; i < crcs.length; i++) {
        encoder.append(from + i, out);
        offsets[i + 1] = out.length();
        crc.reset();
        crc.update(time.putLong(0, frame.axis().epochMicros(from + i)).array());
        crc.update(out.array(), offsets[i], offsets[i + 1] - offsets[i]);
        crcs[i] = (int) crc.getValue();
      }
      return new Piece(out.array(), ByteBuffer.wrap(out.array()), offsets, crcs);
    }

    int length(int row) {
      return offsets[row + 1] - offsets[row];
    }

    double valueAt(int at) {
      return switch (values.getInt(at)) {
        case -1 -> Double.NaN;
        case 1 -> values.get(at + Integer.BYTES);
        case 2 -> values.getShort(at + Integer.BYTES);
        default -> values.getDouble(at + Integer.BYTES);
      };
    }

    int next(int at) {
      return at + Integer.BYTES + Math.max(0, values.getInt(at));
    }
  }

  private static int[] fullRow(List<FeatureColumn> columns) {
    int[] starts = new int[columns.size() + 1];
    for (int c = 0; c < columns.size(); c++) {
      int bytes =
          switch (columns.get(c).type()) {
            case BOOLEAN -> 1;
            case SMALLINT -> 2;
            default -> 8;
          };
      starts[c + 1] = starts[c] + Integer.BYTES + bytes;
    }
    return starts;
  }

  TimeAxis axis() {
    return axis;
  }

  void append(int row, RowEncoder out) {
    Piece piece = pieceWith(row);
    int at = placeOf(row);
    out.raw(piece.fields, piece.offsets[at], piece.length(at));
  }

  /** Appends the row's time and fields to a checksum. */
  void append(int row, ChainedCrc crc) {
    Piece piece = pieceWith(row);
    int at = placeOf(row);
    crc.append(piece.crcs[at], Long.BYTES + piece.length(at));
  }

  private Piece pieceWith(int row) {
    return pieces.get((row - from) / rowsPerPiece);
  }

  /** Where a row is in its piece. */
  private int placeOf(int row) {
    return (row - from) % rowsPerPiece;
  }

  /**
   * Statistics of the first {@code count} of the given rows, ascending. Few are left out, so those
   * are taken out of the totals.
   */
  ColumnStatistics statistics(int[] rows, int count) {
    int[] absent = absent(rows, count);
    double[][] values = decode(absent);
    BitSet isAbsent = new BitSet();
    Arrays.stream(absent).forEach(isAbsent::set);
    ColumnStatistics statistics = ColumnStatistics.ofColumns(summaries.size());
    for (int c = 0; c < summaries.size(); c++) {
      Optional<ColumnTotals> known = summaries.get(c).without(ColumnTotals.of(values[c]), isAbsent);
      statistics.set(c, known.isPresent() ? known.get() : totalsOf(c, rows, count));
    }
    return statistics;
  }

  private int[] absent(int[] rows, int count) {
    int[] absent = new int[axis.rows() - from - count];
    int found = 0;
    int row = from;
    for (int i = 0; i <= count; i++) {
      int next = i == count ? axis.rows() : rows[i];
      while (row < next) {
        absent[found++] = row++;
      }
      row++;
    }
    return absent;
  }

  /** The values of the given rows, by column. */
  private double[][] decode(int[] rows) {
    double[][] decoded = new double[summaries.size()][rows.length];
    for (int i = 0; i < rows.length; i++) {
      Piece piece = pieceWith(rows[i]);
      int at = piece.offsets[placeOf(rows[i])];
      for (double[] column : decoded) {
        column[i] = piece.valueAt(at);
        at = piece.next(at);
      }
    }
    return decoded;
  }

  private ColumnTotals totalsOf(int column, int[] rows, int count) {
    double[] decoded = new double[count];
    for (int i = 0; i < count; i++) {
      decoded[i] = value(rows[i], column);
    }
    return ColumnTotals.of(decoded);
  }

  private double value(int row, int column) {
    Piece piece = pieceWith(row);
    boolean full = piece.length(placeOf(row)) == fullRow[summaries.size()];
    int at = piece.offsets[placeOf(row)] + (full ? fullRow[column] : 0);
    for (int c = full ? column : 0; c < column; c++) {
      at = piece.next(at);
    }
    return piece.valueAt(at);
  }
}
