package io.bqx.aws.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bqx.aws.AwsCallException;
import io.bqx.aws.AwsClients;
import io.bqx.aws.testing.StubAws;
import io.bqx.aws.testing.StubAws.StubMachine;
import io.bqx.aws.testing.TestTime;
import io.bqx.aws.worker.SupervisionException.Reason;
import io.bqx.core.BqxException;
import io.bqx.core.ledger.ClaimInfo;
import io.bqx.core.ledger.RunId;
import io.bqx.core.run.JobStatus;
import io.bqx.core.run.JobStatus.StageMonth;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SupervisionTest {

  private static final YearMonth JULY = YearMonth.of(2024, 7);
  private static final String FIRST = "i-0123456789abcde01";
  private static final String SECOND = "i-0123456789abcde02";
  private static final int ALL = 28;

  @TempDir private Path folder;

  private final StubAws aws = new StubAws();
  private final AwsClients clients = aws.clients();
  private final TestTime time = new TestTime();
  private final List<String> decisions = new ArrayList<>();
  private final List<String> waits = new ArrayList<>();

  /** What the ledger says: partitions done, and since when nobody has been heard of. */
  private int done;

  private Optional<Instant> lastBeat = Optional.empty();
  private boolean databaseIsAway;
  private Instant begun;
  private int pausesBefore;

  @BeforeEach
  void launch() {
    aws.time(time);
    worker().launch();
    makeReady(FIRST);
    decisions.clear();
    begun = time.now();
    pausesBefore = time.pauses().size();
  }

  @AfterEach
  void stop() {
    clients.close();
    aws.close();
  }

  @Test
  void aRunThatComesToItsEndIsOnlyWatched() {
    atLook(1, () -> work(10));
    atLook(2, () -> work(ALL));
    atLook(4, () -> jobEnds(FIRST, "success 0"));

    SupervisionReport report = supervise();

    assertThat(report.machine().orElseThrow().id()).isEqualTo(FIRST);
    assertThat(report.progress().isComplete()).isTrue();
    assertThat(report.state().interruptions()).isEmpty();
    assertThat(pauses()).hasSize(4).containsOnly(Duration.ofSeconds(30));
    assertThat(waits)
        .contains(
            "the job on "
                + FIRST
                + ": 0 of 28 stages of partitions done, 0 running, 0 failed, 28 remaining, nobody"
                + " at work");
    assertThat(aws.calls("RunInstances")).hasSize(1);
  }

  @Test
  void aMachineThatAwsTakesBackIsReplacedAndTheRunGoesOn() {
    atLook(1, () -> work(10));
    atLook(2, () -> takeBack(FIRST));
    whenLaunched(SECOND, () -> makeReady(SECOND));
    atLook(7, () -> work(20));
    atLook(8, () -> finish(SECOND));

    SupervisionReport report = supervise();

    assertThat(report.machine().orElseThrow().id()).isEqualTo(SECOND);
    assertThat(report.state().interruptions())
        .singleElement()
        .satisfies(
            lost -> {
              assertThat(lost.machine()).isEqualTo(1);
              assertThat(lost.instance()).isEqualTo(FIRST);
              assertThat(lost.reason()).isEqualTo("terminated, Server.SpotInstanceTermination");
              assertThat(lost.takenBack()).isTrue();
              assertThat(lost.done()).isEqualTo(10);
              assertThat(lost.unfinished()).isEqualTo(18);
              assertThat(lost.lastHeartbeat()).contains(begun.plusSeconds(30));
              assertThat(lost.resumed().orElseThrow()).isAfter(lost.noticed());
            });
    assertThat(report.state().attempts())
        .extracting(Attempt::phase)
        .containsExactly(Attempt.Phase.ENDED, Attempt.Phase.LAUNCHED);
    assertThat(decisions)
        .anyMatch(
            what ->
                what.startsWith(
                    FIRST + " is lost: terminated, Server.SpotInstanceTermination; 10"));
  }

  @Test
  void theWordsOfTheSpotRequestGoBeforeThoseOfTheMachine() {
    spotStatus("marked-for-termination");
    atLook(1, () -> work(10));
    atLook(
        2,
        () -> {
          spotStatus("instance-terminated-by-price");
          machine(FIRST).become("shutting-down", "Server.SpotInstanceShutdown");
        });
    whenLaunched(
        SECOND,
        () -> {
          spotStatus("fulfilled");
          makeReady(SECOND);
          finish(SECOND);
        });

    SupervisionReport report = supervise();

    assertThat(decisions)
        .contains("AWS is about to take " + FIRST + " back (marked-for-termination)");
    assertThat(pauses().subList(0, 2)).containsOnly(Duration.ofSeconds(5));
    assertThat(report.state().interruptions().get(0).reason())
        .isEqualTo("shutting-down, instance-terminated-by-price");
    assertThat(report.state().interruptions().get(0).takenBack()).isTrue();
  }

  @Test
  void aMachineThatSomebodyTerminatedOrThatIsUnknownIsLostButNotTakenBack() {
    atLook(1, () -> machine(FIRST).become("terminated", "Client.UserInitiatedShutdown"));
    whenLaunched(
        SECOND,
        () -> {
          makeReady(SECOND);
          finish(SECOND);
        });

    WorkerInterruption lost = supervise().state().interruptions().get(0);

    assertThat(lost.takenBack()).isFalse();
    assertThat(lost.reason()).isEqualTo("terminated, Client.UserInitiatedShutdown");
  }

  @Test
  void aMachineThatWasStoppedIsTerminatedBeforeAnotherOneComes() {
    atLook(1, () -> machine(FIRST).become("stopped", "Client.UserInitiatedShutdown"));
    whenLaunched(
        SECOND,
        () -> {
          makeReady(SECOND);
          finish(SECOND);
        });

    supervise();

    assertThat(machine(FIRST).state()).isEqualTo("terminated");
    assertThat(aws.calls().stream().map(StubAws.Call::action))
        .containsSubsequence("TerminateInstances", "RunInstances");
  }

  @Test
  void aMachineThatRunsWhileItsJobIsSilentIsReplacedAfterSomeTime() {
    atLook(1, () -> work(10));
    whenLaunched(
        SECOND,
        () -> {
          makeReady(SECOND);
          finish(SECOND);
        });

    SupervisionReport report =
        worker().supervise(SupervisionPolicy.ofDefaults().hungAfter(Duration.ofMinutes(10)));

    assertThat(machine(FIRST).state()).isEqualTo("terminated");
    WorkerInterruption lost = report.state().interruptions().get(0);
    assertThat(lost.reason())
        .isEqualTo("it runs, but its job has given no sign of life for 10 minutes");
    assertThat(Duration.between(begun.plusSeconds(30), lost.noticed()))
        .isEqualTo(Duration.ofMinutes(10));
  }

  @Test
  void aLiveClaimIsASignOfLifeHoweverLongAPartitionTakes() {
    for (int look = 1; look <= 15; look++) {
      atLook(look, () -> work(10));
    }
    atLook(16, () -> finish(FIRST));

    assertThat(superviseEvery(Duration.ofMinutes(2)).state().interruptions()).isEmpty();
  }

  @Test
  void asLongAsTheDatabaseDoesNotAnswerNothingIsConcluded() {
    atLook(1, () -> databaseIsAway = true);
    atLook(
        15,
        () -> {
          databaseIsAway = false;
          finish(FIRST);
        });

    assertThat(superviseEvery(Duration.ofMinutes(2)).state().interruptions()).isEmpty();
    assertThat(waits).contains("The database is away", "AWS and the database to answer");
  }

  @Test
  void faultsOfAwsThatPassAreLivedThroughAndOthersAreNot() {
    aws.fail("DescribeInstances", "", "InternalError", "RequestLimitExceeded");
    atLook(4, () -> finish(FIRST));
    assertThat(supervise().state().interruptions()).isEmpty();

    aws.fail("DescribeInstances", "", "UnauthorizedOperation");
    assertThatThrownBy(this::supervise)
        .isInstanceOf(AwsCallException.class)
        .hasMessageContaining("UnauthorizedOperation");
  }

  @Test
  void aMachineThatAwsDoesNotShowForAMomentIsNotReplaced() {
    aws.fail("DescribeInstances", "", "InvalidInstanceID.NotFound");
    atLook(2, () -> finish(FIRST));

    assertThat(supervise().state().interruptions()).isEmpty();
    assertThat(aws.calls("RunInstances")).hasSize(1);
  }

  @Test
  void aJobThatTheMachineStartsAgainHasNotFailed() {
    atLook(1, () -> jobEnds(FIRST, "exit-code 1"));
    for (int look = 2; look <= 10; look++) {
      atLook(look, () -> work(10));
    }
    atLook(11, () -> finish(FIRST));

    assertThat(superviseEvery(Duration.ofMinutes(1)).progress().isComplete()).isTrue();
  }

  @Test
  void aJobThatIsNotStartedAgainHasFailedForGood() {
    atLook(1, () -> work(10));
    atLook(2, () -> jobEnds(FIRST, "exit-code 1"));
    aws.object(log(FIRST, "run.log"), "one\nFailed: eurusd 2024-07: no room\n");

    SupervisionException failed = catchThrowableOfType(SupervisionException.class, this::supervise);

    assertThat(failed.reason()).isEqualTo(Reason.JOB_FAILED);
    assertThat(failed)
        .hasMessageContaining("The job on " + FIRST + " has failed (exit-code 1 at ")
        .hasMessageContaining(FIRST + " is still rented, at most until it shuts itself down 48")
        .hasMessageEndingWith("one\nFailed: eurusd 2024-07: no room");
    assertThat(Duration.between(begun, time.now())).isEqualTo(Duration.ofMinutes(6));
    assertThat(machine(FIRST).state()).isEqualTo("running");
  }

  @Test
  void badUsageFailsAtOnceBecauseNoRestartMakesItGood() {
    atLook(1, () -> jobEnds(FIRST, "exit-code 2"));

    assertThat(catchThrowableOfType(SupervisionException.class, this::supervise).reason())
        .isEqualTo(Reason.JOB_FAILED);
    assertThat(pauses()).hasSize(1);
  }

  @Test
  void aJobThatEndedWellButDidSomethingElseIsTold() {
    atLook(1, () -> work(10));
    atLook(2, () -> lastBeat = Optional.empty());
    atLook(3, () -> jobEnds(FIRST, "success 0"));

    SupervisionException failed = catchThrowableOfType(SupervisionException.class, this::supervise);

    assertThat(failed.reason()).isEqualTo(Reason.OTHER_WORK);
    assertThat(failed).hasMessageContaining("compare job.arguments of the specification");
  }

  @Test
  void afterTooManyLossesNoMachineIsLaunched() {
    atLook(1, () -> takeBack(FIRST));
    whenLaunched(
        SECOND,
        () -> {
          makeReady(SECOND);
          atPauseAfterItRuns(() -> takeBack(SECOND));
        });

    SupervisionException spent =
        catchThrowableOfType(
            SupervisionException.class,
            () -> worker().supervise(SupervisionPolicy.ofDefaults().relaunches(1)));

    assertThat(spent.reason()).isEqualTo(Reason.RELAUNCHES_SPENT);
    assertThat(spent)
        .hasMessageContaining("phase2 has lost 2 machines")
        .hasMessageContaining("No machine is rented");
    assertThat(aws.calls("RunInstances")).hasSize(2);
    assertThatThrownBy(() -> worker().supervise(SupervisionPolicy.ofDefaults().relaunches(1)))
        .as("also when it is supervised anew")
        .isInstanceOf(SupervisionException.class);
    assertThat(aws.calls("RunInstances")).hasSize(2);
  }

  @Test
  void aSupervisorThatWasCutOffWhileItReplacedAMachineGoesOnWithThat() {
    takeBack(FIRST);
    aws.fail("RunInstances", "UnauthorizedOperation");
    assertThatThrownBy(this::supervise).isInstanceOf(LaunchException.class);
    whenLaunched(
        SECOND,
        () -> {
          makeReady(SECOND);
          finish(SECOND);
        });

    SupervisionReport report = supervise();

    assertThat(report.machine().orElseThrow().id()).isEqualTo(SECOND);
    assertThat(report.state().interruptions()).hasSize(1);
  }

  @Test
  void whereThereIsNoMachineToBeHadItIsAskedForAgainLater() {
    takeBack(FIRST);
    aws.fail(
        "RunInstances",
        "InsufficientInstanceCapacity",
        "InsufficientInstanceCapacity",
        "InsufficientInstanceCapacity",
        "InsufficientInstanceCapacity");
    whenLaunched(
        SECOND,
        () -> {
          makeReady(SECOND);
          finish(SECOND);
        });

    assertThat(supervise().machine().orElseThrow().id()).isEqualTo(SECOND);
    assertThat(time.pauses()).contains(Duration.ofMinutes(5));
    assertThat(decisions).contains("There is no machine to be had; trying again in 5 minutes");
  }

  @Test
  void aMachineThatIsLostWhenNothingIsLeftToDoIsNotReplaced() {
    atLook(1, () -> work(ALL));
    atLook(2, () -> takeBack(FIRST));

    SupervisionReport report = supervise();

    assertThat(report.machine()).isEmpty();
    assertThat(report.state().interruptions()).hasSize(1);
    assertThat(aws.calls("RunInstances")).hasSize(1);
  }

  @Test
  void aMachineThatIsLostBeforeItIsReadyIsReplacedAsWell() {
    takeBack(FIRST);
    whenLaunched(SECOND, () -> atPauseAfterItRuns(() -> takeBack(SECOND)));
    String third = "i-0123456789abcde03";
    whenLaunched(
        third,
        () -> {
          makeReady(third);
          finish(third);
        });

    SupervisionReport report = supervise();

    assertThat(report.machine().orElseThrow().id()).isEqualTo(third);
    assertThat(report.state().interruptions())
        .extracting(WorkerInterruption::instance)
        .containsExactly(FIRST, SECOND);
  }

  @Test
  void watchingEndsAtItsBoundAndNamesWhatIsRented() {
    SupervisionException spent =
        catchThrowableOfType(
            SupervisionException.class,
            () -> worker().supervise(SupervisionPolicy.ofDefaults().bound(Duration.ofMinutes(10))));

    assertThat(spent.reason()).isEqualTo(Reason.TIME_SPENT);
    assertThat(spent)
        .hasMessageContaining("phase2 is not done after 10 minutes: 0 of 28 stages")
        .hasMessageContaining(FIRST + " is still rented");
  }

  @Test
  void thereMustBeAMachineAndALedger() {
    assertThatThrownBy(
            () ->
                Worker.with(clients)
                    .spec(TestSpecs.builder("other").image(StubAws.IMAGE).build())
                    .stateFile(folder.resolve("other.json"))
                    .ledger(this::status)
                    .supervise(SupervisionPolicy.ofDefaults()))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("launch it first");
    assertThatThrownBy(
            () ->
                Worker.with(clients)
                    .spec(TestSpecs.builder("phase2").image(StubAws.IMAGE).build())
                    .stateFile(folder.resolve("state.json"))
                    .supervise(SupervisionPolicy.ofDefaults()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("call ledger");
  }

  @Test
  void aPolicyRefusesWhatCannotBeMeant() {
    SupervisionPolicy policy = SupervisionPolicy.ofDefaults();
    assertThatThrownBy(() -> policy.interval(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("interval is PT0S");
    assertThatThrownBy(() -> policy.relaunches(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("relaunches is -1");
  }

  private List<Duration> pauses() {
    return time.pauses().subList(pausesBefore, time.pauses().size());
  }

  private SupervisionReport supervise() {
    return worker().supervise(SupervisionPolicy.ofDefaults());
  }

  private SupervisionReport superviseEvery(Duration interval) {
    return worker().supervise(SupervisionPolicy.ofDefaults().interval(interval));
  }

  /** In the pause before the look of a number, the first look being 0. */
  private void atLook(int number, Runnable event) {
    time.atPause(time.pauses().size() + number, event);
  }

  private void whenLaunched(String id, Runnable event) {
    aws.onLaunch(id, event);
  }

  /** A machine is seen to be pending first, and to run after the next pause. */
  private void atPauseAfterItRuns(Runnable event) {
    time.atPause(time.pauses().size() + 2, event);
  }

  private void takeBack(String id) {
    machine(id).become("terminated", "Server.SpotInstanceTermination");
  }

  private void work(int partitions) {
    done = partitions;
    lastBeat = Optional.of(time.now());
  }

  private void finish(String id) {
    work(ALL);
    jobEnds(id, "success 0");
  }

  private void jobEnds(String id, String how) {
    aws.object(log(id, "run.end"), time.now() + " " + how + "\n");
  }

  private static String log(String id, String name) {
    return "bqx-example/logs/phase2/" + id + "/" + name;
  }

  private void makeReady(String id) {
    machine(id).tag("bqx:initialised", "complete");
  }

  private void spotStatus(String code) {
    aws.answer(
        "DescribeSpotInstanceRequests",
        content ->
            "<spotInstanceRequestSet><item><spotInstanceRequestId>sir-0123456a</spotInstanceRequestId><status><code>"
                + code
                + "</code></status></item></spotInstanceRequestSet>");
  }

  private StubMachine machine(String id) {
    return aws.machines().stream().filter(found -> found.id.equals(id)).findFirst().orElseThrow();
  }

  private JobStatus status() {
    if (databaseIsAway) {
      throw new BqxException("The database is away");
    }
    List<ClaimInfo> claims =
        lastBeat.stream()
            .filter(beat -> done < ALL)
            .map(
                beat -> {
                  Duration age = Duration.between(beat, time.now());
                  return new ClaimInfo(
                      JULY,
                      "4711@worker",
                      new RunId(UUID.randomUUID()),
                      1,
                      beat,
                      age,
                      beat.plusSeconds(30),
                      age.toSeconds() >= 30,
                      false);
                })
            .toList();
    return new JobStatus(
        List.of(new StageMonth("2.3", JULY, done, 0, 0, ALL - done)), claims, 0, Optional.empty());
  }

  private Worker worker() {
    return Worker.with(clients)
        .spec(TestSpecs.builder("phase2").image(StubAws.IMAGE).build())
        .stateFile(folder.resolve("state.json"))
        .waiting(time)
        .ledger(this::status)
        .listener(
            new WorkerListener() {
              @Override
              public void decided(Decision decision) {
                decisions.add(decision.what());
              }

              @Override
              public void waiting(String what, Duration elapsed, Duration bound) {
                waits.add(what);
              }
            });
  }
}
