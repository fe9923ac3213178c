package io.bqx.core.evaluation;

import io.bqx.core.BqxException;
import io.bqx.features.FeatureColumn;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Brings features to a common scale by the mean and deviation that each had in the earliest
 * training rows, so that sums of products keep their digits: {@code (x - mean) / deviation}, cut
 * off at 5 deviations, and 0, the mean, for a missing value.
 */
final class FeatureScale {

  /** A rate of change divides by an index that may be near zero; a few such rows must not rule. */
  private static final double LARGEST = 5;

  private final double[] means;
  private final double[] deviations;

  private FeatureScale(double[] means, double[] deviations) {
    this.means = means;
    this.deviations = deviations;
  }

  /** Brings a row to scale. */
  void apply(double[] raw, double[] out) {
    for (int j = 0; j < means.length; j++) {
      double scaled = (raw[j] - means[j]) / deviations[j];
      out[j] = scaled != scaled ? 0 : Math.max(-LARGEST, Math.min(LARGEST, scaled));
    }
  }

  /** Finds means and deviations of present values. */
  static final class Finder {

    private final long[] counts;
    private final double[] means;
    private final double[] squares;

    Finder(int columns) {
      this.counts = new long[columns];
      this.means = new double[columns];
      this.squares = new double[columns];
    }

    void add(double[] values) {
      for (int j = 0; j < counts.length; j++) {
        double value = values[j];
        if (value == value) {
          double before = value - means[j];
          means[j] += before / ++counts[j];
          squares[j] += before * (value - means[j]);
        }
      }
    }

    void add(Finder other) {
      for (int j = 0; j < counts.length; j++) {
        long both = counts[j] + other.counts[j];
        if (other.counts[j] > 0) {
          double apart = other.means[j] - means[j];
          means[j] += apart * other.counts[j] / both;
          squares[j] += other.squares[j] + apart * apart * counts[j] / both * other.counts[j];
          counts[j] = both;
        }
      }
    }

    /**
     * The scale. A column without values, such as that of a pair which the market lacks, adds
     * nothing.
     *
     * @throws BqxException if no column of a stage has a value; the message names the stage
     */
    FeatureScale find(List<FeatureColumn> columns) {
      Set<String> empty = new LinkedHashSet<>();
      columns.forEach(column -> empty.add(column.stage()));
      double[] deviations = new double[counts.length];
      for (int j = 0; j < counts.length; j++) {
        if (counts[j] > 0) {
          empty.remove(columns.get(j).stage());
        }
        double deviation = counts[j] > 0 ? Math.sqrt(squares[j] / counts[j]) : 0;
        deviations[j] = deviation > 0 ? deviation : 1;
      }
      if (!empty.isEmpty()) {
        throw new BqxException(
            String.format(
                Locale.ROOT,
                "Cannot evaluate features: stage %s has no value in the first training rows. Compute it for these months,"
                    + " or begin later",
                empty.iterator().next()));
      }
      return new FeatureScale(means.clone(), deviations);
    }
  }
}
