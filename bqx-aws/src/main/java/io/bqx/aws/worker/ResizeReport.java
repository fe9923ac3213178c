package io.bqx.aws.worker;

import java.util.List;
import java.util.Objects;

/**
 * What a resize has done.
 *
 * @param instance the machine
 * @param from its type before
 * @param to its type now
 * @param vcpus its virtual processors now
 * @param memoryMebibytes its memory now
 * @param snapshots the snapshots that were made of its volumes
 * @param steps what was done, in order
 */
public record ResizeReport(
    String instance,
    String from,
    String to,
    int vcpus,
    long memoryMebibytes,
    List<String> snapshots,
    List<Decision> steps) {

  /** Takes copies of the lists. */
  public ResizeReport {
    Objects.requireNonNull(instance, "instance");
    Objects.requireNonNull(from, "from");
    Objects.requireNonNull(to, "to");
    snapshots = List.copyOf(snapshots);
    steps = List.copyOf(steps);
  }
}
