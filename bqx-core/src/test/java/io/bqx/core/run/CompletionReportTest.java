package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.Layout;
import io.bqx.core.ledger.MonthFailure;
import io.bqx.core.ledger.RunDescription;
import io.bqx.core.report.ColumnFamily;
import io.bqx.core.report.CompletionReport;
import io.bqx.core.report.ContentChange;
import io.bqx.core.report.HtmlReport;
import io.bqx.core.report.JobRun;
import io.bqx.core.report.JsonReport;
import io.bqx.core.report.MarkdownReport;
import io.bqx.core.report.MarketHistory;
import io.bqx.core.report.StageWork;
import io.bqx.core.report.WorkPlan;
import io.bqx.features.Currency;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompletionReportTest {

  private static final List<String> STAGES =
      List.of("1.5", "2.11", "2.12", "2.14", "2.3", "2.4", "2.16B");

  private static CompletionReport report(SmallMarket market) {
    return market.job().report(WorkPlan.ofDefaults());
  }

  @Test
  void aFinishedJobIsReportedStageByStage() {
    try (SmallMarket market = SmallMarket.create("reported")) {
      RunReport run = market.job().run();

      CompletionReport report = report(market);

      assertThat(report.isComplete()).isTrue();
      assertThat(report.stages()).extracting(StageWork::stage).isEqualTo(STAGES);
      assertThat(report.stages())
          .allSatisfy(
              stage -> {
                assertThat(stage.partitions()).isEqualTo(9);
                assertThat(stage.isComplete()).isTrue();
                assertThat(stage.retries()).isZero();
              });
      assertThat(report.rows()).isEqualTo(run.rows());
      assertThat(report.rewrites()).hasSize(3 * 9);
      assertThat(report.runs()).extracting(JobRun::ending).containsExactly(JobRun.Ending.DONE);
      assertThat(report.runs().get(0).rewrites()).isEqualTo(3 * 9);
      assertThat(report.busy()).isPositive().isLessThanOrEqualTo(report.elapsed());
      assertThat(report.pace(10)).hasSize(10);
      assertThat(report.slowest(5)).hasSize(5);
      assertThat(report.plan()).hasSize(2);
      assertThat(report.families())
          .extracting(ColumnFamily::name)
          .contains("bqx return", "basket momentum", "bloc coherence", "arbitrage profit");
      assertThat(report.families())
          .filteredOn(f -> f.name().equals("bloc coherence"))
          .allSatisfy(f -> assertThat(f.nullShare()).isBetween(0.01, 0.9));
    }
  }

  @Test
  void basketsBlocsAndMispricingsAreThoseOfTheTables() {
    try (SmallMarket market = SmallMarket.create("pictured")) {
      market.job().run();

      CompletionReport report = report(market);

      MarketHistory history = report.market().orElseThrow();
      assertThat(history.baskets())
          .extracting(MarketHistory.Line::name)
          .isEqualTo(SmallMarket.UNIVERSE.currencies().stream().map(Currency::code).toList());
      double mean =
          market
              .sql()
              .fetchSingle(
                  "SELECT avg(usd_basket_index) FROM %s.%s WHERE ts_utc >= '2024-08-01' AND ts_utc < '2024-08-02'"
                      .formatted(market.schema(), history.source()))
              .get(0, Double.class);
      int august = history.times().stream().map(time -> time.getMonthValue()).toList().indexOf(8);
      assertThat(history.baskets().get(0).values()[august]).isEqualTo(mean);
      assertThat(report.mispricings().orElseThrow().days()).hasSize(3);
      double largest =
          market
              .sql()
              .fetchSingle(
                  "SELECT max(eurjpy_arbitrage_max_profit) FROM %s.%s WHERE ts_utc < '2024-08-01'"
                      .formatted(market.schema(), history.source()))
              .get(0, Double.class);
      assertThat(report.mispricings().get().pairs().get(0).name()).isEqualTo("eurjpy");
      assertThat(report.mispricings().get().pairs().get(0).values()[0]).isEqualTo(largest);
    }
  }

  @Test
  void theSharedLayoutIsReportedFromTheTableOfTheMarket() {
    try (SmallMarket market = SmallMarket.create("reported_shared")) {
      market.job().layout(Layout.SHARED).run();

      CompletionReport report = report(market);

      assertThat(report.layout()).isEqualTo(Layout.SHARED);
      assertThat(report.isComplete()).isTrue();
      assertThat(report.stages())
          .filteredOn(s -> s.stage().equals("2.3"))
          .allMatch(s -> s.partitions() == 3);
      assertThat(report.market().orElseThrow().source()).isEqualTo("market_features");
      assertThat(report.plan())
          .allMatch(
              work ->
                  work.plannedTime().equals(report.plan().get(0).plannedTime())
                      || work.name().equals("tier1"));
      assertThat(HtmlReport.of(report)).contains("shared layout");
    }
  }

  @Test
  void beforeAnythingWasRunTheReportSaysSo() {
    try (SmallMarket market = SmallMarket.create("reported_early")) {
      CompletionReport report = report(market);

      assertThat(report.isComplete()).isFalse();
      assertThat(report.rewrites()).isEmpty();
      assertThat(report.runs()).isEmpty();
      assertThat(report.market()).isEmpty();
      assertThat(report.plan()).isEmpty();
      assertThat(MarkdownReport.of(report)).contains("| state | incomplete |");
    }
  }

  @Test
  void aMonthThatFailedIsReportedWithItsReasonAndTheOthersAsDone() {
    try (SmallMarket market = SmallMarket.create("reported_failed")) {
      market
          .sql()
          .execute(
              "UPDATE %s.m1_eurusd SET close = -1 WHERE time = '2024-09-01 00:50'"
                  .formatted(market.schema()));
      assertThat(market.job().run().exitCode()).isEqualTo(1);

      CompletionReport report = report(market);

      assertThat(report.isComplete()).isFalse();
      assertThat(report.runs()).extracting(JobRun::ending).containsExactly(JobRun.Ending.FAILED);
      assertThat(report.stages().get(0).done()).isLessThan(9).isGreaterThanOrEqualTo(6);
      assertThat(report.monthFailures())
          .extracting(MonthFailure::month)
          .containsExactly(SmallMarket.LAST);
      assertThat(MarkdownReport.of(report))
          .contains("not begun")
          .containsPattern("the whole month \\| 2024-09 .*eurusd.*2024-09-01T00:50");
      assertThat(JsonReport.of(report)).contains("\"months_failed\" : [ {");
      assertThat(report.market()).isPresent();
    }
  }

  @Test
  void aRunThatNeverSaidThatItEndedAndHasNoClaimWasKilled() {
    try (SmallMarket market = SmallMarket.create("reported_killed")) {
      market.ledger().create();
      market
          .ledger()
          .startRun(
              RunDescription.months(SmallMarket.FIRST, SmallMarket.LAST)
                  .worker("4711@gone")
                  .stages(STAGES)
                  .build());
      market.job().run();

      CompletionReport report = report(market);

      assertThat(report.interruptions())
          .singleElement()
          .satisfies(run -> assertThat(run.worker()).isEqualTo("4711@gone"));
      assertThat(report.requestChanges()).anyMatch(line -> line.startsWith("worker: "));
      assertThat(MarkdownReport.of(report)).contains("| interruptions | 1 killed |");
    }
  }

  @Test
  void oneMonthAndAChangedBarAreComparedWithTheEarlierReport() {
    try (SmallMarket market = SmallMarket.create("reported_again")) {
      market.job(SmallMarket.LAST, SmallMarket.LAST).run();
      CompletionReport before =
          market.job(SmallMarket.LAST, SmallMarket.LAST).report(WorkPlan.ofDefaults());
      market
          .sql()
          .execute(
              "UPDATE %s.m1_eurusd SET close = close * 1.001 WHERE time = (SELECT max(time) FROM %1$s.m1_eurusd)"
                  .formatted(market.schema()));
      market.job(SmallMarket.LAST, SmallMarket.LAST).cost(0.05).run();

      CompletionReport after =
          market
              .job(SmallMarket.LAST, SmallMarket.LAST)
              .cost(0.05)
              .report(WorkPlan.ofDefaults())
              .since(before.contents());

      assertThat(after.isComplete()).isTrue();
      assertThat(after.changes().orElseThrow().stages())
          .extracting(ContentChange::changed)
          .containsExactly(1, 1, 1, 1, 3, 3, 3);
      assertThat(after.requestChanges()).singleElement().asString().contains("cost=0.05");
      assertThat(after.rows()).isEqualTo(before.rows());
      assertThat(after.partitions()).isEqualTo(before.partitions()).isEqualTo(9);
    }
  }
}
