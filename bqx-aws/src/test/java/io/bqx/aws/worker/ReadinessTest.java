package io.bqx.aws.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.aws.AwsCallException;
import io.bqx.aws.AwsClients;
import io.bqx.aws.testing.StubAws;
import io.bqx.aws.testing.StubAws.StubMachine;
import io.bqx.aws.testing.TestTime;
import io.bqx.core.BqxException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadinessTest {

  private static final Duration BOUND = Duration.ofMinutes(20);
  private static final String ID = "i-0123456789abcdef0";

  @TempDir private Path folder;

  private final StubAws aws = new StubAws();
  private final AwsClients clients = aws.clients();
  private final TestTime time = new TestTime();
  private final List<String> waits = new ArrayList<>();

  @AfterEach
  void stop() {
    clients.close();
    aws.close();
  }

  @Test
  void aMachineIsReadyWhenItRunsAndPassesItsChecksAndHasItsTag() {
    StubMachine machine = machine();
    machine.become("pending", "");
    time.atPause(3, () -> machine.tag("bqx:initialised", "complete"));

    Machine ready = worker(ReadySignal.TAG).awaitReady(BOUND);

    assertThat(ready.id()).isEqualTo(ID);
    assertThat(waits)
        .containsExactly(
            ID + ": state pending",
            ID + ": initialisation not complete (by tag)",
            ID + ": initialisation not complete (by tag)");
  }

  @Test
  void aMachineWhoseChecksDoNotPassIsWaitedForUntilTheBoundAndItsConsoleIsShown() {
    machine();
    aws.failChecksOf("c7i.8xlarge");

    assertThatThrownBy(() -> worker(ReadySignal.TAG).awaitReady(BOUND))
        .isInstanceOf(ReadyException.class)
        .hasMessageContaining(
            "is not ready after 20 minutes: status checks: system ok, instance impaired")
        .hasMessageContaining("The machine is still rented")
        .hasMessageEndingWith("cloud-init: initialisation failed in line 42");
    assertThat(time.paused()).isBetween(BOUND, BOUND.plusMinutes(1));
  }

  @Test
  void aMachineThatSaysThatItFailedIsNotWaitedFor() {
    machine().tag("bqx:initialised", "failed in line 42");

    assertThatThrownBy(() -> worker(ReadySignal.TAG).awaitReady(BOUND))
        .isInstanceOf(ReadyException.class)
        .hasMessageStartingWith(ID + " could not be initialised: failed in line 42");
    assertThat(time.pauses()).isEmpty();
  }

  @Test
  void aMachineThatEndsIsNotWaitedFor() {
    StubMachine machine = machine();
    time.atPause(2, () -> machine.become("terminated", "Server.SpotInstanceTermination"));

    assertThatThrownBy(() -> worker(ReadySignal.TAG).awaitReady(BOUND))
        .isInstanceOf(ReadyException.class)
        .hasMessageContaining("is terminated instead of becoming ready")
        .hasMessageContaining("Server.SpotInstanceTermination");
    assertThat(time.pauses()).hasSize(2);
  }

  @Test
  void aParameterOfThisMachineCountsAndOneOfItsPredecessorDoesNot() {
    machine();
    aws.answer(
        "GetParameter",
        content ->
            "{\"Parameter\":{\"Value\":\""
                + (time.pauses().size() < 2 ? "i-0123456789abcdef9" : ID)
                + " complete\"}}");

    Machine ready = worker(ReadySignal.SSM).awaitReady(BOUND);

    assertThat(ready.id()).isEqualTo(ID);
    assertThat(time.pauses()).hasSize(2);
  }

  @Test
  void aMachineThatAnswersOnItsPortIsReady() throws IOException {
    machine();
    aws.address("127.0.0.1");
    try (ServerSocket port = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      WorkerSpec spec =
          TestSpecs.builder("phase2")
              .readySignal(ReadySignal.TCP)
              .readyPort(port.getLocalPort())
              .build();

      assertThat(worker(spec).awaitReady(BOUND).id()).isEqualTo(ID);
    }
  }

  @Test
  void throttlingWhileWaitingIsPassedOver() {
    machine().tag("bqx:initialised", "complete");
    aws.fail("DescribeInstanceStatus", "RequestLimitExceeded", "RequestLimitExceeded");

    assertThat(worker(ReadySignal.TAG).awaitReady(BOUND).id()).isEqualTo(ID);
    assertThat(time.pauses()).hasSize(2);
  }

  @Test
  void credentialsThatExpireEndTheWaitAndTheMachineStays() {
    machine();
    aws.fail("DescribeInstanceStatus", "", "ExpiredToken");
    aws.failChecksOf("c7i.8xlarge");

    assertThatThrownBy(() -> worker(ReadySignal.TAG).awaitReady(BOUND))
        .isInstanceOf(AwsCallException.class)
        .hasMessageContaining("sign in again and repeat the command");
    assertThat(aws.calls("TerminateInstances")).isEmpty();
  }

  @Test
  void withoutAMachineThereIsNothingToWaitFor() {
    assertThatThrownBy(() -> worker(ReadySignal.TAG).awaitReady(BOUND))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("There is no machine of worker phase2; launch it first");
  }

  private StubMachine machine() {
    return aws.machine(ID, "c7i.8xlarge", Map.of("bqx:worker", "phase2", "bqx:attempt", "1"));
  }

  private Worker worker(ReadySignal signal) {
    return worker(TestSpecs.builder("phase2").readySignal(signal).build());
  }

  private Worker worker(WorkerSpec spec) {
    return Worker.with(clients)
        .spec(spec)
        .stateFile(folder.resolve("state.json"))
        .waiting(time)
        .listener(
            new WorkerListener() {
              @Override
              public void waiting(String what, Duration elapsed, Duration bound) {
                waits.add(what);
              }
            });
  }
}
