package io.bqx.core.evaluation;

import io.bqx.features.CurrencyPair;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What features were found to be worth.
 *
 * @param settings how they were evaluated
 * @param foundationColumns the number of columns of the smaller set
 * @param allColumns the number of columns of the larger set
 * @param lookback rows that the longest feature reaches back
 * @param embargo rows that were left out between training and test: target and lookback
 * @param period the times that were used
 * @param levels the pooled model, the models of all pairs together, then each pair
 * @param shifts the first leakage check, for each of {@link Model#values()}
 * @param randomTargets the second leakage check, for each of them
 */
public record EvaluationReport(
    EvaluationSettings settings,
    int foundationColumns,
    int allColumns,
    int lookback,
    int embargo,
    Period period,
    List<Level> levels,
    List<ShiftCheck> shifts,
    List<RandomCheck> randomTargets) {

  /** The models that are compared. */
  public enum Model {
    /** Each pair's own model from the foundation's columns. */
    OWN_FOUNDATION("own models, foundation"),
    /** Each pair's own model from all columns. */
    OWN_ALL("own models, all columns"),
    /** One model for all pairs from the foundation's columns. */
    POOLED_FOUNDATION("pooled model, foundation"),
    /** One model for all pairs from all columns. */
    POOLED_ALL("pooled model, all columns");

    private final String name;

    Model(String name) {
      this.name = name;
    }

    /** The name in words. */
    @Override
    public String toString() {
      return name;
    }
  }

  /**
   * The times that were used.
   *
   * @param first the first time of the market
   * @param testFrom the first time that was forecast
   * @param last the last time of the market
   * @param rows times at which any pair has a price
   * @param testRows of these, those that were forecast
   * @param testBlocks independent blocks of the bootstrap in them
   */
  public record Period(
      Instant first, Instant testFrom, Instant last, int rows, int testRows, int testBlocks) {

    /** Below it, an interval rests on too few blocks to be taken at its word. */
    public static final int ENOUGH_BLOCKS = 30;

    /** Whether the intervals rest on enough blocks. */
    public boolean isLongEnough() {
      return testBlocks >= ENOUGH_BLOCKS;
    }
  }

  /**
   * The forecasts of one pair or of all.
   *
   * @param pair the pair; empty for all pairs
   * @param pooled whether they come from one model for all pairs, else from models of the pairs
   * @param rows how many were forecast and have a target
   * @param effectiveRows how many independent rows would give as wide an interval of the IC
   * @param comparisons one per {@link Measure}
   */
  public record Level(
      Optional<CurrencyPair> pair,
      boolean pooled,
      long rows,
      double effectiveRows,
      List<Comparison> comparisons) {

    /** The name in words: {@code "eurusd"}, {@code "all pairs, pooled model"}. */
    public String name() {
      return pair.map(CurrencyPair::name)
          .orElse(pooled ? "all pairs, pooled model" : "all pairs, own models");
    }

    /** The comparison by a measure. */
    public Comparison by(Measure measure) {
      return comparisons.get(measure.ordinal());
    }
  }

  /**
   * What becomes of the IC when the target begins a row earlier or later.
   *
   * <p>A target that begins a row earlier contains the row's own price change, which is known. A
   * probe, the forecast of just that change, must gain on it exactly its covariance with the
   * change: if it gained anything else, targets would not be where they should. And features that
   * looked a row ahead would forecast the next row's change as well as they know the last one's.
   *
   * @param model the model
   * @param earlier IC of the model made for the target that begins a row earlier
   * @param onTime IC for the target itself
   * @param later IC of the model made for the target that begins a row later
   * @param lastRow IC of the probe: how well the features know the row's own change
   * @param nextRow IC of the model made for the next row's change
   * @param gain what the probe gains on the earlier target, in units of correlation
   * @param expected what it must gain
   * @param error gain less expected
   * @param held whether the interval of the error covers 0; where something must be gained, that of
   *     the gain lies above 0; and the next row is not forecast half as well as the last one is
   *     known
   */
  public record ShiftCheck(
      Model model,
      Estimate earlier,
      Estimate onTime,
      Estimate later,
      Estimate lastRow,
      Estimate nextRow,
      Estimate gain,
      double expected,
      Estimate error,
      boolean held) {}

  /**
   * How well random walks of the target's length are forecast, which must be not at all.
   *
   * @param model the model
   * @param targets how many independent random targets
   * @param meanIc the mean of their ICs
   * @param standardError the standard error of that mean
   * @param intervalsWithoutZero how many of their 95 % intervals do not cover 0
   * @param held whether the mean is within 3 standard errors of 0, or more where they are known
   *     from few targets: 3.4 of 20
   */
  public record RandomCheck(
      Model model,
      int targets,
      double meanIc,
      double standardError,
      int intervalsWithoutZero,
      boolean held) {}

  /** Takes copies of the lists. */
  public EvaluationReport {
    levels = List.copyOf(levels);
    shifts = List.copyOf(shifts);
    randomTargets = List.copyOf(randomTargets);
  }

  /** All pairs by one model. */
  public Level pooled() {
    return levels.get(0);
  }

  /** All pairs by their own models. */
  public Level own() {
    return levels.get(1);
  }

  /** The single pairs by their own models. */
  public List<Level> pairs() {
    return levels.subList(2, levels.size());
  }

  /** Whether all leakage checks held; if not, no other number of the report is to be believed. */
  public boolean checksHeld() {
    return shifts.stream().allMatch(ShiftCheck::held)
        && randomTargets.stream().allMatch(RandomCheck::held);
  }

  /** For example {@code EvaluationReport[28 pairs, 78 against 462 columns, checks held]}. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "EvaluationReport[%d pairs, %d against %d columns, checks %s]",
        pairs().size(),
        foundationColumns,
        allColumns,
        checksHeld() ? "held" : "failed");
  }
}
