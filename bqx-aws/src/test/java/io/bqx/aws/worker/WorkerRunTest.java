package io.bqx.aws.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bqx.aws.AwsClients;
import io.bqx.aws.s3.S3Address;
import io.bqx.aws.testing.TestAws;
import io.bqx.aws.testing.TestNetwork;
import io.bqx.aws.testing.TestTime;
import io.bqx.core.BqxException;
import io.bqx.core.CancelledException;
import io.bqx.core.run.JobStatus;
import io.bqx.core.run.JobStatus.StageMonth;
import io.bqx.core.validation.Check;
import io.bqx.core.validation.ValidationReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.ec2.model.Tag;

/**
 * Runs on machines of an emulator that do nothing: what the job says it has done is said by the
 * test. What a run does as a whole is played by the rehearsal of the command line.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WorkerRunTest {

  private static final String CONTENT = "not really a jar";
  private static final List<RunStep> STEPS_WITHOUT_FILES =
      List.of(
          RunStep.PREFLIGHT,
          RunStep.UPLOAD,
          RunStep.LAUNCH,
          RunStep.AWAIT_READY,
          RunStep.SUPERVISE,
          RunStep.VALIDATE,
          RunStep.ARCHIVE_LOGS,
          RunStep.TERMINATE);

  @TempDir private Path folder;

  private AwsClients clients;
  private TestNetwork network;
  private String name;
  private TestTime time;
  private Path jar;
  private boolean done;

  @BeforeAll
  void create() {
    clients = TestAws.clients();
    network = TestNetwork.create(clients, "bqx-" + UUID.randomUUID());
  }

  @AfterAll
  void close() {
    if (clients != null) {
      clients.close();
    }
  }

  @BeforeEach
  void furnish() throws IOException {
    name = "run-" + Integer.toHexString(UUID.randomUUID().hashCode());
    clients.s3().createBucket(request -> request.bucket(name));
    time = new TestTime(Instant.now());
    jar = Files.writeString(folder.resolve(name + ".jar"), CONTENT);
    done = false;
  }

  @Test
  void aRunMakesEveryStepAndLeavesNothing() {
    theJobEndsWhenItIsWaitedFor();

    WorkerRunReport report = worker().run(order(WorkerRunTest::green));

    assertThat(report.state().steps())
        .extracting(StepRecord::step)
        .containsExactlyElementsOf(STEPS_WITHOUT_FILES);
    assertThat(report.state().steps()).allMatch(step -> step.finished().isPresent());
    assertThat(report.termination().orElseThrow().leftovers()).isEmpty();
    assertThat(new Machines(clients.ec2()).aliveOf(name)).isEmpty();
    assertThat(report.files()).isEmpty();
  }

  @Test
  void aRunThatStoppedAtAStepGoesOnThereAndOneThatIsCompleteDoesNothing() {
    theJobEndsWhenItIsWaitedFor();
    WorkerRunException stopped =
        catchThrowableOfType(
            WorkerRunException.class,
            () ->
                worker()
                    .run(
                        order(
                            () -> {
                              throw new BqxException("The database is away");
                            })));
    String id = new Machines(clients.ec2()).aliveOf(name).get(0).id();

    assertThat(stopped.step()).isEqualTo(RunStep.VALIDATE);
    assertThat(stopped)
        .hasMessageStartingWith(
            "The run of worker " + name + " stopped at the step validate: The database is away")
        .hasMessageContaining(
            id + " is rented, at most until it shuts itself down 48 hours after its start");

    WorkerRunReport report = worker().run(order(WorkerRunTest::green));

    assertThat(report.termination().orElseThrow().machine().orElseThrow().id()).isEqualTo(id);
    assertThat(new Machines(clients.ec2()).ofWorker(name)).hasSize(1);
    assertThat(report.state().steps()).allMatch(step -> step.finished().isPresent());

    WorkerRunReport again = worker().run(order(WorkerRunTest::green));

    assertThat(again.termination()).isEmpty();
    assertThat(again.state().decisions().get(again.state().decisions().size() - 1).what())
        .contains("was done and its machine given back before; nothing is rented");
    assertThat(worker().plannedRun(order(WorkerRunTest::green))).isEmpty();
    assertThat(new Machines(clients.ec2()).ofWorker(name)).hasSize(1);
  }

  @Test
  void aRunThatWasCutOffAfterTheLaunchWatchesTheMachineThatIsThere() {
    theJobEndsWhenItIsWaitedFor();
    worker().launch();

    WorkerRunReport report = worker().run(order(WorkerRunTest::green));

    assertThat(report.state().steps())
        .extracting(StepRecord::step)
        .containsExactlyElementsOf(STEPS_WITHOUT_FILES.subList(2, STEPS_WITHOUT_FILES.size()));
    assertThat(report.state().steps().get(0).result()).endsWith(" was there");
  }

  @Test
  void aRunThatIsCancelledNamesWhatIsRentedAndWritesDownWhereItWas() {
    theJobEndsWhenItIsWaitedFor();

    assertThatThrownBy(
            () ->
                worker()
                    .run(
                        order(
                            () -> {
                              Thread.currentThread().interrupt();
                              throw new CancelledException("The wait was cancelled");
                            })))
        .isInstanceOf(WorkerRunException.class)
        .hasMessageContaining("stopped at the step validate: The wait was cancelled")
        .hasMessageContaining(" is rented, at most until");

    assertThat(Thread.interrupted()).isTrue();
    List<StepRecord> steps =
        new StateFile(folder.resolve(name + ".json"), name).read().orElseThrow().steps();
    assertThat(steps.get(steps.size() - 1).step()).isEqualTo(RunStep.VALIDATE);
    assertThat(steps.get(steps.size() - 1).finished()).isEmpty();
    assertThat(steps.get(steps.size() - 1).result()).isEqualTo("The wait was cancelled");
  }

  @Test
  void aValidationThatIsNotGreenKeepsTheMachine() {
    theJobEndsWhenItIsWaitedFor();

    assertThatThrownBy(() -> worker().run(order(() -> validation(1))))
        .isInstanceOf(WorkerRunException.class)
        .hasMessageContaining(
            "The validation is not green: 0 of 1 checks passed, the first that did not: every row"
                + " has its bar")
        .hasMessageContaining("repeat the command to go on, or terminate it");
    assertThat(new Machines(clients.ec2()).aliveOf(name)).hasSize(1);
  }

  @Test
  void withoutTheWordNothingIsRented() {
    assertThatThrownBy(
            () ->
                worker()
                    .run(
                        RunOrder.builder()
                            .validation(WorkerRunTest::green)
                            .termination(
                                TerminationOrder.ofDefaults()
                                    .skippingGate(Gate.EXPORT_VERIFIED, "exports nothing"))
                            .build()))
        .isInstanceOf(TerminationRefusedException.class)
        .hasMessageContaining("the word TERMINATE was not given. Nothing was rented");
    assertThat(new Machines(clients.ec2()).ofWorker(name)).isEmpty();
  }

  @Test
  void aGateThatNothingCouldOpenIsToldBeforeAnythingIsRented() {
    assertThatThrownBy(() -> worker().run(RunOrder.builder().build()))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining(
            "nothing was named that could open validation-green and export-verified");
    assertThat(new Machines(clients.ec2()).ofWorker(name)).isEmpty();
  }

  @Test
  void aPreflightThatFailsRentsNothing() {
    Worker worker = worker(spec().keyPair("nobody's-" + name).build());

    WorkerRunException stopped =
        catchThrowableOfType(
            WorkerRunException.class, () -> worker.run(order(WorkerRunTest::green)));

    assertThat(stopped.step()).isEqualTo(RunStep.PREFLIGHT);
    assertThat(stopped)
        .hasMessageContaining("The preflight failed: key pair, ")
        .hasMessageEndingWith("Nothing is rented; repeat the command to go on");
    assertThat(new Machines(clients.ec2()).ofWorker(name)).isEmpty();
  }

  @Test
  void theJarIsPutWhereItIsAbsentOrDifferentAndMustBeTheOneThatIsMeant() throws IOException {
    JarUpload upload = new JarUpload(clients.s3(), job(), Optional.of(jar));
    assertThat(new JarUpload(clients.s3(), job(), Optional.empty()).plan()).isEmpty();
    assertThatThrownBy(() -> new JarUpload(clients.s3(), job(), Optional.empty()).upload())
        .hasMessageContaining("There is no s3://" + name + "/bqx.jar");
    assertThat(upload.plan().orElseThrow().action()).isEqualTo("s3:PutObject");

    assertThat(upload.upload()).endsWith(jar + " is at s3://" + name + "/bqx.jar");
    assertThat(upload.plan()).isEmpty();
    assertThat(upload.upload()).endsWith("is there already");
    assertThat(stored()).isEqualTo(CONTENT);

    put("bqx.jar", "another one");
    assertThat(upload.upload()).endsWith("in the place of another");
    assertThat(stored()).isEqualTo(CONTENT);

    Files.writeString(jar, "not meant");
    assertThatThrownBy(upload::upload)
        .hasMessageContaining(jar + " is not the file that the specification means")
        .hasMessageContaining("job.jar-sha256 is " + sha256());
    assertThat(new JarUpload(clients.s3(), job(), Optional.empty()).upload())
        .contains("the machine refuses it unless its SHA-256 is right");
  }

  @Test
  void whatARunWouldCallIsShownWithoutCallingIt() {
    List<PlannedCall> calls = worker().plannedRun(order(WorkerRunTest::green));

    assertThat(calls)
        .extracting(PlannedCall::action)
        .containsExactly(
            "s3:PutObject", "ec2:RunInstances", "ec2:RunInstances", "ec2:TerminateInstances");
    assertThat(calls.get(3).when()).isEqualTo("when its job is done and all gates are open");
    assertThat(new Machines(clients.ec2()).ofWorker(name)).isEmpty();
    worker().launch();
    assertThat(worker().plannedRun(order(WorkerRunTest::green)))
        .extracting(PlannedCall::action)
        .contains("ec2:TerminateInstances")
        .doesNotContain("ec2:RunInstances", "s3:PutObject");
  }

  /** The machine is initialised in the first pause, and its job ends in the second one. */
  private void theJobEndsWhenItIsWaitedFor() {
    time.atPause(
        1,
        () ->
            clients
                .ec2()
                .createTags(
                    request ->
                        request
                            .resources(new Machines(clients.ec2()).aliveOf(name).get(0).id())
                            .tags(Tag.builder().key("bqx:initialised").value("complete").build())));
    time.atPause(
        2,
        () -> {
          done = true;
          String id = new Machines(clients.ec2()).aliveOf(name).get(0).id();
          put("logs/" + name + "/" + id + "/run.log", "28 of 28 partitions\n");
          put("logs/" + name + "/" + id + "/run.end", time.now() + " success 0\n");
        });
  }

  private RunOrder order(Supplier<ValidationReport> validation) {
    return RunOrder.builder()
        .jar(jar)
        .validation(validation)
        .termination(
            TerminationOrder.ofDefaults()
                .skippingGate(Gate.EXPORT_VERIFIED, "this run exports nothing")
                .confirmedBy("TERMINATE"))
        .build();
  }

  private static ValidationReport green() {
    return validation(0);
  }

  private static ValidationReport validation(int failed) {
    return new ValidationReport(
        List.of(new Check("2.3", "every row has its bar", 28, failed, List.of())),
        28,
        1,
        1,
        Duration.ZERO);
  }

  private JobStatus status() {
    return new JobStatus(
        List.of(new StageMonth("2.3", YearMonth.of(2024, 7), done ? 28 : 0, 0, 0, done ? 0 : 28)),
        List.of(),
        0,
        Optional.empty());
  }

  private WorkerJob job() {
    WorkerJob plain = TestSpecs.job();
    return new WorkerJob(
        S3Address.of("s3://" + name + "/bqx.jar"),
        sha256(),
        "jdbc:postgresql://127.0.0.1:" + TestAws.endpoint().getPort() + "/fx",
        plain.secret(),
        plain.arguments(),
        plain.workers(),
        S3Address.of("s3://" + name + "/logs"));
  }

  private static String sha256() {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest(CONTENT.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void put(String key, String content) {
    clients
        .s3()
        .putObject(request -> request.bucket(name).key(key), RequestBody.fromString(content));
  }

  private String stored() {
    return clients
        .s3()
        .getObjectAsBytes(request -> request.bucket(name).key("bqx.jar"))
        .asString(StandardCharsets.UTF_8);
  }

  private WorkerSpec.Builder spec() {
    return WorkerSpec.named(name)
        .subnets(network.subnet())
        .securityGroups(network.workers())
        .instanceProfile(network.name())
        .sshCidr(TestNetwork.OPERATORS)
        .job(job());
  }

  private Worker worker() {
    return worker(spec().build());
  }

  private Worker worker(WorkerSpec spec) {
    return Worker.with(clients)
        .spec(spec)
        .stateFile(folder.resolve(name + ".json"))
        .waiting(time)
        .ledger(this::status);
  }
}
