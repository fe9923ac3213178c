package io.bqx.core.evaluation;

import io.bqx.core.evaluation.EvaluationReport.Model;
import io.bqx.features.CurrencyPair;
import io.bqx.features.Series;
import io.bqx.features.TimeAxis;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** One pair's walk forward: what it has seen so far, and what was forecast at its rows. */
final class PairWalk {

  /** Models of one fold. */
  record Models(LinearForecast foundation, LinearForecast all) {

    /**
     * Models of training rows whose penalties do best on the validation rows.
     *
     * @param inner the training rows before the validation, less the embargo
     */
    static Models of(
        Moments inner, Moments validation, Moments train, int foundation, int columns) {
      return new Models(
          fit(inner, validation, train, foundation), fit(inner, validation, train, columns));
    }

    double targetMean() {
      return all.mean(TargetValues.MAIN);
    }

    private static LinearForecast fit(
        Moments inner, Moments validation, Moments train, int columns) {
      double[] penalties = RidgeRegression.of(inner, columns).bestPenalties(validation);
      return RidgeRegression.of(train, columns).fit(penalties);
    }
  }

  private static final int MODELS = Model.values().length;

  private final CurrencyPair pair;
  private final TimeAxis axis;
  private final TargetValues targets;
  private final int foundation;
  private final Moments sums;
  private final Map<Integer, Moments> innerOf = new HashMap<>();
  private final Map<Integer, Moments> beforeValidationOf = new HashMap<>();
  private final double[][] forecasts = new double[MODELS][];
  private final double[][] trainingMeans = new double[2][];

  PairWalk(
      CurrencyPair pair, Series prices, EvaluationSettings settings, int foundation, int columns) {
    this.pair = pair;
    this.axis = prices.axis();
    this.targets = new TargetValues(pair, prices, settings);
    this.foundation = foundation;
    this.sums = new Moments(columns, targets.count());
    for (int m = 0; m < MODELS; m++) {
      forecasts[m] = missing(prices.rows());
    }
    Arrays.setAll(trainingMeans, scope -> missing(prices.rows()));
  }

  private static double[] missing(int rows) {
    double[] values = new double[rows];
    Arrays.fill(values, Double.NaN);
    return values;
  }

  CurrencyPair pair() {
    return pair;
  }

  TimeAxis axis() {
    return axis;
  }

  TargetValues targets() {
    return targets;
  }

  /** The forecasts of the main target at every row, {@code NaN} where there is none. */
  double[] forecasts(Model model) {
    return forecasts[model.ordinal()];
  }

  /** The mean of the main target over the training rows of the model that forecast a row. */
  double trainingMean(boolean pooled, int row) {
    return trainingMeans[pooled ? 1 : 0][row];
  }

  /** The inner training of a fold ends. */
  void endInner(int fold) {
    innerOf.put(fold, sums.copy());
  }

  /** The validation of a fold begins. */
  void beginValidation(int fold) {
    beforeValidationOf.put(fold, sums.copy());
  }

  /** All rows of the inner training of a fold. */
  Moments inner(int fold) {
    return innerOf.get(fold);
  }

  /** All rows of the validation of a fold, which ends now. */
  Moments validation(int fold) {
    return sums.minus(beforeValidationOf.get(fold));
  }

  /** All rows so far. */
  Moments train() {
    return sums;
  }

  /** The models of a fold have been made. */
  void forget(int fold) {
    innerOf.remove(fold);
    beforeValidationOf.remove(fold);
  }

  /**
   * Walks over rows: forecasts those of a test block, then learns from them.
   *
   * @param own the pair's own models; null if there are none
   * @param pooled the models of all pairs; null outside of test blocks
   */
  void walk(
      FeatureRows rows,
      long from,
      long to,
      FeatureScale scale,
      TestTimes times,
      Models own,
      Models pooled,
      LeakageSums controls) {
    LinearForecast[] models = {
      own == null ? null : own.foundation(),
      own == null ? null : own.all(),
      pooled == null ? null : pooled.foundation(),
      pooled == null ? null : pooled.all()
    };
    double[] x = new double[rows.columns().size()];
    double[] y = new double[targets.count()];
    double[] forecast = new double[targets.count()];
    rows.read(
        pair,
        from,
        to,
        (time, values) -> {
          int row = axis.indexOf(time);
          if (row < 0 || !hasFoundation(values)) {
            return;
          }
          scale.apply(values, x);
          boolean known = targets.areKnown(row);
          if (known) {
            targets.at(row, y);
          }
          if (pooled != null) {
            int chunk = times.chunkOf(time);
            trainingMeans[0][row] = own == null ? Double.NaN : own.targetMean();
            trainingMeans[1][row] = pooled.targetMean();
            for (Model model : Model.values()) {
              if (models[model.ordinal()] != null) {
                LinearForecast of = models[model.ordinal()];
                of.differences(x, forecast);
                forecasts[model.ordinal()][row] =
                    forecast[TargetValues.MAIN] + of.mean(TargetValues.MAIN);
                if (known) {
                  controls.add(chunk, model, forecast, y);
                }
              }
            }
          }
          if (known) {
            sums.add(x, y);
          }
        });
  }

  private boolean hasFoundation(double[] values) {
    for (int j = 0; j < foundation; j++) {
      if (values[j] != values[j]) {
        return false;
      }
    }
    return true;
  }

  /** Looks at the values of rows, to find their scale. */
  void look(FeatureRows rows, long to, FeatureScale.Finder finder) {
    rows.read(
        pair,
        Long.MIN_VALUE,
        to,
        (time, values) -> {
          if (hasFoundation(values)) {
            finder.add(values);
          }
        });
  }
}
