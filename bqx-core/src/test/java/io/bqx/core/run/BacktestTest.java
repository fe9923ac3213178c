package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import io.bqx.core.backtest.Backtest;
import io.bqx.core.catalog.Layout;
import io.bqx.core.evaluation.EvaluationReport;
import io.bqx.core.evaluation.EvaluationReport.Level;
import io.bqx.core.evaluation.EvaluationSettings;
import io.bqx.core.evaluation.Target;
import io.bqx.core.stage.Stage;
import io.bqx.core.stage.StageSource;
import io.bqx.core.testing.TestDatabase;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureFrame;
import io.bqx.features.FeatureSchema;
import io.bqx.features.FeatureType;
import io.bqx.features.Formula;
import io.bqx.features.Series;
import io.bqx.features.Windows;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The backtest of what a job has stored. */
class BacktestTest {

  private static final EvaluationSettings SETTINGS =
      EvaluationSettings.of(Target.returnOver(2)).folds(3).resamples(100).randomTargets(4);

  /** So short that the small market has many times the embargo. */
  private static final Windows WINDOWS = new Windows(List.of(3, 4), List.of(2, 3));

  private static SmallMarket market;

  @BeforeAll
  static void computeTheMarket() {
    market = SmallMarket.create("backtest");
    assertThat(job(market).run().exitCode()).isZero();
  }

  @AfterAll
  static void dropTheMarket() {
    market.close();
  }

  private static Phase2 job(SmallMarket of) {
    return Phase2.on(TestDatabase.pool())
        .schema(of.schema())
        .universe(SmallMarket.UNIVERSE)
        .windows(WINDOWS)
        .months(SmallMarket.FIRST, SmallMarket.LAST)
        .workers(2);
  }

  private static Backtest backtest(SmallMarket of) {
    return Backtest.on(TestDatabase.pool())
        .schema(of.schema())
        .universe(SmallMarket.UNIVERSE)
        .windows(WINDOWS)
        .months(SmallMarket.FIRST, SmallMarket.LAST)
        .settings(SETTINGS)
        .workers(2);
  }

  @Test
  void columnsAndLookbackAreThoseOfTheSchemaAndEveryPairIsForecast() {
    List<String> steps = new ArrayList<>();
    EvaluationReport report = backtest(market).progress(steps::add).run();
    int pairColumns = FeatureSchema.regBqx(WINDOWS).size() - 1;
    int allColumns = FeatureSchema.tier1(SmallMarket.UNIVERSE, WINDOWS).size() - 1;
    assertThat(report.foundationColumns()).isEqualTo(pairColumns);
    assertThat(report.allColumns()).isEqualTo(allColumns).isGreaterThan(pairColumns);
    // 2 rows of BQX, 3 of the prediction, 4 of the coherence after gaps of up to 15 are filled.
    assertThat(report.lookback()).isEqualTo(2 + 2 + 3 + 15);
    assertThat(report.embargo()).isEqualTo(2 + report.lookback());
    assertThat(report.pairs())
        .extracting(Level::name)
        .containsExactly("eurjpy", "eurusd", "usdjpy");
    assertThat(report.pairs()).allMatch(level -> level.rows() > 100);
    assertThat(report.pooled().rows())
        .isEqualTo(report.pairs().stream().mapToLong(Level::rows).sum());
    assertThat(steps)
        .contains("prices", "models of test block 3", "measures and intervals")
        .doesNotHaveDuplicates()
        .anyMatch(
            step -> step.matches("test block 1 of \\d, up to 2024-\\d\\d-\\d\\d \\d\\d:\\d\\d"));
  }

  @Test
  void bothLayoutsGiveTheSameReportAndAnOwnStageAddsItsColumns() {
    EvaluationReport wide = backtest(market).run();
    Stage<Series> doubled = Stage.computing("9.1", StageSource.BQX_RETURN, new Doubled()).build();
    try (SmallMarket shared = SmallMarket.create("backtest_shared")) {
      assertThat(job(shared).layout(Layout.SHARED).with(doubled).run().exitCode()).isZero();
      EvaluationReport report = backtest(shared).run();
      assertThat(report.levels()).isEqualTo(wide.levels());
      assertThat(report.shifts()).isEqualTo(wide.shifts());
      assertThat(report.randomTargets()).isEqualTo(wide.randomTargets());

      EvaluationReport withOwn = backtest(shared).with(doubled).run();
      assertThat(withOwn.allColumns()).isEqualTo(wide.allColumns() + 1);
      assertThat(withOwn.foundationColumns()).isEqualTo(wide.foundationColumns());
    }
    assertThatThrownBy(() -> backtest(market).with(doubled).run())
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("reg_bqx_")
        .hasMessageContaining("doubled")
        .hasMessageContaining("Compute all stages for its months first");
  }

  @Test
  void onlyThePairsThatAreNamedAreForecast() {
    EvaluationReport report = backtest(market).pairs(List.of(CurrencyPair.of("usdjpy"))).run();
    assertThat(report.pairs()).extracting(Level::name).containsExactly("usdjpy");
    assertThatThrownBy(() -> backtest(market).pairs(List.of(CurrencyPair.of("gbpusd"))).run())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("gbpusd is not in the universe");
  }

  @Test
  void bqxOfLaterRowsCanBeTheTarget() {
    EvaluationReport report =
        backtest(market)
            .settings(EvaluationSettings.of(Target.bqxAfter(3, 2)).folds(2).resamples(100))
            .run();
    assertThat(report.settings().target()).hasToString("BQX over 2 rows, 3 rows later");
    assertThat(report.pooled().rows()).isPositive();
  }

  /** Twice the backward return. */
  private static final class Doubled implements Formula<Series> {

    @Override
    public List<FeatureColumn> columns() {
      return List.of(new FeatureColumn("doubled", FeatureType.DOUBLE, "9.1", "fraction", 0));
    }

    @Override
    public int lookback() {
      return 0;
    }

    @Override
    public FeatureFrame compute(Series input) {
      FeatureFrame out = FeatureFrame.allocate(input.axis(), columns());
      computeInto(input, out);
      return out;
    }

    @Override
    public void computeInto(Series input, FeatureFrame out) {
      for (int row = 0; row < input.rows(); row++) {
        out.unsafeColumn(0)[row] = 2 * input.value(row);
      }
    }
  }

  @Test
  void monthsWithoutRowsAreRefused() {
    YearMonth later = SmallMarket.LAST.plusMonths(1);
    assertThatThrownBy(() -> backtest(market).months(later, later).run())
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("no rate index or no features of any of the 3 pairs")
        .hasMessageContaining("compute all stages");
    assertThatThrownBy(() -> backtest(market).schema("nowhere").run())
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("the schema nowhere has no rate index");
  }
}
