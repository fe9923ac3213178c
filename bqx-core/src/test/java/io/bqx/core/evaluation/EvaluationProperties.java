package io.bqx.core.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.bqx.core.evaluation.EvaluationReport.Model;
import io.bqx.features.CurrencyPair;
import java.util.Arrays;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

/** What forecasts may depend on. */
class EvaluationProperties {

  private static final int ROWS = 900;
  private static final EvaluationSettings SETTINGS =
      EvaluationSettings.of(Target.returnOver(5)).folds(3).randomTargets(3);

  private static Map<CurrencyPair, PairWalk> forecasts(PlantedMarket market) {
    return market.evaluation(SETTINGS).forecasts();
  }

  @Property(tries = 15)
  void whatChangesFromARowOnChangesNoForecastBeforeIt(
      @ForAll @IntRange(max = 99) int seed,
      @ForAll @IntRange(min = 300, max = ROWS - 1) int row,
      @ForAll @DoubleRange(min = -0.3, max = 0.3) double by) {
    PlantedMarket market = PlantedMarket.of(ROWS, 0.3, seed);
    Map<CurrencyPair, PairWalk> changed = forecasts(market.changedFrom(row, by));
    long first =
        market.prices().values().stream()
            .mapToLong(series -> series.axis().epochMicros(row))
            .min()
            .orElseThrow();
    forecasts(market)
        .forEach(
            (pair, walk) -> {
              int at = walk.axis().indexOf(first);
              int rows = at >= 0 ? at : -at - 1;
              for (Model model : Model.values()) {
                assertThat(Arrays.copyOf(changed.get(pair).forecasts(model), rows))
                    .containsExactly(Arrays.copyOf(walk.forecasts(model), rows));
              }
            });
  }

  @Property(tries = 15)
  void theUnitOfAColumnChangesNoForecast(
      @ForAll @IntRange(max = 99) int seed,
      @ForAll @IntRange(max = 5) int column,
      @ForAll @IntRange(min = -8, max = 8) int power,
      @ForAll @DoubleRange(min = -10, max = 10) double offset) {
    PlantedMarket market = PlantedMarket.of(ROWS, 0.3, seed);
    double factor = Math.pow(10, power) * (column % 2 == 0 ? 1 : -1);
    double moved = column == 0 ? 0 : offset * Math.abs(factor);
    Map<CurrencyPair, PairWalk> changed = forecasts(market.scaled(column, factor, moved));
    forecasts(market)
        .forEach(
            (pair, walk) -> {
              double[] expected = walk.forecasts(Model.POOLED_ALL);
              double[] actual = changed.get(pair).forecasts(Model.POOLED_ALL);
              for (int row = 0; row < expected.length; row++) {
                if (Double.isNaN(expected[row])) {
                  assertThat(actual[row]).isNaN();
                } else {
                  assertThat(actual[row]).isCloseTo(expected[row], within(1e-9));
                }
              }
            });
  }

  @Property(tries = 5)
  void everyRowOfTheTestIsForecastByAllModels(@ForAll @IntRange(max = 99) int seed) {
    forecasts(PlantedMarket.of(ROWS, 0.1, seed))
        .values()
        .forEach(
            walk -> {
              int from = (int) (0.45 * walk.axis().rows());
              int to = (int) (0.95 * walk.axis().rows());
              for (Model model : Model.values()) {
                double[] forecasts = walk.forecasts(model);
                assertThat(Arrays.stream(forecasts, from, to)).doesNotContain(Double.NaN);
                assertThat(Arrays.stream(forecasts, 0, from / 2)).containsOnly(Double.NaN);
              }
            });
  }
}
