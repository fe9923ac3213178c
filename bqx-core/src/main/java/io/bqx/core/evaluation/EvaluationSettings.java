package io.bqx.core.evaluation;

import io.bqx.features.TriangularArbitrage;
import java.util.Locale;
import java.util.Objects;

/**
 * How features are evaluated. Immutable: every setter gives other settings.
 *
 * <p>{@link #of} gives the defaults: 6 test blocks, the sign rule, a third of an arbitrage round
 * trip's cost per trade, 374,400 rows a year (one-minute bars of 52 weeks of 5 days), 20 random
 * targets, 2,000 resamples, seed 1.
 */
public final class EvaluationSettings {

  /** The cost of trading one unit once, in percent: one leg of an arbitrage round trip. */
  public static final double DEFAULT_COST_PERCENT = TriangularArbitrage.DEFAULT_COST_PERCENT / 3;

  private static final int LEAST_RANDOM_TARGETS = 3;
  private static final int MOST_RANDOM_TARGETS = Long.SIZE;

  private final Target target;
  private int folds = 6;
  private PositionRule rule = PositionRule.SIGN;
  private double costPercent = DEFAULT_COST_PERCENT;
  private double rowsPerYear = 374_400;
  private int randomTargets = 20;
  private int resamples = 2000;
  private long seed = 1;

  private EvaluationSettings(Target target) {
    this.target = Objects.requireNonNull(target, "target");
  }

  private EvaluationSettings(EvaluationSettings other) {
    this.target = other.target;
    this.folds = other.folds;
    this.rule = other.rule;
    this.costPercent = other.costPercent;
    this.rowsPerYear = other.rowsPerYear;
    this.randomTargets = other.randomTargets;
    this.resamples = other.resamples;
    this.seed = other.seed;
  }

  /** The defaults for a target. */
  public static EvaluationSettings of(Target target) {
    return new EvaluationSettings(target);
  }

  /**
   * The number of test blocks; before each, the models are made anew of everything before it.
   *
   * @throws IllegalArgumentException if it is not from 1 to 1000
   */
  public EvaluationSettings folds(int number) {
    EvaluationSettings changed = new EvaluationSettings(this);
    changed.folds = inRange("folds", number, 1, 1000);
    return changed;
  }

  /**
   * When a forecast is traded.
   *
   * @throws IllegalArgumentException if it compares with costs what is not a return
   */
  public EvaluationSettings rule(PositionRule newRule) {
    if (newRule == PositionRule.ABOVE_COST && target.kind() != Target.Kind.RETURN) {
      throw new IllegalArgumentException(
          "The rule " + newRule + " compares a return with its costs, but the target is " + target);
    }
    EvaluationSettings changed = new EvaluationSettings(this);
    changed.rule = newRule;
    return changed;
  }

  /**
   * The cost of trading one unit once, in percent of its price.
   *
   * @throws IllegalArgumentException if it is not from 0 to below 100
   */
  public EvaluationSettings costPercent(double percent) {
    if (!(percent >= 0 && percent < 100)) {
      throw new IllegalArgumentException(
          "The cost of a trade is 0 to below 100 percent, not " + percent);
    }
    EvaluationSettings changed = new EvaluationSettings(this);
    changed.costPercent = percent;
    return changed;
  }

  /**
   * The rows of a year, by which Sharpe ratio, return and turnover are annualised.
   *
   * @throws IllegalArgumentException if it is not positive and finite
   */
  public EvaluationSettings rowsPerYear(double rows) {
    if (!(rows > 0) || Double.isInfinite(rows)) {
      throw new IllegalArgumentException("A year has a positive number of rows, not " + rows);
    }
    EvaluationSettings changed = new EvaluationSettings(this);
    changed.rowsPerYear = rows;
    return changed;
  }

  /**
   * The number of random targets that the features must not be able to forecast.
   *
   * @throws IllegalArgumentException if it is not from 3 to 64
   */
  public EvaluationSettings randomTargets(int number) {
    EvaluationSettings changed = new EvaluationSettings(this);
    changed.randomTargets =
        inRange("random targets", number, LEAST_RANDOM_TARGETS, MOST_RANDOM_TARGETS);
    return changed;
  }

  /**
   * The number of resamples of the bootstrap.
   *
   * @throws IllegalArgumentException if it is not from 100 to 1,000,000
   */
  public EvaluationSettings resamples(int number) {
    EvaluationSettings changed = new EvaluationSettings(this);
    changed.resamples = inRange("resamples", number, 100, 1_000_000);
    return changed;
  }

  /** The seed of the bootstrap and of the random targets. */
  public EvaluationSettings seed(long newSeed) {
    EvaluationSettings changed = new EvaluationSettings(this);
    changed.seed = newSeed;
    return changed;
  }

  private static int inRange(String setting, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "%s: %d to %d, not %d", setting, least, most, value));
    }
    return value;
  }

  /** What is forecast. */
  public Target target() {
    return target;
  }

  /** The number of test blocks. */
  public int folds() {
    return folds;
  }

  /** When a forecast is traded. */
  public PositionRule rule() {
    return rule;
  }

  /** The cost of trading one unit once, in percent of its price. */
  public double costPercent() {
    return costPercent;
  }

  /** The rows of a year. */
  public double rowsPerYear() {
    return rowsPerYear;
  }

  /** The number of random targets. */
  public int randomTargets() {
    return randomTargets;
  }

  /** The number of resamples of the bootstrap. */
  public int resamples() {
    return resamples;
  }

  /** The seed of the bootstrap and of the random targets. */
  public long seed() {
    return seed;
  }

  /** For example {@code EvaluationSettings[return over the next 60 rows, 6 test blocks, sign]}. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "EvaluationSettings[%s, %d test blocks, %s]", target, folds, rule);
  }
}
