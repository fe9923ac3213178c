package io.bqx.aws.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bqx.aws.AwsClients;
import io.bqx.aws.testing.StubAws;
import io.bqx.aws.testing.StubAws.Call;
import io.bqx.aws.testing.StubAws.StubMachine;
import io.bqx.aws.testing.TestTime;
import io.bqx.core.BqxException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResizeTest {

  private static final String ID = "i-0123456789abcdef0";
  private static final Set<String> CHANGES =
      Set.of("CreateSnapshots", "StopInstances", "ModifyInstanceAttribute", "StartInstances");

  private final StubAws aws = new StubAws();
  private final AwsClients clients = aws.clients();
  private final TestTime time = new TestTime();

  @AfterEach
  void stop() {
    clients.close();
    aws.close();
  }

  @Test
  void aRunningMachineIsSavedStoppedChangedStartedAndCompared() {
    StubMachine machine = machine("t3.small");

    ResizeReport report = resize("t3.large").run();

    assertThat(changes())
        .containsExactly(
            "CreateSnapshots", "StopInstances", "ModifyInstanceAttribute", "StartInstances");
    assertThat(machine.type()).isEqualTo("t3.large");
    assertThat(machine.state()).isEqualTo("running");
    assertThat(report.from()).isEqualTo("t3.small");
    assertThat(report.to()).isEqualTo("t3.large");
    assertThat(report.vcpus()).isEqualTo(2);
    assertThat(report.memoryMebibytes()).isEqualTo(4096);
    assertThat(report.snapshots()).containsExactly("snap-0123456789abcdef0");
    assertThat(report.steps()).extracting(Decision::what).last().asString().contains("2 vCPUs");
  }

  @Test
  void aStoppedMachineIsStoppedAgain() {
    StubMachine machine = machine("t3.small");
    machine.become("stopped", "");

    resize("t3.large").run();

    assertThat(changes())
        .containsExactly(
            "CreateSnapshots", "ModifyInstanceAttribute", "StartInstances", "StopInstances");
    assertThat(machine.type()).isEqualTo("t3.large");
    assertThat(machine.state()).isEqualTo("stopped");
  }

  @Test
  void anotherArchitectureIsRefusedBeforeTheMachineIsTouched() {
    machine("t3.small");
    refused("m6g.large", "its system is made for x86_64, and m6g.large is arm64");
  }

  @Test
  void aTypeThatNeedsEnaIsRefusedForAMachineWithoutIt() {
    machine("t2.small").tag("without-ena", "");
    refused("t3.large", "t3.large works with the ENA network driver only");
  }

  @Test
  void anInstanceStoreIsOnlyLostIfThatIsSaid() {
    StubMachine machine = machine("i3.large");
    refused("t3.large", "i3.large has instance-store volumes, whose content a stop destroys");

    resize("t3.large").losingInstanceStore().run();

    assertThat(machine.type()).isEqualTo("t3.large");
  }

  @Test
  void aTypeThatTheZoneDoesNotHaveIsRefused() {
    machine("t3.small");
    aws.answer("DescribeInstanceTypeOfferings", content -> "<instanceTypeOfferingSet/>");
    refused("t3.large", "t3.large is not offered in its zone, us-east-1a");
  }

  @Test
  void theTypeThatItHasAndAMachineThatIsOnItsWayAreRefused() {
    machine("t3.small");
    refused("t3.small", "it is a t3.small already");
    aws.machines().get(0).stickIn("stopping");
    refused("t3.large", "it is stopping; wait until it is running or stopped");
  }

  @Test
  void aMachineThatDoesNotExistIsNamed() {
    assertThatThrownBy(() -> resize("t3.large").run())
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("There is no machine " + ID);
  }

  @ParameterizedTest
  @CsvSource({
    "StopInstances, InternalError",
    "ModifyInstanceAttribute, InvalidInstanceAttributeValue",
    "StartInstances, InsufficientInstanceCapacity"
  })
  void whereAStepFailsTheMachineGetsItsTypeAndStateBack(String action, String code) {
    StubMachine machine = machine("t3.small");
    aws.fail(action, code);

    ResizeException undone =
        catchThrowableOfType(ResizeException.class, () -> resize("t3.large").run());

    assertThat(undone).hasMessageContaining(code).hasMessageContaining("as before");
    assertThat(undone.isRestored()).isTrue();
    assertThat(machine.type()).isEqualTo("t3.small");
    assertThat(machine.state()).isEqualTo("running");
  }

  @Test
  void aMachineThatDoesNotPassItsChecksAsTheNewTypeGetsTheOldOneBack() {
    StubMachine machine = machine("t3.small");
    aws.failChecksOf("t3.large");

    ResizeException undone =
        catchThrowableOfType(ResizeException.class, () -> resize("t3.large").run());

    assertThat(undone)
        .hasMessageContaining("does not pass its status checks within 15 minutes")
        .hasMessageContaining("instance impaired");
    assertThat(undone.isRestored()).isTrue();
    assertThat(machine.type()).isEqualTo("t3.small");
    assertThat(machine.state()).isEqualTo("running");
  }

  @Test
  void anotherNumberOfProcessorsThanTheTypeHasIsNotAccepted() {
    machine("t3.small");
    aws.answer(
        "DescribeInstances",
        content ->
            content.replace(
                "<architecture>",
                "<cpuOptions><coreCount>1</coreCount><threadsPerCore>1</threadsPerCore></cpuOptions><architecture>"));

    assertThatThrownBy(() -> resize("t3.large").run())
        .isInstanceOf(ResizeException.class)
        .hasMessageContaining("has 1 vCPUs, and a t3.large has 2");
  }

  @Test
  void aStopThatHangsIsForced() {
    StubMachine machine = machine("t3.small");
    hangIn(machine, "stopping", 61);

    resize("t3.large").run();

    assertThat(aws.calls("StopInstances"))
        .extracting(call -> call.get("Force"))
        .containsExactly("", "true");
    assertThat(machine.type()).isEqualTo("t3.large");
    assertThat(time.paused()).isGreaterThan(Duration.ofMinutes(10));
  }

  @Test
  void aStopThatHangsForEverIsReportedWithWhatIsToDo() {
    StubMachine machine = machine("t3.small");
    hangIn(machine, "stopping", Integer.MAX_VALUE);

    ResizeException lost =
        catchThrowableOfType(ResizeException.class, () -> resize("t3.large").run());

    assertThat(lost)
        .hasMessageContaining("hangs in stopping, also by force, for 20 minutes")
        .hasMessageContaining("It could not be put back either")
        .hasMessageContaining("when it is stopped, give it its type and start it");
    assertThat(lost.isRestored()).isFalse();
  }

  @Test
  void aStateThatAwsHasNotCaughtUpWithIsWaitedFor() {
    StubMachine machine = machine("t3.small");
    aws.fail("StartInstances", "IncorrectInstanceState", "IncorrectInstanceState");

    resize("t3.large").run();

    assertThat(machine.type()).isEqualTo("t3.large");
    assertThat(aws.calls("StartInstances")).hasSize(3);
  }

  @Test
  void aStateThatStaysWrongIsTakenBack() {
    machine("t3.small");
    String[] always = new String[13];
    Arrays.fill(always, "IncorrectInstanceState");
    aws.fail("ModifyInstanceAttribute", always);

    assertThatThrownBy(() -> resize("t3.large").run())
        .isInstanceOf(ResizeException.class)
        .hasMessageContaining("AWS says IncorrectInstanceState for 2 minutes");
  }

  @Test
  void aSnapshotThatFailsLeavesTheMachineAsItIs() {
    machine("t3.small");
    aws.snapshotState("error");

    assertThatThrownBy(() -> resize("t3.large").run())
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("The snapshot snap-0123456789abcdef0 of " + ID + " failed");
    assertThat(changes()).containsExactly("CreateSnapshots");
  }

  @Test
  void whatAResizeWouldCallIsShownWithoutCallingIt() {
    machine("t3.small");

    List<PlannedCall> calls = resize("t3.large").plan();

    assertThat(calls)
        .extracting(PlannedCall::action)
        .containsExactly(
            "ec2:CreateSnapshots",
            "ec2:StopInstances",
            "ec2:ModifyInstanceAttribute",
            "ec2:StartInstances");
    assertThat(calls.get(2))
        .hasToString(
            "ec2:ModifyInstanceAttribute InstanceId=" + ID + " InstanceType={Value=t3.large}");
    assertThat(changes()).isEmpty();
  }

  /** Keeps a state from the moment it is entered, for a number of pauses. */
  private void hangIn(StubMachine machine, String state, int pauses) {
    aws.answer(
        "StopInstances",
        content -> {
          if (time.pauses().size() < pauses) {
            machine.stickIn(state);
          }
          return content;
        });
    time.atPause(pauses, machine::release);
  }

  private StubMachine machine(String type) {
    return aws.machine(ID, type, Map.of("Name", "resident"));
  }

  private Resize resize(String type) {
    return Resize.with(clients).instance(ID).to(type).waiting(time);
  }

  private void refused(String type, String reason) {
    ResizeException refused = catchThrowableOfType(ResizeException.class, () -> resize(type).run());
    assertThat(refused).hasMessageContaining(reason).hasMessageEndingWith("It was not touched");
    assertThat(changes()).isEmpty();
  }

  private List<String> changes() {
    return aws.calls().stream().map(Call::action).filter(CHANGES::contains).toList();
  }
}
