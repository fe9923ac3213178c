package io.bqx.aws.worker;

import static io.bqx.aws.worker.TestSpecs.SUBNET_A;
import static io.bqx.aws.worker.TestSpecs.SUBNET_B;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bqx.aws.AwsCallException;
import io.bqx.aws.AwsClients;
import io.bqx.aws.cost.Market;
import io.bqx.aws.testing.StubAws;
import io.bqx.aws.testing.StubAws.Call;
import io.bqx.aws.testing.StubAws.StubMachine;
import io.bqx.aws.testing.TestTime;
import io.bqx.core.BqxException;
import io.bqx.core.CancelledException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a launch does when AWS does not simply give a machine. */
class LaunchTest {

  @TempDir private Path folder;

  private final StubAws aws = new StubAws();
  private final AwsClients clients = aws.clients();
  private final TestTime time = new TestTime();

  @BeforeEach
  void oneClock() {
    aws.time(time);
  }

  @AfterEach
  void stop() {
    clients.close();
    aws.close();
  }

  @Test
  void aSpotMachineIsAskedForInTheFirstSubnetWithAllThatTheSpecificationSays() {
    LaunchReport report = worker(spec().build()).launch();

    assertThat(report.alreadyThere()).isFalse();
    assertThat(report.machine().market()).isEqualTo(Market.SPOT);
    Call call = onlyRequest();
    assertThat(call.get("InstanceType")).isEqualTo("c7i.8xlarge");
    assertThat(call.get("SubnetId")).isEqualTo(SUBNET_A);
    assertThat(call.get("InstanceMarketOptions.SpotOptions.SpotInstanceType"))
        .isEqualTo("one-time");
    assertThat(call.get("MetadataOptions.HttpTokens")).isEqualTo("required");
    assertThat(call.get("InstanceInitiatedShutdownBehavior")).isEqualTo("terminate");
    assertThat(call.get("BlockDeviceMapping.1.DeviceName")).isEqualTo("/dev/xvda");
    assertThat(call.get("BlockDeviceMapping.1.Ebs.Encrypted")).isEqualTo("true");
    assertThat(call.get("BlockDeviceMapping.1.Ebs.VolumeType")).isEqualTo("gp3");
    assertThat(call.get("IamInstanceProfile.Name")).isEqualTo("bqx-worker");
    assertThat(call.get("TagSpecification.3.ResourceType")).isEqualTo("spot-instances-request");
    assertThat(call.get("ClientToken")).matches("bqx-[0-9a-f]{40}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "InsufficientInstanceCapacity",
        "InsufficientHostCapacity",
        "InsufficientReservedInstanceCapacity",
        "InsufficientCapacity",
        "UnfulfillableCapacity",
        "Unsupported",
        "InsufficientFreeAddressesInSubnet"
      })
  void whereThereIsNoneTheNextSubnetIsAsked(String code) {
    aws.fail("RunInstances", code);

    LaunchReport report = worker(spec().build()).launch();

    assertThat(requests()).containsExactly("spot " + SUBNET_A, "spot " + SUBNET_B);
    assertThat(report.machine().market()).isEqualTo(Market.SPOT);
    assertThat(report.machine().subnet()).isEqualTo(SUBNET_B);
    assertThat(decisions(report)).anyMatch(what -> what.contains("(" + code + "); next is spot"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"MaxSpotInstanceCountExceeded", "SpotMaxPriceTooLow"})
  void whereSpotIsRefusedOnDemandIsAskedAtOnce(String code) {
    aws.fail("RunInstances", code);

    LaunchReport report = worker(spec().build()).launch();

    assertThat(requests()).containsExactly("spot " + SUBNET_A, "on-demand " + SUBNET_A);
    assertThat(report.machine().market()).isEqualTo(Market.ON_DEMAND);
    assertThat(report.state().last().orElseThrow().market()).isEqualTo(Market.ON_DEMAND);
  }

  @ParameterizedTest
  @ValueSource(strings = {"MaxSpotInstanceCountExceeded", "SpotMaxPriceTooLow"})
  void whereSpotIsRefusedAndOnDemandIsNotAllowedTheLaunchStops(String code) {
    aws.fail("RunInstances", code);

    LaunchException stopped = refused(spec().fallbackToOnDemand(false).build());

    assertThat(stopped.code()).isEqualTo(code);
    assertThat(stopped).hasMessageContaining("or allow fallback-to-on-demand");
    assertThat(requests()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"VcpuLimitExceeded", "InstanceLimitExceeded"})
  void aLimitOfTheAccountStopsTheLaunchAndIsNamed(String code) {
    aws.fail("RunInstances", code);

    LaunchException stopped = refused(spec().build());

    assertThat(stopped.code()).isEqualTo(code);
    assertThat(stopped).hasMessageContaining("raise the quota L-1216C47A");
    assertThat(requests()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "InvalidKeyPair.NotFound",
        "InvalidAMIID.NotFound",
        "InvalidAMIID.Unavailable",
        "InvalidSubnetID.NotFound",
        "UnauthorizedOperation",
        "AuthFailure",
        "InvalidParameterValue",
        "InvalidParameterCombination"
      })
  void aMistakeOfOursStopsTheLaunchAtOnce(String code) {
    aws.fail("RunInstances", code);

    LaunchException stopped = refused(spec().build());

    assertThat(stopped.code()).isEqualTo(code);
    assertThat(stopped).hasMessageContaining("Correct the specification or the permissions");
    assertThat(requests()).hasSize(1);
    assertThat(aws.machines()).isEmpty();
  }

  @Test
  void anErrorThatNobodyKnowsStopsTheLaunchAtOnce() {
    aws.fail("RunInstances", "SomethingNew");

    LaunchException stopped = refused(spec().build());

    assertThat(stopped)
        .hasMessageContaining("SomethingNew")
        .hasMessageContaining("bqx does not know what this means, and does not guess");
    assertThat(requests()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"RequestLimitExceeded", "Throttling"})
  void aThrottledRequestIsRepeatedWithItsTokenAfterLongerAndLongerWaits(String code) {
    aws.fail("RunInstances", code, code, code);

    LaunchReport report = worker(spec().build()).launch();

    assertThat(report.machine().market()).isEqualTo(Market.SPOT);
    assertThat(aws.calls("RunInstances"))
        .hasSize(4)
        .extracting(call -> call.get("ClientToken"))
        .containsOnly(onlyToken());
    List<Duration> pauses = time.pauses().subList(0, 3);
    assertThat(pauses.get(0)).isBetween(Duration.ofMillis(1_600), Duration.ofMillis(2_400));
    assertThat(pauses.get(2)).isBetween(Duration.ofMillis(6_400), Duration.ofMillis(9_600));
  }

  @Test
  void throttlingWithoutEndStopsTheLaunch() {
    aws.fail("RunInstances", "Throttling", "Throttling", "Throttling", "Throttling");
    aws.fail("RunInstances", "Throttling", "Throttling", "Throttling", "Throttling");

    LaunchException stopped = refused(spec().build());

    assertThat(stopped).hasMessageContaining("AWS asks for fewer calls");
    assertThat(requests()).hasSize(8);
  }

  @ParameterizedTest
  @ValueSource(strings = {"IdempotentParameterMismatch", "IdempotentInstanceTerminated"})
  void aTokenThatIsUsedUpIsRenewedIfNothingLives(String code) {
    aws.fail("RunInstances", code);

    LaunchReport report = worker(spec().build()).launch();

    assertThat(report.machine().attempt()).isEqualTo(2);
    assertThat(aws.calls("RunInstances"))
        .extracting(call -> call.get("ClientToken"))
        .hasSize(2)
        .doesNotHaveDuplicates();
  }

  @Test
  void capacityIsLookedForOverSubnetsAndTypesAndThenOnDemand() {
    aws.fail(
        "RunInstances",
        "InsufficientInstanceCapacity",
        "UnfulfillableCapacity",
        "Unsupported",
        "InsufficientInstanceCapacity");
    WorkerSpec spec = spec().instanceTypes("c7i.8xlarge", "c6i.8xlarge").build();

    LaunchReport report = worker(spec).launch();

    assertThat(requests())
        .containsExactly(
            "spot " + SUBNET_A,
            "spot " + SUBNET_B,
            "spot " + SUBNET_A,
            "spot " + SUBNET_B,
            "on-demand " + SUBNET_A);
    assertThat(aws.calls("RunInstances"))
        .extracting(call -> call.get("InstanceType"))
        .containsExactly("c7i.8xlarge", "c7i.8xlarge", "c6i.8xlarge", "c6i.8xlarge", "c7i.8xlarge");
    assertThat(report.machine().market()).isEqualTo(Market.ON_DEMAND);
    assertThat(report.state().decisions()).hasSizeGreaterThanOrEqualTo(9);
  }

  @Test
  void whenNothingIsLeftToTryEverythingThatWasTriedIsNamed() {
    aws.fail(
        "RunInstances",
        "InsufficientInstanceCapacity",
        "InsufficientInstanceCapacity",
        "InsufficientInstanceCapacity",
        "InsufficientInstanceCapacity");

    LaunchException stopped = refused(spec().build());

    assertThat(stopped)
        .hasMessageContaining("nothing is left to try")
        .hasMessageContaining("spot c7i.8xlarge in " + SUBNET_A + ": InsufficientInstanceCapacity")
        .hasMessageContaining("on-demand c7i.8xlarge in " + SUBNET_B);
    assertThat(aws.machines()).isEmpty();
  }

  @Test
  void aMachineThatEndsBeforeItRunsCountsAsRefusedWithItsReason() {
    aws.endNextWith("Server.InsufficientInstanceCapacity");

    LaunchReport report = worker(spec().build()).launch();

    assertThat(requests()).containsExactly("spot " + SUBNET_A, "spot " + SUBNET_B);
    assertThat(report.machine().subnet()).isEqualTo(SUBNET_B);
  }

  @Test
  void aMachineThatAwsDoesNotShowYetIsWaitedFor() {
    aws.hideNew(3);

    LaunchReport report = worker(spec().build()).launch();

    assertThat(report.machine().state()).isEqualTo("running");
    assertThat(requests()).hasSize(1);
    assertThat(time.pauses()).isNotEmpty();
  }

  @Test
  void aMachineThatStaysPendingIsTerminated() {
    aws.answer(
        "RunInstances",
        content -> {
          aws.machines().get(0).stickIn("pending");
          return content;
        });

    assertThatThrownBy(() -> worker(spec().build()).launch())
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("after 5 minutes it is still pending");
    assertThat(time.paused()).isGreaterThanOrEqualTo(Duration.ofMinutes(5));
    assertThat(aws.calls("TerminateInstances")).hasSize(1);
  }

  @Test
  void anotherMarketThanAskedForIsRecorded() {
    aws.giveAs("on-demand");

    LaunchReport report = worker(spec().build()).launch();

    assertThat(report.state().last().orElseThrow().market()).isEqualTo(Market.ON_DEMAND);
    assertThat(decisions(report)).anyMatch(what -> what.contains("although spot was asked for"));
  }

  @Test
  void anotherMarketThanAllowedIsNotKept() {
    aws.giveAs("on-demand");

    assertThatThrownBy(() -> worker(spec().fallbackToOnDemand(false).build()).launch())
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("AWS gave it as on-demand, which the specification does not allow");
    assertThat(aws.machines()).extracting(StubMachine::state).containsOnly("shutting-down");
  }

  @Test
  void aSecondLaunchFindsTheMachineAndLaunchesNone() {
    WorkerSpec spec = spec().build();
    Machine first = worker(spec).launch().machine();

    LaunchReport second = worker(spec).launch();

    assertThat(second.alreadyThere()).isTrue();
    assertThat(second.machine().id()).isEqualTo(first.id());
    assertThat(aws.machines()).hasSize(1);
  }

  @Test
  void aMachineIsFoundByItsTagsWhenTheStateIsLost() throws IOException {
    WorkerSpec spec = spec().build();
    worker(spec).launch();
    WorkerState before = new StateFile(stateFile(), "phase2").read().orElseThrow();
    Files.delete(stateFile());

    LaunchReport again = worker(spec).launch();

    assertThat(again.alreadyThere()).isTrue();
    assertThat(again.state().attempts())
        .singleElement()
        .usingRecursiveComparison()
        .ignoringFields("requested")
        .isEqualTo(before.attempts().get(0));
  }

  @Test
  void aLaunchThatDiedAfterItsRequestIsRepeatedWithTheSameToken() {
    WorkerSpec spec = spec().build();
    aws.fail("RunInstances", "InsufficientInstanceCapacity");
    worker(spec).launch();
    WorkerState state = new StateFile(stateFile(), "phase2").read().orElseThrow();
    // As it was when the second request had been sent, before AWS shows its machine by tags.
    Attempt launched = state.last().orElseThrow();
    Attempt requested =
        new Attempt(
            launched.number(),
            Attempt.Phase.REQUESTED,
            launched.token(),
            launched.market(),
            launched.instanceType(),
            launched.subnet(),
            launched.image(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            launched.requested(),
            Optional.empty(),
            Optional.empty());
    new StateFile(stateFile(), "phase2").write(state.with(requested));
    aws.answer(
        "DescribeInstances",
        new UnaryOperator<>() {
          private boolean first = true;

          @Override
          public String apply(String content) {
            String answer = first ? "<reservationSet/>" : content;
            first = false;
            return answer;
          }
        });

    LaunchReport again = worker(spec).launch();

    assertThat(aws.machines()).hasSize(1);
    assertThat(again.machine().id()).isEqualTo(launched.instance().orElseThrow());
    assertThat(aws.calls("RunInstances").get(2).get("ClientToken")).isEqualTo(launched.token());
  }

  @Test
  void aNewMachineAfterAnInterruptionIsTheNextAttempt() {
    WorkerSpec spec = spec().build();
    worker(spec).launch();
    aws.machines().get(0).become("terminated", "Server.SpotInstanceTermination");

    LaunchReport again = worker(spec).launch();

    assertThat(again.machine().attempt()).isEqualTo(2);
    assertThat(again.state().attempts())
        .extracting(Attempt::phase)
        .containsExactly(Attempt.Phase.ENDED, Attempt.Phase.LAUNCHED);
    assertThat(aws.calls("RunInstances"))
        .extracting(call -> call.get("ClientToken"))
        .doesNotHaveDuplicates();
  }

  @Test
  void twoMachinesOfOneNameAreReportedAndLeftAlone() {
    aws.machine("i-0123456789abcdef0", "c7i.8xlarge", Map.of("bqx:worker", "phase2"));
    aws.machine("i-0123456789abcdef1", "c7i.8xlarge", Map.of("bqx:worker", "phase2"));

    assertThatThrownBy(() -> worker(spec().build()).launch())
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("has 2 machines, i-0123456789abcdef0, i-0123456789abcdef1");
    assertThat(aws.calls("TerminateInstances")).isEmpty();
  }

  @Test
  void aMachineThatSomebodyElseLaunchedMeanwhileIsKeptAndOursTerminated() {
    aws.answer(
        "RunInstances",
        content -> {
          TestTime earlier = new TestTime(TestTime.BEGIN.minusSeconds(1));
          aws.time(earlier);
          aws.machine(
              "i-0123456789abcdef0",
              "c7i.8xlarge",
              Map.of("bqx:worker", "phase2", "bqx:attempt", "1"));
          aws.time(time);
          return content;
        });

    LaunchReport report = worker(spec().build()).launch();

    assertThat(report.machine().id()).isEqualTo("i-0123456789abcdef0");
    assertThat(aws.machines().get(0).state()).isEqualTo("shutting-down");
    assertThat(decisions(report)).anyMatch(what -> what.contains("is terminated again"));
  }

  @Test
  void aStoppedMachineIsReported() {
    aws.machine("i-0123456789abcdef0", "c7i.8xlarge", Map.of("bqx:worker", "phase2"))
        .become("stopped", "");

    assertThatThrownBy(() -> worker(spec().build()).launch())
        .hasMessageContaining("i-0123456789abcdef0, which is stopped");
    assertThat(requests()).isEmpty();
  }

  @Test
  void aLaunchThatFailsLaterLeavesNothingBehind() {
    aws.hideNew(1);
    aws.openSpotRequest("sir-0123456a");
    aws.fail("DescribeInstances", "", "", "InternalError");

    assertThatThrownBy(() -> worker(spec().build()).launch())
        .isInstanceOf(AwsCallException.class)
        .hasMessageContaining("InternalError");
    assertThat(aws.machines()).extracting(StubMachine::state).containsOnly("shutting-down");
    assertThat(aws.calls("CancelSpotInstanceRequests")).hasSize(1);
    assertThat(
            new StateFile(stateFile(), "phase2").read().orElseThrow().last().orElseThrow().phase())
        .isEqualTo(Attempt.Phase.ENDED);
  }

  @Test
  void aLaunchThatIsCancelledLeavesNothingBehind() {
    aws.hideNew(2);
    time.atPause(
        1,
        () -> {
          throw new CancelledException("The wait was cancelled");
        });

    assertThatThrownBy(() -> worker(spec().build()).launch())
        .isInstanceOf(CancelledException.class);
    assertThat(aws.machines()).extracting(StubMachine::state).containsOnly("shutting-down");
  }

  @Test
  void credentialsThatExpireInMidWaitAreNamedAndWhatMayBeLeftAsWell() {
    aws.fail("DescribeInstances", "", "", "ExpiredToken", "ExpiredToken");
    aws.hideNew(2);

    assertThatThrownBy(() -> worker(spec().build()).launch())
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("The credentials have expired: sign in again")
        .hasMessageContaining("look for machines with the tag bqx:worker=phase2");
  }

  @Test
  void aClockThatIsPutBackDoesNotMakeTheWaitEndless() {
    aws.answer(
        "RunInstances",
        content -> {
          aws.machines().get(0).stickIn("pending");
          return content;
        });
    for (int pause = 1; pause < 400; pause++) {
      time.atPause(pause, () -> time.set(TestTime.BEGIN.minusSeconds(3600)));
    }

    assertThatThrownBy(() -> worker(spec().build()).launch())
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("still pending");
  }

  /** The SDK signs again, with the time by AWS's clock. */
  @ParameterizedTest
  @ValueSource(strings = {"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"})
  void aClockThatIsNotThatOfAwsCostsOneRepetition(String code) {
    aws.fail("RunInstances", code);

    try (AwsClients repeating = aws.repeatingClients()) {
      LaunchReport report =
          Worker.with(repeating).spec(spec().build()).stateFile(stateFile()).waiting(time).launch();

      assertThat(report.machine().state()).isEqualTo("running");
      assertThat(aws.calls("RunInstances"))
          .hasSize(2)
          .extracting(call -> call.get("ClientToken"))
          .containsOnly(onlyToken());
    }
  }

  @Test
  void whatALaunchWouldAskForIsShownWithoutAskingForIt() {
    List<PlannedCall> calls = worker(spec().build()).plannedLaunch();

    assertThat(calls).hasSize(4);
    assertThat(calls.get(0).toString())
        .startsWith("ec2:RunInstances ")
        .contains("SubnetId=" + SUBNET_A)
        .contains("HttpTokens=required");
    assertThat(calls.get(3).when()).isEqualTo("only if AWS refuses those before");
    assertThat(requests()).isEmpty();
    assertThat(stateFile()).doesNotExist();
  }

  @Test
  void theImageOfAnotherRegionIsRefused() {
    aws.answer("DescribeImages", content -> "<imagesSet/>");

    assertThatThrownBy(() -> worker(spec().build()).launch())
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("There is no image " + StubAws.IMAGE + " in us-east-1");
  }

  private Worker worker(WorkerSpec spec) {
    return Worker.with(clients).spec(spec).stateFile(stateFile()).waiting(time);
  }

  /** The stub has no parameters. */
  private static WorkerSpec.Builder spec() {
    return TestSpecs.builder("phase2").image(StubAws.IMAGE);
  }

  private LaunchException refused(WorkerSpec spec) {
    return catchThrowableOfType(LaunchException.class, () -> worker(spec).launch());
  }

  private Path stateFile() {
    return folder.resolve("phase2.json");
  }

  private Call onlyRequest() {
    assertThat(aws.calls("RunInstances")).hasSize(1);
    return aws.calls("RunInstances").get(0);
  }

  private String onlyToken() {
    return aws.calls("RunInstances").get(0).get("ClientToken");
  }

  private List<String> requests() {
    List<String> requests = new ArrayList<>();
    for (Call call : aws.calls("RunInstances")) {
      requests.add(
          (call.get("InstanceMarketOptions.MarketType").isEmpty() ? "on-demand " : "spot ")
              + call.get("SubnetId"));
    }
    return requests;
  }

  private static List<String> decisions(LaunchReport report) {
    return report.state().decisions().stream().map(Decision::what).toList();
  }
}
