package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.run.RunPlan.PlannedPartition;
import io.bqx.core.stage.Stage;
import io.bqx.core.stage.StageSource;
import io.bqx.core.stage.Stages;
import io.bqx.core.testing.TestDatabase;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureFrame;
import io.bqx.features.FeatureType;
import io.bqx.features.Formula;
import io.bqx.features.TriangularArbitrage;
import io.bqx.features.Universe;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class Phase2Test {

  private static final int PARTITIONS = 3 * 3;

  @Test
  void everyPartitionOfEveryTableIsFilled() {
    try (SmallMarket market = SmallMarket.create("fill")) {
      RunReport report = market.job().run();

      assertThat(report.counts()).containsOnly(Map.entry(State.DONE, (long) PARTITIONS));
      assertThat(report.exitCode()).isZero();
      assertThat(market.checksums().values()).noneMatch(c -> c.startsWith("0 rows"));
      assertThat(market.leftovers()).isEmpty();
    }
  }

  @Test
  void stagesRunOneByOneGiveTheSameContentAsAllAtOnce() {
    try (SmallMarket staged = SmallMarket.create("staged")) {
      for (String stage : List.of("1.5", "2.11", "2.12", "2.14", "2.3", "2.4", "2.16B")) {
        assertThat(staged.job().stages(stage).run().failures()).isEmpty();
      }

      assertThat(staged.checksums()).isEqualTo(SmallMarket.undisturbed(SmallMarket.COST));
    }
  }

  @Test
  void monthsRunInAnyOrderGiveTheSameContentAsOneRun() {
    try (SmallMarket apart = SmallMarket.create("apart")) {
      for (int month : List.of(8, 9, 7)) {
        assertThat(apart.job(YearMonth.of(2024, month), YearMonth.of(2024, month)).run().failures())
            .isEmpty();
      }

      assertThat(apart.checksums()).isEqualTo(SmallMarket.undisturbed(SmallMarket.COST));
    }
  }

  @Test
  void aSecondRunHasNothingToDo() {
    try (SmallMarket market = SmallMarket.create("again")) {
      market.job().run();
      Map<String, String> before = market.checksums();

      RunReport second = market.job().run();

      assertThat(second.counts()).containsOnly(Map.entry(State.UP_TO_DATE, (long) PARTITIONS));
      assertThat(second.exitCode()).isZero();
      assertThat(market.checksums()).isEqualTo(before);
    }
  }

  @Test
  void aPlanSaysWhatIsDueAndWhyAndChangesNothing() {
    try (SmallMarket market = SmallMarket.create("plan")) {
      RunPlan fresh = market.job().plan();

      assertThat(fresh.due()).hasSize(PARTITIONS);
      assertThat(fresh.due().get(0).due().keySet())
          .containsExactly("1.5", "2.11", "2.12", "2.14", "2.3", "2.4", "2.16B");
      assertThat(fresh.due().get(0).due().values()).containsOnly(DueReason.NEVER_DONE);
      assertThat(fresh.rows()).isPositive();
      assertThat(fresh.estimate()).isEmpty();
      assertThat(tables(market)).noneMatch(t -> t.startsWith("reg_") || t.startsWith("ledger"));

      market.job().run();
      assertThat(market.job().plan().due()).isEmpty();
    }
  }

  @Test
  void aChangedBarMakesDueWhatDependsOnItAndNothingElse() {
    try (SmallMarket market = SmallMarket.create("changed");
        SmallMarket fresh = SmallMarket.create("fresh")) {
      market.job().run();
      String update =
          "UPDATE %s.m1_eurusd SET close = close * 1.001 WHERE time = '2024-09-01 00:50'";
      market.sql().execute(update.formatted(market.schema()));
      fresh.sql().execute(update.formatted(fresh.schema()));

      RunPlan plan = market.job().plan();
      assertThat(dueStages(plan, "eurusd", 9))
          .containsExactly("1.5", "2.11", "2.12", "2.14", "2.3", "2.4", "2.16B");
      assertThat(dueStages(plan, "usdjpy", 9)).containsExactly("2.3", "2.4", "2.16B");
      assertThat(dueStages(plan, "eurusd", 8)).isEmpty();
      assertThat(plan.due().get(0).due().values()).containsOnly(DueReason.INPUT_CHANGED);

      market.job().run();
      fresh.job().run();
      assertThat(market.checksums()).isEqualTo(fresh.checksums());
    }
  }

  @Test
  void aChangedParameterMakesDueTheStageThatHasIt() {
    try (SmallMarket market = SmallMarket.create("parameter")) {
      market.job().run();

      RunPlan plan = market.job().cost(0.005).plan();
      assertThat(plan.due()).hasSize(PARTITIONS);
      assertThat(plan.due())
          .allSatisfy(
              p -> assertThat(p.due()).isEqualTo(Map.of("2.4", DueReason.PARAMETERS_CHANGED)));

      market.job().cost(0.005).run();
      assertThat(market.checksums()).isEqualTo(SmallMarket.undisturbed(0.005));
    }
  }

  @Test
  void tablesMadeElsewhereAreExtendedAndTheirColumnsStayByteForByte() {
    try (SmallMarket market = SmallMarket.create("elsewhere")) {
      market.job().stages("1.5", "2.11", "2.12", "2.14").run();
      dropTheLedger(market);
      market
          .sql()
          .execute(
              "UPDATE %s.reg_bqx_eurusd SET w6_prediction = w6_prediction + 1e-13 WHERE w6_prediction IS NOT NULL"
                  .formatted(market.schema()));
      Map<String, String> before = foundation(market);

      RunReport report = market.job().run();

      assertThat(report.failures()).isEmpty();
      assertThat(report.outcomes())
          .allSatisfy(o -> assertThat(o.stages()).containsExactly("2.3", "2.4", "2.16B"));
      assertThat(foundation(market)).isEqualTo(before);
      assertThat(columns(market)).isEqualTo(fullWidth());
      assertThat(
              market
                  .sql()
                  .fetchValue(
                      "SELECT count(usd_basket_index) FROM %s.reg_bqx_eurusd"
                          .formatted(market.schema())))
          .isNotEqualTo(0L);
    }
  }

  @Test
  void aMonthWhoseLookbackIsMissingIsRefusedByName() {
    try (SmallMarket market = SmallMarket.create("lookback")) {
      market
          .sql()
          .execute(
              "DELETE FROM %s.m1_usdjpy WHERE time >= '2024-08-01' AND time < '2024-09-01'"
                  .formatted(market.schema()));

      RunReport report = market.job(YearMonth.of(2024, 9), YearMonth.of(2024, 9)).run();

      assertThat(report.exitCode()).isEqualTo(1);
      assertThat(report.failures()).hasSize(3);
      assertThat(report.failures().get(0).message().orElseThrow())
          .contains("m1_usdjpy", "2024-08", "Import");
    }
  }

  @Test
  void aStageWhoseSourceIsDueButNotAskedForIsRefusedByName() {
    try (SmallMarket market = SmallMarket.create("upstream")) {
      RunReport report = market.job().stages("2.3").run();

      assertThat(report.exitCode()).isEqualTo(1);
      assertThat(report.failures()).hasSize(PARTITIONS);
      assertThat(report.failures().get(0).message().orElseThrow())
          .contains("Stage 2.3 needs stage 2.12", "never done", "add 2.12");
      assertThat(tables(market)).noneMatch(t -> t.startsWith("reg_"));
    }
  }

  @Test
  void aStageThatNeedsOnlyBarsStillNeedsTheStageThatDecidesTheRowsOfItsTable() {
    try (SmallMarket market = SmallMarket.create("rows")) {
      RunReport report = market.job().stages("2.4").run();

      assertThat(report.failures()).hasSize(PARTITIONS);
      assertThat(report.failures().get(0).message().orElseThrow())
          .contains("Stage 2.4 needs stage 2.12", "add 2.12");
      assertThat(tables(market)).noneMatch(t -> t.startsWith("reg_"));
    }
  }

  @Test
  void aPartitionThatSomebodyDroppedIsDueAgain() {
    try (SmallMarket market = SmallMarket.create("dropped")) {
      market.job().run();
      Map<String, String> before = market.checksums();
      market
          .sql()
          .execute(
              String.format(Locale.ROOT, "DROP TABLE %s.reg_bqx_eurusd_2024_09", market.schema()));

      RunPlan plan = market.job().plan();
      assertThat(dueStages(plan, "eurusd", 9))
          .containsExactly("2.12", "2.14", "2.3", "2.4", "2.16B");
      assertThat(plan.due()).hasSize(1);

      market.job().run();
      assertThat(market.checksums()).isEqualTo(before);
    }
  }

  @Test
  void aTableThatIsMadeAgainWithFewerStagesHasTheOthersDue() {
    try (SmallMarket market = SmallMarket.create("again")) {
      market.job().run();
      Map<String, String> before = market.checksums();
      market
          .sql()
          .execute(String.format(Locale.ROOT, "DROP TABLE %s.reg_bqx_eurusd", market.schema()));

      market.job().stages("2.12", "2.14").run();
      RunReport rest = market.job().run();

      assertThat(rest.outcomes().stream().filter(o -> o.state() == State.DONE))
          .hasSize(3)
          .allSatisfy(o -> assertThat(o.stages()).containsExactly("2.3", "2.4", "2.16B"));
      assertThat(market.checksums()).isEqualTo(before);
    }
  }

  @Test
  void valuesThatSomebodyChangedAreRepairedByDoingTheirStageAgain() {
    try (SmallMarket market = SmallMarket.create("repair")) {
      market.job().run();
      Map<String, String> before = market.checksums();
      market
          .sql()
          .execute(
              String.format(
                  Locale.ROOT,
                  "UPDATE %s.reg_bqx_eurusd SET usd_basket_index = 1",
                  market.schema()));
      assertThat(market.job().validate().exitCode()).isEqualTo(1);
      assertThat(market.job().plan().due()).isEmpty();

      RunReport report = market.job().stages("2.3").redo().run();

      assertThat(report.counts()).containsOnly(Map.entry(State.DONE, (long) PARTITIONS));
      assertThat(market.checksums()).isEqualTo(before);
      assertThat(market.job().validate().exitCode()).isZero();
    }
  }

  @Test
  void aBarThatComesLaterThanTheFirstBaselineMovesIt() {
    try (SmallMarket market = SmallMarket.create("baseline")) {
      Instant baseline = Instant.parse("2024-07-01T00:10:00Z");
      market.job().baseline(baseline).run();
      market
          .sql()
          .execute(
              String.format(
                  Locale.ROOT,
                  "UPDATE %s.m1_eurusd SET close = 2 WHERE time = (SELECT min(time) FROM"
                      + " %s.m1_eurusd WHERE time >= '2024-07-01 00:10')",
                  market.schema(),
                  market.schema()));

      market.job().baseline(baseline).run();

      assertThat(
              market
                  .sql()
                  .fetchValue(
                      String.format(
                          Locale.ROOT,
                          "SELECT rate_index FROM %s.bqx_eurusd WHERE ts_utc >= '2024-07-01 00:10'"
                              + " ORDER BY ts_utc LIMIT 1",
                          market.schema())))
          .isEqualTo(100.0);
    }
  }

  @Test
  void aStageOfTheCallersOwnAddsItsColumnsAfterTheBuiltInOnes() {
    try (SmallMarket market = SmallMarket.create("own")) {
      Universe inverted =
          Universe.ofPairs(SmallMarket.UNIVERSE.currencies(), SmallMarket.UNIVERSE.pairs());
      Stage<?> own =
          Stage.computing(
                  "3.1",
                  StageSource.MARKET_CLOSES,
                  new Renamed<>(TriangularArbitrage.of(inverted, 1, 0), "own_"))
              .named("round trips at one percent")
              .build();

      assertThat(market.job().with(own).run().failures()).isEmpty();

      List<String> columns = columns(market);
      assertThat(columns.subList(0, fullWidth().size())).isEqualTo(fullWidth());
      assertThat(columns).endsWith("own_usdjpy_arbitrage_max_profit");
    }
  }

  @Test
  void aStageWhoseColumnsAreOfAnotherStageIsRefusedWhenItIsMade() {
    Stage.Builder<?> own =
        Stage.computing(
            "own",
            StageSource.MARKET_CLOSES,
            new Renamed<>(TriangularArbitrage.of(SmallMarket.UNIVERSE, 1, 0), "own_"));

    assertThatThrownBy(own::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("Stage own cannot be made", "column own_", "is of stage 3.1");
  }

  @Test
  void anErrorInAFormulaFailsThePartitionsThatNeedItAndTheirMonthsAreGivenBack() {
    try (SmallMarket market = SmallMarket.create("error")) {
      for (StageSource<?> source :
          List.of(StageSource.BQX_RETURN, StageSource.MARKET_PREDICTIONS)) {
        Stage<?> own = Stage.computing("3.1", source, new OutOfMemory<>()).build();

        RunReport report = market.job().with(own).run();

        assertThat(report.outcomes()).hasSize(PARTITIONS);
        assertThat(report.failures())
            .hasSize(PARTITIONS)
            .allSatisfy(o -> assertThat(o.message()).hasValue("OutOfMemoryError: no room"));
        assertThat(market.ledger().claims()).isEmpty();
      }
    }
  }

  /** A formula that never succeeds. */
  private record OutOfMemory<I>() implements Formula<I> {

    @Override
    public List<FeatureColumn> columns() {
      return List.of(new FeatureColumn("own_column", FeatureType.DOUBLE, "3.1", "percent", 0));
    }

    @Override
    public int lookback() {
      return 0;
    }

    @Override
    public FeatureFrame compute(I input) {
      throw new OutOfMemoryError("no room");
    }

    @Override
    public void computeInto(I input, FeatureFrame out) {
      throw new OutOfMemoryError("no room");
    }
  }

  @Test
  void olderBarsThatGiveAMonthMoreRowsMakeDueAllStagesOfItsTable() {
    Instant baseline = Instant.parse("2024-08-01T00:00:00Z");
    YearMonth august = SmallMarket.FIRST.plusMonths(1);
    try (SmallMarket market = SmallMarket.create("older");
        SmallMarket fresh = SmallMarket.create("fresh")) {
      bars(
          market,
          "CREATE TABLE %1$s.older_%2$s AS SELECT * FROM %1$s.m1_%2$s WHERE time < '2024-08-01'");
      bars(market, "DELETE FROM %1$s.m1_%2$s WHERE time < '2024-08-01'");
      RunReport first = market.job(august, SmallMarket.LAST).baseline(baseline).run();
      assertThat(first.failures()).isEmpty();
      bars(market, "INSERT INTO %1$s.m1_%2$s SELECT * FROM %1$s.older_%2$s");

      RunPlan plan = market.job().baseline(baseline).plan();
      assertThat(plan.due())
          .filteredOn(p -> p.month().equals(august))
          .hasSize(3)
          .allSatisfy(p -> assertThat(p.due()).containsEntry("2.4", DueReason.INPUT_CHANGED));
      assertThat(market.job().baseline(baseline).run().failures()).isEmpty();

      fresh.job().baseline(baseline).run();
      assertThat(market.checksums()).isEqualTo(fresh.checksums());
    }
  }

  @Test
  void aPlanOfBarsThatMayNotBeReadSaysWhichAndWhatTheServerSaid() {
    try (SmallMarket market = SmallMarket.create("forbidden")) {
      String role = market.schema() + "_role";
      TestDatabase.execute("CREATE ROLE " + role + " LOGIN PASSWORD 'of a test'");
      try {
        TestDatabase.execute("GRANT USAGE ON SCHEMA " + market.schema() + " TO " + role);
        PGSimpleDataSource dataSource = (PGSimpleDataSource) TestDatabase.dataSource();
        dataSource.setUser(role);
        dataSource.setPassword("of a test");

        assertThatThrownBy(() -> market.job(dataSource).plan())
            .isInstanceOf(BqxException.class)
            .hasMessageMatching(
                "Cannot plan 2024-07: Cannot read m1_[a-z]{6}: ERROR: permission denied .*");
      } finally {
        TestDatabase.execute("DROP OWNED BY " + role + " CASCADE");
        TestDatabase.execute("DROP ROLE " + role);
      }
    }
  }

  private static void bars(SmallMarket market, String statement) {
    for (CurrencyPair pair : SmallMarket.UNIVERSE.pairs()) {
      market.sql().execute(String.format(Locale.ROOT, statement, market.schema(), pair));
    }
  }

  @Test
  void aCancelledRunFinishesWhatItHasInHandAndSaysWhatIsLeft() throws InterruptedException {
    try (SmallMarket market = SmallMarket.create("cancel")) {
      CompletableFuture<Run> run = new CompletableFuture<>();
      RunListener cancelAfterThree =
          new RunListener() {
            @Override
            public void partitionFinished(PartitionOutcome outcome, RunProgress progress) {
              if (progress.finished() == 3) {
                run.join().cancel();
              }
            }
          };
      run.complete(market.job().listener(cancelAfterThree).start());
      RunReport report = run.join().await();

      assertThat(report.exitCode()).isEqualTo(1);
      assertThat(report.outcomes()).hasSize(PARTITIONS);
      assertThat(report.failures()).isEmpty();
      assertThat(report.counts()).containsKeys(State.DONE, State.CANCELLED);

      market.job().run();
      assertThat(market.checksums()).isEqualTo(SmallMarket.undisturbed(SmallMarket.COST));
    }
  }

  @Test
  void aRunThatIsCancelledForAReasonNamesItInTheReportAndInTheLedger() throws InterruptedException {
    try (SmallMarket market = SmallMarket.create("reason")) {
      CompletableFuture<Run> run = new CompletableFuture<>();
      RunListener cancelTwice =
          new RunListener() {
            @Override
            public void runStarted(RunProgress progress) {
              run.join().cancel("the machine is wanted back");
              run.join().cancel("another reason");
            }
          };
      CompletableFuture<RunReport> heard = new CompletableFuture<>();
      run.complete(market.job().listener(cancelTwice).start());
      run.join().completion().thenAccept(heard::complete);
      RunReport report = run.join().await();

      assertThat(heard).succeedsWithin(Duration.ofSeconds(30)).isEqualTo(report);
      assertThat(report.outcomes())
          .hasSize(PARTITIONS)
          .allMatch(
              o ->
                  o.message()
                      .equals(
                          Optional.of(
                              "The run was cancelled before this month: the machine is wanted back")));
      assertThat(
              market
                  .sql()
                  .fetchSingle(
                      "SELECT state, message FROM {0}",
                      DSL.table(DSL.name(market.schema(), "ledger_runs")))
                  .intoMap())
          .containsEntry("state", "cancelled")
          .containsEntry("message", "{CANCELLED=" + PARTITIONS + "}: the machine is wanted back");
    }
  }

  @Test
  void aListenerHearsTheStartEveryPartitionAndTheEnd() {
    try (SmallMarket market = SmallMarket.create("listener")) {
      List<String> heard = new ArrayList<>();
      RunListener listener =
          new RunListener() {
            @Override
            public void runStarted(RunProgress progress) {
              heard.add("started " + progress.partitions());
            }

            @Override
            public void partitionFinished(PartitionOutcome outcome, RunProgress progress) {
              heard.add("finished");
              assertThat(progress.remaining()).isPresent();
            }

            @Override
            public void runFinished(RunReport report) {
              heard.add("ended " + report.exitCode());
            }
          };

      market.job().listener(listener).run();

      assertThat(heard)
          .hasSize(PARTITIONS + 2)
          .startsWith("started " + PARTITIONS)
          .endsWith("ended 0");
    }
  }

  @Test
  void settingsFailWhereTheMistakeIs() {
    Phase2 job = Phase2.on(TestDatabase.dataSource()).workers(8);

    assertThatThrownBy(() -> job.workers(4)).hasMessage("workers was already set to 8");
    assertThatThrownBy(() -> Phase2.on(TestDatabase.dataSource()).workers(0))
        .hasMessageContaining("workers");
    assertThatThrownBy(() -> Phase2.on(TestDatabase.dataSource()).run())
        .hasMessageContaining("months");
    assertThatThrownBy(() -> job.months(YearMonth.of(2024, 8), YearMonth.of(2024, 7)))
        .hasMessageContaining("2024-07")
        .hasMessageContaining("2024-08");
    assertThatThrownBy(
            () -> job.months(YearMonth.of(2024, 7), YearMonth.of(2024, 7)).stages("9.9").plan())
        .hasMessageContaining("'9.9'")
        .hasMessageContaining("2.16B");
  }

  private static void dropTheLedger(SmallMarket market) {
    tables(market).stream()
        .filter(t -> t.startsWith("ledger_"))
        .forEach(
            t -> market.sql().execute("DROP TABLE %s.%s CASCADE".formatted(market.schema(), t)));
  }

  private static Set<String> tables(SmallMarket market) {
    return market
        .sql()
        .fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = '%s'::regnamespace AND relkind IN ('r', 'p')"
                .formatted(market.schema()))
        .intoSet(0, String.class);
  }

  private static Map<String, String> foundation(SmallMarket market) {
    Stages stages = Stages.builtIn(SmallMarket.UNIVERSE, SmallMarket.WINDOWS, 0.02, 0);
    String columns =
        stages.schemaOf(TableFamily.REG_BQX).upTo("2.14").columns().stream()
            .map(c -> c.name())
            .collect(Collectors.joining(", "));
    Map<String, String> foundation = new TreeMap<>();
    for (CurrencyPair pair : SmallMarket.UNIVERSE.pairs()) {
      PairTable table = market.table(TableFamily.REG_BQX, pair.name());
      foundation.put(
          table.name(),
          market
              .sql()
              .fetchValue(
                  "SELECT md5(string_agg(t::text, '|' ORDER BY ts_utc)) FROM (SELECT %s FROM %s.%s) t"
                      .formatted(columns, market.schema(), table.name()))
              .toString());
    }
    return foundation;
  }

  private static List<String> columns(SmallMarket market) {
    return market
        .sql()
        .fetch(
            "SELECT attname FROM pg_attribute WHERE attrelid = '%s.reg_bqx_eurusd'::regclass AND attnum > 0 ORDER BY attnum"
                .formatted(market.schema()))
        .getValues(0, String.class);
  }

  private static List<String> fullWidth() {
    return Stages.builtIn(SmallMarket.UNIVERSE, SmallMarket.WINDOWS, 0.02, 0)
        .schemaOf(TableFamily.REG_BQX)
        .columns()
        .stream()
        .map(c -> c.name())
        .toList();
  }

  private static List<String> dueStages(RunPlan plan, String pair, int month) {
    return plan.partitions().stream()
        .filter(p -> p.scope().name().equals(pair) && p.month().getMonthValue() == month)
        .map(PlannedPartition::due)
        .flatMap(due -> due.keySet().stream())
        .toList();
  }
}
