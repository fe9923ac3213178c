package io.bqx.aws.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bqx.aws.AwsClients;
import io.bqx.aws.cost.Usd;
import io.bqx.aws.testing.StubAws;
import io.bqx.aws.testing.StubAws.StubMachine;
import io.bqx.aws.testing.TestTime;
import io.bqx.core.BqxException;
import io.bqx.core.run.JobStatus;
import io.bqx.core.run.JobStatus.StageMonth;
import io.bqx.core.validation.Check;
import io.bqx.core.validation.ValidationReport;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TerminationTest {

  private static final String ID = "i-0123456789abcdef0";
  private static final String LOGS = "bqx-example/logs/phase2/" + ID;
  private static final TerminationOrder CONFIRMED =
      TerminationOrder.ofDefaults().confirmedBy("TERMINATE");

  @TempDir private Path folder;

  private final StubAws aws = new StubAws();
  private final AwsClients clients = aws.clients();
  private final TestTime time = new TestTime();
  private final List<GateResult> shown = new ArrayList<>();

  @AfterEach
  void stop() {
    clients.close();
    aws.close();
  }

  @Test
  void aWorkerEndsPastOpenGatesAndAwsSaysThatItIsGone() {
    StubMachine machine = machine();
    archiveLogs();
    aws.openSpotRequest("sir-0123456a");

    TerminationReport report = openGates(worker()).terminate(CONFIRMED);

    assertThat(machine.state()).isEqualTo("terminated");
    assertThat(report.machine().orElseThrow().state()).isEqualTo("terminated");
    assertThat(report.gates())
        .extracting(GateResult::name)
        .containsExactly("ledger-complete", "validation-green", "export-verified", "logs-archived");
    assertThat(report.gates()).allMatch(GateResult::open);
    assertThat(report.spotRequests()).containsExactly("sir-0123456a");
    assertThat(report.leftovers()).isEmpty();
    assertThat(report.state().last().orElseThrow().phase()).isEqualTo(Attempt.Phase.ENDED);
  }

  @Test
  void whatIsLeftOverIsNamed() {
    machine();
    archiveLogs();
    aws.answer(
        "DescribeVolumes",
        content ->
            "<volumeSet><item><volumeId>vol-0123456789abcdef0</volumeId><size>30</size><status>available</status></item></volumeSet>");
    aws.answer(
        "DescribeAddresses",
        content ->
            "<addressesSet><item><allocationId>eipalloc-0123456789abcdef0</allocationId><publicIp>203.0.113.9</publicIp></item></addressesSet>");

    TerminationReport report = openGates(worker()).terminate(CONFIRMED);

    assertThat(report.leftovers())
        .containsExactly(
            "vol-0123456789abcdef0 (30 GB, available)", "eipalloc-0123456789abcdef0 (203.0.113.9)");
  }

  @Test
  void gatesThatNobodyNamedAreClosed() {
    machine();

    TerminationRefusedException refused =
        catchThrowableOfType(
            TerminationRefusedException.class, () -> worker().terminate(CONFIRMED));

    assertThat(refused)
        .hasMessageContaining("ledger-complete is closed (nothing was named that could tell)")
        .hasMessageContaining("logs-archived is closed (there is no s3://" + LOGS + "/run.log)");
    assertThat(refused.gates()).hasSize(4).noneMatch(GateResult::open);
    assertThat(shown).isEqualTo(refused.gates());
    assertThat(aws.calls("TerminateInstances")).isEmpty();
  }

  @Test
  void aRunThatIsNotCompleteKeepsItsMachine() {
    machine();
    archiveLogs();
    Worker worker =
        worker()
            .gate(Gate.ledgerComplete(() -> status(27, 1)))
            .gate(Gate.validationGreen(() -> validation(1)))
            .gate(Gate.exportVerified(List::of));

    assertThatThrownBy(() -> worker.terminate(CONFIRMED))
        .isInstanceOf(TerminationRefusedException.class)
        .hasMessageContaining(
            "ledger-complete is closed (27 of 28 stages of partitions done, 0 running, 0 failed, 1"
                + " remaining)")
        .hasMessageContaining(
            "validation-green is closed (0 of 1 checks passed, the first that did not: every row"
                + " has its bar)");
  }

  @Test
  void anExportThatIsNotVerifiedKeepsItsMachine() {
    machine();
    Worker worker =
        worker()
            .gate(
                Gate.exportVerified(
                    () -> List.of("eurusd 2024-07 has no file", "usdjpy 2024-07 has no file")));

    assertThatThrownBy(() -> worker.terminate(CONFIRMED))
        .hasMessageContaining(
            "export-verified is closed (eurusd 2024-07 has no file (and 1 more))");
  }

  @Test
  void aGateThatCannotBeLookedAtIsClosed() {
    machine();
    archiveLogs();
    Worker worker =
        worker()
            .gate(
                Gate.ledgerComplete(
                    () -> {
                      throw new BqxException("The database is away");
                    }));

    assertThatThrownBy(() -> worker.terminate(CONFIRMED))
        .hasMessageContaining("it could not be found out: The database is away");
  }

  @Test
  void aGateIsSkippedForAReasonThatIsRecorded() {
    machine();
    archiveLogs();
    Worker worker =
        worker()
            .gate(Gate.ledgerComplete(() -> status(28, 0)))
            .gate(Gate.validationGreen(() -> validation(0)));

    TerminationReport report =
        worker.terminate(CONFIRMED.skippingGate(Gate.EXPORT_VERIFIED, "this run exports nothing"));

    assertThat(report.gates().get(2).skipped()).contains("this run exports nothing");
    assertThat(report.state().decisions())
        .extracting(Decision::what)
        .contains("The gate export-verified is skipped: this run exports nothing");
  }

  @Test
  void aGateIsNotSkippedWithoutAReasonOrWithoutBeingOne() {
    assertThatThrownBy(() -> CONFIRMED.skippingGate(Gate.EXPORT_VERIFIED, " "))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("without a reason");
    assertThatThrownBy(() -> worker().terminate(CONFIRMED.skippingGate("export", "no")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "the gates are ledger-complete, validation-green, export-verified, logs-archived");
  }

  @Test
  void withoutTheWordNothingIsDone() {
    machine();
    archiveLogs();
    for (TerminationOrder order :
        List.of(
            TerminationOrder.ofDefaults(),
            TerminationOrder.ofDefaults().confirmedBy("terminate"),
            TerminationOrder.ofDefaults().confirmedBy(Optional::empty))) {
      assertThatThrownBy(() -> openGates(worker()).terminate(order))
          .isInstanceOf(TerminationRefusedException.class)
          .hasMessageContaining("the word TERMINATE was not given");
    }
    assertThat(aws.calls("TerminateInstances")).isEmpty();
  }

  @Test
  void theWordIsAskedForOnlyWhenAllGatesArePassed() {
    machine();
    List<String> asked = new ArrayList<>();
    TerminationOrder order =
        TerminationOrder.ofDefaults()
            .confirmedBy(
                () -> {
                  asked.add("asked");
                  return Optional.of("TERMINATE");
                });

    assertThatThrownBy(() -> openGates(worker()).terminate(order))
        .hasMessageContaining("logs-archived is closed");
    assertThat(asked).isEmpty();
    archiveLogs();
    openGates(worker()).terminate(order);
    assertThat(asked).hasSize(1);
  }

  @Test
  void aFinalSnapshotIsCompleteBeforeTheMachineEnds() {
    machine();
    archiveLogs();
    aws.snapshotState("pending");
    time.atPause(2, () -> aws.snapshotState("completed"));

    TerminationReport report = openGates(worker()).terminate(CONFIRMED.withFinalSnapshot());

    assertThat(report.snapshots()).containsExactly("snap-0123456789abcdef0");
    List<String> actions = aws.calls().stream().map(StubAws.Call::action).toList();
    assertThat(actions).containsSubsequence("CreateSnapshots", "TerminateInstances");
    assertThat(aws.calls("CreateSnapshots").get(0).parameters())
        .containsEntry("InstanceSpecification.InstanceId", ID)
        .containsValue("bqx:final-snapshot-of");
  }

  @Test
  void aMachineThatDoesNotEndIsAnError() {
    machine().stickIn("shutting-down");
    archiveLogs();
    aws.answer(
        "DescribeInstances",
        content -> content.replace("<name>shutting-down</name>", "<name>running</name>"));

    assertThatThrownBy(() -> openGates(worker()).terminate(CONFIRMED))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("not terminated, 15 minutes after its termination was ordered")
        .hasMessageContaining("It may still cost money");
    assertThat(time.paused()).isGreaterThanOrEqualTo(Duration.ofMinutes(15));
  }

  @Test
  void aMachineThatIsGoneAlreadyIsNoError() {
    machine().become("terminated", "Server.SpotInstanceTermination");
    archiveLogs();

    TerminationReport report = openGates(worker()).terminate(CONFIRMED);

    assertThat(report.machine()).isEmpty();
    assertThat(aws.calls("TerminateInstances")).isEmpty();
  }

  @Test
  void whatATerminationWouldCallIsShownWithoutCallingIt() {
    machine();
    aws.openSpotRequest("sir-0123456a");

    List<PlannedCall> calls =
        worker().plannedTermination(TerminationOrder.ofDefaults().withFinalSnapshot());

    assertThat(calls)
        .extracting(PlannedCall::action)
        .containsExactly(
            "ec2:CreateSnapshots", "ec2:TerminateInstances", "ec2:CancelSpotInstanceRequests");
    assertThat(calls.get(1)).hasToString("ec2:TerminateInstances InstanceIds=[" + ID + "]");
    assertThat(aws.calls("TerminateInstances")).isEmpty();
  }

  @Test
  void theStatusTellsMachineAgeCostProgressAndLog() {
    machine();
    aws.object(LOGS + "/run.log", "one\ntwo\n");
    time.set(TestTime.BEGIN.plus(Duration.ofMinutes(90)));

    WorkerStatus status =
        worker()
            .ledger(() -> status(20, 8))
            .cost(
                (attempt, ran) ->
                    Optional.of(new Usd(BigDecimal.valueOf(ran.elapsed().toMinutes()))))
            .status();

    assertThat(status.machine().orElseThrow().id()).isEqualTo(ID);
    assertThat(status.age()).isEqualTo(Duration.ofMinutes(90));
    assertThat(status.cost()).contains(Usd.of("90"));
    assertThat(status.progress().orElseThrow().done()).isEqualTo(20);
    assertThat(status.progress().orElseThrow().total()).isEqualTo(28);
    assertThat(status.lastLines()).containsExactly("one", "two");
  }

  @Test
  void theStatusOfAWorkerWithoutAMachineSaysSo() {
    WorkerStatus status = worker().status();

    assertThat(status.machine()).isEmpty();
    assertThat(status.lastLines()).isEmpty();
    assertThat(status.state().attempts()).isEmpty();
  }

  private StubMachine machine() {
    return aws.machine(ID, "c7i.8xlarge", Map.of("bqx:worker", "phase2", "bqx:attempt", "1"));
  }

  private void archiveLogs() {
    aws.object(LOGS + "/run.log", "done\n");
    aws.object(LOGS + "/run.end", "2025-03-03T20:00:00Z success 0\n");
  }

  private static Worker openGates(Worker worker) {
    return worker
        .gate(Gate.ledgerComplete(() -> status(28, 0)))
        .gate(Gate.validationGreen(() -> validation(0)))
        .gate(Gate.exportVerified(List::of));
  }

  private static JobStatus status(int done, int remaining) {
    return new JobStatus(
        List.of(new StageMonth("2.3", YearMonth.of(2024, 7), done, 0, 0, remaining)),
        List.of(),
        0,
        Optional.empty());
  }

  private static ValidationReport validation(int failed) {
    return new ValidationReport(
        List.of(new Check("2.3", "every row has its bar", 28, failed, List.of())),
        28,
        1,
        1,
        Duration.ZERO);
  }

  private Worker worker() {
    return Worker.with(clients)
        .spec(TestSpecs.builder("phase2").build())
        .stateFile(folder.resolve("state.json"))
        .waiting(time)
        .listener(
            new WorkerListener() {
              @Override
              public void gates(List<GateResult> gates) {
                shown.addAll(gates);
              }
            });
  }
}
