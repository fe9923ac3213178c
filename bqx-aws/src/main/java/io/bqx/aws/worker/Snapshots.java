package io.bqx.aws.worker;

import io.bqx.aws.Waiting;
import io.bqx.core.BqxException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.CreateSnapshotsRequest;
import software.amazon.awssdk.services.ec2.model.DescribeSnapshotsRequest;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.ResourceType;
import software.amazon.awssdk.services.ec2.model.Snapshot;
import software.amazon.awssdk.services.ec2.model.SnapshotInfo;
import software.amazon.awssdk.services.ec2.model.SnapshotState;

/**
 * Snapshots of all volumes of a machine, taken at one moment. AWS has no client token for them, so
 * those that there are already are found by their tag first.
 */
final class Snapshots {

  private static final Duration INTERVAL = Duration.ofSeconds(15);
  private static final Duration BOUND = Duration.ofHours(2);

  /** How old those of an earlier try may be. */
  private static final Duration REUSED = Duration.ofHours(3);

  private final Ec2Client ec2;
  private final Waiting waiting;
  private final Poll poll;

  Snapshots(Ec2Client ec2, Waiting waiting, WorkerListener listener) {
    this.ec2 = ec2;
    this.waiting = waiting;
    this.poll = new Poll(waiting, listener);
  }

  static CreateSnapshotsRequest request(String instance, Map<String, String> tags) {
    return CreateSnapshotsRequest.builder()
        .instanceSpecification(specification -> specification.instanceId(instance))
        .description("bqx: all volumes of " + instance)
        .tagSpecifications(Tags.specifications(tags, ResourceType.SNAPSHOT))
        .build();
  }

  /**
   * The ids of the snapshots, once they are complete.
   *
   * @param instance the machine
   * @param tags the tags of the snapshots
   * @param identity the tag by which snapshots of an earlier try are recognised
   * @param launched when the machine was started last; older snapshots are not of this try
   * @throws BqxException if one fails, or they take longer than two hours
   */
  List<String> take(String instance, Map<String, String> tags, String identity, Instant launched) {
    List<String> ids = taken(identity, tags.get(identity), launched);
    if (ids.isEmpty()) {
      ids =
          Calls.make(
                  "Cannot make snapshots of the volumes of " + instance,
                  () -> ec2.createSnapshots(request(instance, tags)))
              .snapshots()
              .stream()
              .map(SnapshotInfo::snapshotId)
              .toList();
    }
    if (!ids.isEmpty()) {
      awaitComplete(instance, ids);
    }
    return ids;
  }

  private List<String> taken(String tag, String value, Instant launched) {
    Instant oldest = waiting.now().minus(REUSED);
    DescribeSnapshotsRequest request =
        DescribeSnapshotsRequest.builder()
            .ownerIds("self")
            .filters(
                Tags.filter(tag, value),
                Filter.builder().name("status").values("pending", "completed").build())
            .build();
    return Calls.make(
        "Cannot look for snapshots of " + value,
        () ->
            ec2.describeSnapshotsPaginator(request).snapshots().stream()
                .filter(snapshot -> snapshot.startTime().isAfter(oldest))
                .filter(snapshot -> snapshot.startTime().isAfter(launched))
                .map(Snapshot::snapshotId)
                .toList());
  }

  private void awaitComplete(String instance, List<String> ids) {
    String names = String.join(", ", ids);
    DescribeSnapshotsRequest request = DescribeSnapshotsRequest.builder().snapshotIds(ids).build();
    Progress progress = new Progress();
    poll.until(
            () -> "snapshots of " + instance + ": " + progress.seen,
            INTERVAL,
            BOUND,
            () -> {
              List<Snapshot> snapshots =
                  Calls.make(
                          "Cannot look at the snapshots " + names,
                          () -> ec2.describeSnapshots(request))
                      .snapshots();
              progress.seen = snapshots.stream().map(Snapshots::text).toList().toString();
              snapshots.stream()
                  .filter(snapshot -> snapshot.state() == SnapshotState.ERROR)
                  .findFirst()
                  .ifPresent(
                      failed -> {
                        throw new BqxException(
                            String.format(
                                Locale.ROOT,
                                "The snapshot %s of %s failed: %s. Nothing else was done",
                                failed.snapshotId(),
                                instance,
                                failed.stateMessage()));
                      });
              return Optional.of(snapshots)
                  .filter(
                      all -> all.stream().allMatch(one -> one.state() == SnapshotState.COMPLETED));
            })
        .orElseThrow(
            () ->
                new BqxException(
                    String.format(
                        Locale.ROOT,
                        "The snapshots %s of %s are not complete after %d hours: %s. Repeat the"
                            + " command: it goes on with them",
                        names,
                        instance,
                        BOUND.toHours(),
                        progress.seen)));
  }

  private static String text(Snapshot snapshot) {
    return snapshot.snapshotId() + " " + snapshot.stateAsString() + " " + snapshot.progress();
  }

  /** What was seen last; confined to one thread. */
  private static final class Progress {
    private String seen = "nothing seen yet";
  }
}
