package io.bqx.core.evaluation;

import io.bqx.core.BqxException;
import io.bqx.features.TimeAxis;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * The blocks of time of a walk forward through the grid of a market: test blocks of equal length
 * over its last three fifths, each with everything before it for training, less an embargo.
 *
 * <p>Between the last training row and the first test row of every pair lie at least {@code
 * embargo} rows of that pair; the latest quarter of the training rows is the validation, by which
 * penalties are chosen, with the same embargo before it.
 */
final class WalkForward {

  private static final double FIRST_TRAINING = 0.4;
  private static final int VALIDATION_QUOTIENT = 4;

  /**
   * One test block; times in microseconds UTC, ends not included. Training, validation included,
   * begins with the first row.
   */
  record Fold(long innerEnd, long validationFrom, long trainEnd, long testFrom, long testTo) {}

  private final TimeAxis grid;
  private final Collection<TimeAxis> pairs;
  private final int embargo;

  private WalkForward(TimeAxis grid, Collection<TimeAxis> pairs, int embargo) {
    this.grid = grid;
    this.pairs = pairs;
    this.embargo = embargo;
  }

  /**
   * Plans the blocks.
   *
   * @param grid the times of the market
   * @param pairs the times of each pair
   * @param embargo rows of a pair
   * @param unit rows of which the length of a test block is a multiple
   * @throws BqxException if the grid is too short; the message says how long it must be
   */
  static List<Fold> plan(
      TimeAxis grid, Collection<TimeAxis> pairs, int embargo, int unit, int number) {
    return new WalkForward(grid, pairs, embargo).plan(unit, number);
  }

  private List<Fold> plan(int unit, int number) {
    int first = (int) Math.round(FIRST_TRAINING * grid.rows());
    int length = (grid.rows() - first) / number / unit * unit;
    List<Fold> folds = new ArrayList<>();
    for (int f = 0; f < number && length > 0; f++) {
      int from = first + f * length;
      long trainEnd = before(grid.epochMicros(from));
      int trainRows = rowsBefore(trainEnd);
      int validation = trainRows - trainRows / VALIDATION_QUOTIENT;
      long innerEnd = trainRows == 0 ? trainEnd : before(grid.epochMicros(validation));
      if (rowsBefore(innerEnd) == 0) {
        throw tooShort(number);
      }
      int to = from + length;
      folds.add(
          new Fold(
              innerEnd,
              grid.epochMicros(validation),
              trainEnd,
              grid.epochMicros(from),
              to < grid.rows() ? grid.epochMicros(to) : grid.epochMicros(to - 1) + 1));
    }
    if (folds.isEmpty()) {
      throw tooShort(number);
    }
    return folds;
  }

  private BqxException tooShort(int number) {
    return new BqxException(
        String.format(
            Locale.ROOT,
            "Cannot evaluate features: %d rows of the market are too few for %d test blocks and an embargo of %d rows;"
                + " about %d are needed. Take more months or fewer test blocks",
            grid.rows(),
            number,
            embargo,
            8 * embargo));
  }

  /** The time before which rows of every pair are at least the embargo away from a time. */
  private long before(long time) {
    long earliest = time;
    for (TimeAxis axis : pairs) {
      int at = axis.indexOf(time);
      int row = at >= 0 ? at : -at - 1;
      if (row < axis.rows() && row > 0) {
        earliest = Math.min(earliest, axis.epochMicros(Math.max(0, row - embargo)));
      }
    }
    return earliest;
  }

  private int rowsBefore(long time) {
    int at = grid.indexOf(time);
    return at >= 0 ? at : -at - 1;
  }
}
