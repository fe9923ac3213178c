package io.bqx.core.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.TableFamily;
import io.bqx.features.CurrencyPair;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Two machines at 3.60 USD an hour, a tenth of a cent per second. The run on the first one stored
 * two partitions at the same time and was killed; the one on the second stored a third.
 */
class RentedMachinesTest {

  private static final Instant START = SampleReport.START;

  private final MachineUse first =
      machine("i-1", 0, 100, "0.10", Optional.of("terminated, instance-terminated-by-price"));
  private final MachineUse second = machine("i-2", 150, 400, "0.25", Optional.empty());

  @Test
  void anInterruptionSaysWhenOnWhatMachineWhyAndWhatItCost() {
    Interruption interruption = report().onMachines(List.of(first, second)).interruptions().get(0);

    assertThat(interruption.at()).isEqualTo(at(60));
    assertThat(interruption.ending()).isEqualTo(JobRun.Ending.KILLED);
    assertThat(interruption.worker()).isEqualTo("11@one");
    assertThat(interruption.machine()).contains("i-1");
    assertThat(interruption.reason()).isEqualTo("terminated, instance-terminated-by-price");
    assertThat(interruption.repeated()).as("as many as it wrote at once").isEqualTo(2);
    assertThat(interruption.resumed()).contains(at(200));
    assertThat(interruption.standstill()).contains(Duration.ofSeconds(140));
    assertThat(interruption.usd())
        .as("40 s of the first, 50 s of the second")
        .contains(usd("0.09"));
  }

  @Test
  void timeAndMoneyAddUpToTheMachines() {
    List<WorkComparison> rows = report().onMachines(List.of(second, first)).plan();

    assertThat(rows)
        .extracting(WorkComparison::name)
        .containsExactly("foundation", "tier1", "interruptions", "rest", "total");
    assertThat(rows)
        .extracting(row -> row.actualTime().toSeconds())
        .containsExactly(25L, 125L, 90L, 110L, 350L);
    assertThat(rows)
        .extracting(row -> row.actualCost().orElseThrow())
        .containsExactly(usd("0.03"), usd("0.13"), usd("0.09"), usd("0.10"), usd("0.35"));
    assertThat(rows.get(4).plannedCost()).contains(usd("5.00"));
    assertThat(rows.get(2).timeVariancePercent()).isEmpty();
    assertThat(rows.get(4).timeVariancePercent().orElseThrow()).isNegative();
  }

  @Test
  void withoutPricesThereAreNoCosts() {
    MachineUse unpriced =
        new MachineUse("i-1", "spot", at(0), at(100), Optional.empty(), Optional.empty());

    CompletionReport report = report().onMachines(List.of(unpriced, second));

    assertThat(report.plan()).allMatch(row -> row.actualCost().isEmpty());
    assertThat(report.interruptions().get(0).usd()).isEmpty();
    assertThat(report.interruptions().get(0).reason())
        .isEqualTo("its process was killed or cut off");
  }

  @Test
  void aMachineThatWasLostBeforeItsRunBeganIsAnInterruptionToo() {
    MachineUse idle = machine("i-0", 110, 140, "0.03", Optional.of("terminated"));

    List<Interruption> interruptions =
        report().onMachines(List.of(first, idle, second)).interruptions();

    assertThat(interruptions)
        .extracting(interruption -> interruption.machine().orElseThrow())
        .containsExactly("i-1", "i-0");
    assertThat(interruptions.get(1).worker()).isEmpty();
    assertThat(interruptions.get(1).resumed()).contains(at(200));
    assertThat(interruptions)
        .extracting(interruption -> interruption.usd().orElseThrow())
        .as("no second counts twice")
        .containsExactly(usd("0.04"), usd("0.08"));
  }

  @Test
  void aRunThatWasStoppedInOrderRepeatsNothingAndSaysWhy() {
    CompletionReport report =
        report(
            run("11@one", JobRun.Ending.CANCELLED, 10, Optional.of(at(70)), Optional.of("asked")));

    Interruption interruption = report.interruptions().get(0);
    assertThat(interruption.at()).isEqualTo(at(70));
    assertThat(interruption.reason()).isEqualTo("asked");
    assertThat(interruption.repeated()).isZero();
    assertThat(interruption.machine()).isEmpty();
  }

  @Test
  void allThreeFormsHaveBothTables() {
    CompletionReport report = report().onMachines(List.of(first, second));

    assertThat(MarkdownReport.of(report))
        .contains(
            "| 2024-09-02 10:01:00 | killed | 11@one | i-1 |"
                + " terminated, instance-terminated-by-price | at most 2 | 2024-09-02 10:03:20 |"
                + " 2 min 20 s | 0.09 |",
            "| i-2 | spot c7i.8xlarge | 2024-09-02 10:02:30 | 2024-09-02 10:06:40 | 4 min 10 s |"
                + " 0.25 |  |",
            "| interruptions |  | 1 min 30 s |  | 0.00 | 0.09 |  |",
            "Actual is the time of the rented machines");
    assertThat(JsonReport.of(report))
        .contains("\"standstill_seconds\" : 140.0", "\"repeated_partitions_at_most\" : 2");
    assertThat(HtmlReport.of(report))
        .contains("<h2>Interruptions</h2>", "<h2>Machines</h2>", "<td class=\"n\">0.09</td>");
    assertThat(HtmlReport.of(SampleReport.empty())).doesNotContain("<h2>Machines</h2>");
  }

  private static CompletionReport report() {
    return report(run("11@one", JobRun.Ending.KILLED, 10, Optional.empty(), Optional.empty()));
  }

  /** Of stage 1.5 with 10 columns, and 2.3 with 10; in the third partition 2.3 alone. */
  private static CompletionReport report(JobRun interrupted) {
    List<Rewrite> rewrites =
        new ArrayList<>(
            List.of(
                rewrite(TableFamily.BQX, "eurusd", 10, 60, "11@one", 0),
                rewrite(TableFamily.REG_BQX, "eurusd", 10, 60, "11@one", 1),
                rewrite(TableFamily.REG_BQX, "usdjpy", 200, 300, "22@two", 0)));
    CompletionReport empty = SampleReport.empty();
    return new CompletionReport(
        at(500),
        empty.schema(),
        empty.layout(),
        empty.from(),
        empty.to(),
        empty.pairMonths(),
        List.of(stage("1.5"), stage("2.3")),
        rewrites,
        List.of(
            interrupted,
            run("22@two", JobRun.Ending.DONE, 190, Optional.of(at(310)), Optional.empty())),
        List.of(),
        empty.families(),
        List.of(planned("foundation", "1.5", "1.00"), planned("tier1", "2.3", "4.00")),
        empty.market(),
        empty.mispricings(),
        empty.validation(),
        empty.changes());
  }

  private static Rewrite rewrite(
      TableFamily table, String pair, int from, int to, String worker, int lane) {
    return SampleReport.rewrite(table, CurrencyPair.of(pair), SampleReport.JULY)
        .between(at(from), at(to))
        .by(worker, lane)
        .build();
  }

  private static StageWork stage(String id) {
    return new StageWork(
        id, id, 28, 28, 0, 28, 10, Duration.ZERO, Optional.empty(), Optional.empty(), 0, 1);
  }

  private static WorkComparison planned(String name, String stage, String cost) {
    return new WorkComparison(
        name,
        List.of(stage),
        Duration.ofHours(1),
        Duration.ZERO,
        Optional.of(usd(cost)),
        Optional.empty());
  }

  private static JobRun run(
      String worker,
      JobRun.Ending ending,
      int started,
      Optional<Instant> finished,
      Optional<String> message) {
    return new JobRun(
        worker,
        worker,
        SampleReport.JULY,
        SampleReport.JULY,
        List.of("1.5", "2.3"),
        "",
        SampleReport.empty().layout(),
        ending,
        at(started),
        finished,
        message,
        1,
        1);
  }

  private static MachineUse machine(
      String id, int started, int ended, String cost, Optional<String> lost) {
    return new MachineUse(
        id, "spot c7i.8xlarge", at(started), at(ended), Optional.of(usd(cost)), lost);
  }

  private static Instant at(int second) {
    return START.plusSeconds(second);
  }

  private static BigDecimal usd(String amount) {
    return new BigDecimal(amount);
  }
}
