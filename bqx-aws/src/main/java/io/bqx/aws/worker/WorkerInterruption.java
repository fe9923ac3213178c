package io.bqx.aws.worker;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * The loss of a machine before its job was done.
 *
 * @param machine the number of the machine among those of the worker, 1 for the first
 * @param instance the machine's id
 * @param noticed when the loss was noticed
 * @param reason why the machine is lost, in the words of AWS where it gives any
 * @param takenBack whether AWS took it back; it charges nothing for the first hour then
 * @param lastHeartbeat when the job last gave a sign of life; empty if it never did
 * @param done stages of partitions that were done by then
 * @param unfinished stages of partitions, in the months that it was at work on, that were not
 * @param resumed when the job went on, on the next machine; empty before that
 */
public record WorkerInterruption(
    int machine,
    String instance,
    Instant noticed,
    String reason,
    boolean takenBack,
    Optional<Instant> lastHeartbeat,
    int done,
    int unfinished,
    Optional<Instant> resumed) {

  /** Checks that nothing is missing. */
  public WorkerInterruption {
    Objects.requireNonNull(instance, "instance");
    Objects.requireNonNull(noticed, "noticed");
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(lastHeartbeat, "lastHeartbeat");
    Objects.requireNonNull(resumed, "resumed");
  }

  WorkerInterruption resumedAt(Instant at) {
    return new WorkerInterruption(
        machine,
        instance,
        noticed,
        reason,
        takenBack,
        lastHeartbeat,
        done,
        unfinished,
        Optional.of(at));
  }
}
