package io.bqx.core.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.bqx.core.BqxException;
import io.bqx.core.evaluation.EvaluationReport.Level;
import io.bqx.core.evaluation.EvaluationReport.RandomCheck;
import io.bqx.core.evaluation.EvaluationReport.ShiftCheck;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EvaluationTest {

  private static final int TARGET = 10;
  private static final double STRENGTH = 0.12;

  private static final PlantedMarket MARKET = PlantedMarket.of(8000, STRENGTH, 1);
  private static final EvaluationReport PLANTED = reportOf(MARKET);
  private static final EvaluationReport NOTHING = reportOf(PlantedMarket.of(8000, 0, 4));

  private static EvaluationSettings settings() {
    return EvaluationSettings.of(Target.returnOver(TARGET)).resamples(200).folds(4);
  }

  private static EvaluationReport reportOf(PlantedMarket market) {
    return market.evaluation(settings()).run();
  }

  @Test
  void aPlantedEffectIsFoundWithItsTrueSize() {
    double best = MARKET.bestIc(TARGET);
    assertThat(best).isBetween(0.15, 0.35);
    assertThat(PLANTED.pooled().by(Measure.IC).all().covers(best)).isTrue();
    assertThat(PLANTED.pooled().by(Measure.R2).all().covers(best * best)).isTrue();
    double rightSigns = 0.5 + Math.asin(best) / Math.PI;
    assertThat(PLANTED.pooled().by(Measure.DIRECTIONAL_ACCURACY).all().covers(rightSigns)).isTrue();
    for (Level level : PLANTED.pairs()) {
      assertThat(level.by(Measure.IC).all().value()).isCloseTo(best, within(0.1));
    }
    assertThat(PLANTED.checksHeld())
        .as("%s %s", PLANTED.shifts(), PLANTED.randomTargets())
        .isTrue();
  }

  @ParameterizedTest
  @EnumSource(
      value = Measure.class,
      names = {"RANK_IC", "IC", "DIRECTIONAL_ACCURACY", "R2", "SHARPE_BEFORE_COSTS"})
  void aPlantedEffectIsToldFromTheFoundation(Measure measure) {
    assertThat(PLANTED.pooled().by(measure).difference().isAbove(0)).isTrue();
    assertThat(PLANTED.own().by(measure).difference().isAbove(0)).isTrue();
  }

  @ParameterizedTest
  @EnumSource(
      value = Measure.class,
      names = {"RANK_IC", "IC", "SHARPE_BEFORE_COSTS"})
  void whereNothingIsPlantedNothingIsFarFromZero(Measure measure) {
    for (Level level : List.of(NOTHING.pooled(), NOTHING.own())) {
      assertThat(isNearZero(level.by(measure).all())).as(level.name()).isTrue();
      assertThat(isNearZero(level.by(measure).difference())).as(level.name()).isTrue();
    }
    assertThat(NOTHING.checksHeld()).isTrue();
  }

  /** Whether 0 lies in an interval twice as wide: of many of 95 %, some miss it by chance. */
  private static boolean isNearZero(Estimate estimate) {
    return Math.abs(estimate.value()) < estimate.high() - estimate.low();
  }

  @Test
  void ofManyMarketsWithoutAnEffectFewGiveAnIntervalThatMissesZero() {
    int missed = 0;
    int differencesMissed = 0;
    for (int seed = 0; seed < 20; seed++) {
      EvaluationReport report =
          PlantedMarket.of(2500, 0, 100 + seed)
              .evaluation(settings().resamples(100).randomTargets(3))
              .run();
      missed += report.pooled().by(Measure.IC).all().covers(0) ? 0 : 1;
      differencesMissed += report.pooled().by(Measure.IC).difference().covers(0) ? 0 : 1;
    }
    assertThat(missed).isLessThan(5);
    assertThat(differencesMissed).isLessThan(5);
  }

  @Test
  void aTargetThatBeginsARowEarlierGainsWhatIsKnownOfThatRow() {
    for (ShiftCheck check : PLANTED.shifts()) {
      assertThat(check.expected()).as("%s", check).isCloseTo(1 / Math.sqrt(TARGET), within(0.04));
      assertThat(check.gain().value()).as("%s", check).isCloseTo(check.expected(), within(0.03));
      assertThat(check.earlier().value()).as("%s", check).isGreaterThan(check.onTime().high());
      assertThat(check.lastRow().value()).as("%s", check).isGreaterThan(0.99);
      assertThat(check.held()).as("%s", check).isTrue();
    }
  }

  @Test
  void featuresThatLookARowAheadAreCaught() {
    EvaluationReport report = reportOf(PlantedMarket.of(4000, 0, 5).lookingARowAhead());
    assertThat(report.pooled().by(Measure.IC).all().isAbove(0)).isTrue();
    assertThat(report.shifts()).noneMatch(ShiftCheck::held);
    assertThat(report.checksHeld()).isFalse();
  }

  @Test
  void randomTargetsAreNotForecast() {
    for (RandomCheck check : PLANTED.randomTargets()) {
      assertThat(check.targets()).isEqualTo(20);
      assertThat(Math.abs(check.meanIc())).isLessThan(3.5 * check.standardError());
      assertThat(check.intervalsWithoutZero()).isBetween(0, 5);
      assertThat(check.held()).isTrue();
    }
  }

  @Test
  void overlappingRowsCountForFewerIndependentOnes() {
    Level level = NOTHING.pooled();
    assertThat(level.rows()).isBetween(3 * 4700L, 3 * 4800L);
    assertThat(level.effectiveRows()).isLessThan(level.rows() / 3.0);
  }

  @Test
  void bqxOfLaterRowsIsForecastWithTheOppositeSideOfThePrice() {
    EvaluationReport report =
        PlantedMarket.of(4000, 0.3, 8)
            .evaluation(
                EvaluationSettings.of(Target.bqxAfter(TARGET, 6))
                    .resamples(100)
                    .folds(3)
                    .costPercent(0))
            .run();
    assertThat(report.pooled().by(Measure.IC).all().isAbove(0)).isTrue();
    assertThat(report.pooled().by(Measure.SHARPE).all().isAbove(0)).isTrue();
    assertThat(report.shifts()).allMatch(check -> check.expected() == 0);
    assertThat(report.checksHeld()).as("%s", report.shifts()).isTrue();
  }

  @Test
  void costsLowerTheProfitByWhatIsTraded() {
    PlantedMarket market = PlantedMarket.of(4000, STRENGTH, 9);
    Level free = market.evaluation(settings().costPercent(0)).run().pooled();
    Level dear = market.evaluation(settings().costPercent(0.01)).run().pooled();
    double turnover = free.by(Measure.TURNOVER).all().value();
    assertThat(turnover).isPositive();
    assertThat(dear.by(Measure.TURNOVER).all().value()).isEqualTo(turnover);
    assertThat(dear.by(Measure.NET_RETURN).all().value())
        .isCloseTo(free.by(Measure.NET_RETURN).all().value() - 1e-4 * turnover, within(1e-9));
    assertThat(dear.by(Measure.SHARPE_BEFORE_COSTS).all()).isEqualTo(free.by(Measure.SHARPE).all());
    assertThat(dear.by(Measure.MAX_DRAWDOWN).all().value())
        .isGreaterThan(free.by(Measure.MAX_DRAWDOWN).all().value());
  }

  @Test
  void theRuleAboveCostTradesLess() {
    PlantedMarket market = PlantedMarket.of(4000, STRENGTH, 10);
    double always = market.evaluation(settings()).run().pooled().by(Measure.TURNOVER).all().value();
    double seldom =
        market
            .evaluation(settings().rule(PositionRule.ABOVE_COST))
            .run()
            .pooled()
            .by(Measure.TURNOVER)
            .all()
            .value();
    assertThat(seldom).isBetween(0.0, 0.9 * always);
  }

  @Test
  void theNumberOfWorkersChangesNothing() {
    PlantedMarket market = PlantedMarket.of(2500, STRENGTH, 11);
    EvaluationSettings settings = settings().resamples(100).randomTargets(3);
    assertThat(market.evaluation(settings).workers(3).run().levels())
        .isEqualTo(market.evaluation(settings).run().levels());
  }

  @Test
  void tooFewRowsAreRefusedWithWhatToDo() {
    assertThatThrownBy(() -> reportOf(PlantedMarket.of(150, 0, 12)))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("too few")
        .hasMessageContaining("Take more months or fewer test blocks");
  }

  @Test
  void aStageWithoutValuesIsNamed() {
    PlantedMarket market =
        PlantedMarket.of(2500, 0, 13).scaled(PlantedMarket.SIGNAL, Double.NaN, 0);
    assertThatThrownBy(() -> reportOf(market))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("stage 2.97 has no value")
        .hasMessageContaining("Compute it for these months");
  }

  @Test
  void aMarketWithoutPricesIsRefused() {
    FeatureRows nothing =
        new FeatureRows() {
          @Override
          public List<FeatureColumn> columns() {
            return PlantedMarket.of(0, 0, 0).columns();
          }

          @Override
          public void read(CurrencyPair pair, long from, long to, RowConsumer consumer) {}
        };
    assertThatThrownBy(() -> Evaluation.of(nothing, Map.of()).run())
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("there are no prices of any pair");
  }

  @Test
  void withoutTheLibraryTheMessageSaysWhichDependencyToAdd() throws ReflectiveOperationException {
    ClassLoader without = new WithoutEjml();
    Method require =
        without
            .loadClass("io.bqx.core.evaluation.SymmetricEigen")
            .getDeclaredMethod("requireLibrary");
    require.setAccessible(true);
    assertThatThrownBy(() -> require.invoke(null))
        .isInstanceOf(InvocationTargetException.class)
        .cause()
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("add org.ejml:ejml-ddense");
  }

  /** Loads this package anew, where EJML is not found. */
  private static final class WithoutEjml extends ClassLoader {

    WithoutEjml() {
      super(EvaluationTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.startsWith("org.ejml.")) {
        throw new ClassNotFoundException(name);
      }
      if (!name.startsWith("io.bqx.core.evaluation.")) {
        return super.loadClass(name, resolve);
      }
      Class<?> loaded = findLoadedClass(name);
      if (loaded != null) {
        return loaded;
      }
      try (InputStream bytes = getResourceAsStream(name.replace('.', '/') + ".class")) {
        byte[] content = bytes.readAllBytes();
        return defineClass(name, content, 0, content.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }
}
