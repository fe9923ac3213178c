package io.bqx.aws.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.aws.AwsClients;
import io.bqx.aws.cost.Market;
import io.bqx.aws.testing.TestAws;
import io.bqx.aws.testing.TestNetwork;
import io.bqx.aws.testing.TestTime;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.InstanceAttributeName;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;
import software.amazon.awssdk.services.ec2.model.Tag;
import software.amazon.awssdk.services.ec2.model.VolumeType;
import software.amazon.awssdk.services.ssm.model.ParameterType;

/** The life of a worker and of a resident machine, in an emulator of AWS. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WorkerLifeTest {

  private static final String BUCKET = "bqx-example";

  @TempDir private Path folder;

  private final String life = "life-" + Integer.toHexString(UUID.randomUUID().hashCode());
  private final String signalling = "signals-" + Integer.toHexString(UUID.randomUUID().hashCode());
  private final TestTime time = new TestTime(Instant.now());
  private AwsClients clients;
  private TestNetwork network;

  @BeforeAll
  void create() {
    clients = TestAws.clients();
    network = TestNetwork.create(clients, "bqx-" + UUID.randomUUID());
    clients.s3().createBucket(request -> request.bucket(BUCKET));
  }

  @AfterAll
  void close() {
    if (clients != null) {
      clients.close();
    }
  }

  @Test
  void aWorkerIsLaunchedWaitedForLookedAtAndTerminated() throws Exception {
    WorkerSpec spec = builder(life).build();
    Worker worker = worker(spec);
    assertThat(worker.plannedLaunch()).hasSize(2);

    LaunchReport launched = worker.launch();

    String id = launched.machine().id();
    assertThat(launched.machine().market()).isEqualTo(Market.SPOT);
    Instance instance = instance(id);
    assertThat(instance.tags())
        .contains(tag("bqx:worker", life), tag("bqx:attempt", "1"), tag("project", "fx"));
    assertThat(userData(id)).isEqualTo(worker.userData());
    assertThat(
            clients
                .ec2()
                .describeVolumes(
                    request ->
                        request.volumeIds(instance.blockDeviceMappings().get(0).ebs().volumeId()))
                .volumes())
        .singleElement()
        .satisfies(volume -> assertThat(volume.encrypted()).isTrue())
        .satisfies(volume -> assertThat(volume.volumeType()).isEqualTo(VolumeType.GP3))
        .satisfies(volume -> assertThat(volume.size()).isEqualTo(30));

    Files.delete(folder.resolve(life + ".json"));
    assertThat(worker(spec).launch().alreadyThere()).isTrue();

    time.atPause(
        time.pauses().size() + 1,
        () ->
            clients
                .ec2()
                .createTags(
                    request -> request.resources(id).tags(tag("bqx:initialised", "complete"))));
    assertThat(worker(spec).awaitReady(Duration.ofMinutes(10)).id()).isEqualTo(id);

    put(life + "/" + id + "/run.log", "336 of 336 partitions\n");
    put(life + "/" + id + "/run.end", "2025-03-03T20:00:00Z success 0\n");
    WorkerStatus status = worker(spec).status();
    assertThat(status.machine().orElseThrow().state()).isEqualTo("running");
    assertThat(status.lastLines()).containsExactly("336 of 336 partitions");

    TerminationReport report =
        worker(spec)
            .terminate(
                skippingAllOfTheRun(TerminationOrder.ofDefaults())
                    .withFinalSnapshot()
                    .confirmedBy("TERMINATE"));

    assertThat(instance(id).state().name()).isEqualTo(InstanceStateName.TERMINATED);
    assertThat(report.leftovers()).isEmpty();
    assertThat(report.snapshots()).hasSize(1);
    assertThat(
            clients
                .ec2()
                .describeSnapshots(request -> request.snapshotIds(report.snapshots()))
                .snapshots()
                .get(0)
                .tags())
        .contains(tag("bqx:worker", life), tag("bqx:final-snapshot-of", id));
  }

  @Test
  void aWorkerThatSignalsByParameterLeavesNone() {
    WorkerSpec spec = builder(signalling).readySignal(ReadySignal.SSM).build();
    String id = worker(spec).launch().machine().id();
    clients
        .ssm()
        .putParameter(
            request ->
                request
                    .name("/bqx/" + signalling + "/initialised")
                    .type(ParameterType.STRING)
                    .value(id + " complete"));

    assertThat(worker(spec).awaitReady(Duration.ofMinutes(10)).id()).isEqualTo(id);
    worker(spec)
        .terminate(
            skippingAllOfTheRun(TerminationOrder.ofDefaults())
                .skippingGate(Gate.LOGS_ARCHIVED, "nothing ran")
                .confirmedBy("TERMINATE"));

    assertThat(
            clients
                .ssm()
                .getParameters(request -> request.names("/bqx/" + signalling + "/initialised"))
                .parameters())
        .isEmpty();
  }

  @Test
  void aResidentMachineGetsAnotherType() {
    String image =
        clients.ec2().describeImages(request -> request.owners("amazon")).images().get(0).imageId();
    String id =
        clients
            .ec2()
            .runInstances(
                request ->
                    request
                        .imageId(image)
                        .instanceType("t2.small")
                        .minCount(1)
                        .maxCount(1)
                        .subnetId(network.subnet()))
            .instances()
            .get(0)
            .instanceId();

    ResizeReport report = Resize.with(clients).instance(id).to("t2.large").waiting(time).run();

    assertThat(instance(id).instanceTypeAsString()).isEqualTo("t2.large");
    assertThat(instance(id).state().name()).isEqualTo(InstanceStateName.RUNNING);
    assertThat(report.memoryMebibytes()).isEqualTo(8192);
    assertThat(report.snapshots()).hasSize(1);
  }

  private WorkerSpec.Builder builder(String name) {
    return WorkerSpec.named(name)
        .subnets(network.subnet())
        .securityGroups(network.workers())
        .keyPair(network.name())
        .instanceProfile(network.name())
        .tags(Map.of("project", "fx"))
        .job(TestSpecs.job());
  }

  private Worker worker(WorkerSpec spec) {
    return Worker.with(clients)
        .spec(spec)
        .stateFile(folder.resolve(spec.name() + ".json"))
        .waiting(time);
  }

  private static TerminationOrder skippingAllOfTheRun(TerminationOrder order) {
    return List.of(Gate.LEDGER_COMPLETE, Gate.VALIDATION_GREEN, Gate.EXPORT_VERIFIED).stream()
        .reduce(order, (all, gate) -> all.skippingGate(gate, "nothing ran"), (one, other) -> other);
  }

  private Instance instance(String id) {
    return clients
        .ec2()
        .describeInstances(request -> request.instanceIds(id))
        .reservations()
        .get(0)
        .instances()
        .get(0);
  }

  private String userData(String id) {
    String encoded =
        clients
            .ec2()
            .describeInstanceAttribute(
                request -> request.instanceId(id).attribute(InstanceAttributeName.USER_DATA))
            .userData()
            .value();
    return new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
  }

  private void put(String key, String content) {
    clients
        .s3()
        .putObject(
            request -> request.bucket(BUCKET).key("logs/" + key), RequestBody.fromString(content));
  }

  private static Tag tag(String key, String value) {
    return Tag.builder().key(key).value(value).build();
  }
}
