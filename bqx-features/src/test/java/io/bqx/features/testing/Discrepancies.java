package io.bqx.features.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Compares computed with expected values at the accuracy of section 2 of the specification and
 * remembers the worst. An error is counted in units of the allowed one: above 1 is wrong. Missing
 * against present is always wrong.
 */
public final class Discrepancies {

  /** How far a computed value may be from the exact one. */
  public interface Tolerance {

    /** The largest allowed error of a column's value. */
    double allowed(String column, double exact);
  }

  /** {@code max(1e-9 * |exact|, 1e-12)}, for covariances {@code max(1e-9 * |exact|, 1e-15)}. */
  public static final Tolerance SPECIFIED =
      (column, exact) -> Math.max(1e-9 * Math.abs(exact), column.contains("_cov_") ? 1e-15 : 1e-12);

  private static final int LISTED = 20;

  private final Tolerance tolerance;
  private final List<String> wrong = new ArrayList<>();
  private long compared;
  private long present;
  private int wrongCount;
  private double worst;
  private String worstAt = "nowhere";

  /** Compares with a tolerance of one's own. */
  public Discrepancies(Tolerance tolerance) {
    this.tolerance = tolerance;
  }

  /** Compares at the accuracy of the specification. */
  public static Discrepancies atSpecifiedAccuracy() {
    return new Discrepancies(SPECIFIED);
  }

  /**
   * Compares one value.
   *
   * @param subject what it is of, for messages
   * @param time microseconds UTC, for messages
   */
  public void compare(String subject, long time, String column, double actual, double exact) {
    compared++;
    double error = errorInUnitsOfTolerance(column, actual, exact);
    if (!Double.isNaN(exact)) {
      present++;
    }
    if (error > worst) {
      worst = error;
      worstAt = describe(subject, time, column, actual, exact);
    }
    if (error > 1 && wrongCount++ < LISTED) {
      wrong.add(describe(subject, time, column, actual, exact));
    }
  }

  private double errorInUnitsOfTolerance(String column, double actual, double exact) {
    if (Double.isNaN(actual) || Double.isNaN(exact)) {
      return Double.isNaN(actual) == Double.isNaN(exact) ? 0 : Double.POSITIVE_INFINITY;
    }
    return Math.abs(actual - exact) / tolerance.allowed(column, exact);
  }

  private static String describe(
      String subject, long time, String column, double actual, double exact) {
    Instant at =
        Instant.ofEpochSecond(
            Math.floorDiv(time, 1_000_000L), Math.floorMod(time, 1_000_000L) * 1000);
    return "%s %s %s: computed %s, exact %s".formatted(subject, at, column, actual, exact);
  }

  /** The worst error so far, 1 being the largest allowed one. */
  public double worst() {
    return worst;
  }

  /**
   * Fails, listing what is wrong, unless at least that many present values were compared and all
   * are right.
   */
  public void assertNoneAmong(long leastPresentValues) {
    assertThat(wrong)
        .as(
            "%d of %d values wrong; the worst, %.3g x the allowed error: %s",
            wrongCount, compared, worst, worstAt)
        .isEmpty();
    assertThat(present).as("present values compared").isGreaterThanOrEqualTo(leastPresentValues);
  }

  @Override
  public String toString() {
    return "%d of %d values wrong; the worst, %.3g x the allowed error: %s"
        .formatted(wrongCount, compared, worst, worstAt);
  }
}
