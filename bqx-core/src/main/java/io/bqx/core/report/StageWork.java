package io.bqx.core.report;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * How a stage stands over the months of a report, and what it took.
 *
 * @param stage the stage's id
 * @param name what it computes, in a few words
 * @param partitions how many partitions it has: one per pair and month, or one per month if its
 *     columns are in the market's table
 * @param done those whose last attempt was done
 * @param failed those whose last attempt failed
 * @param rows rows of the partitions that are done
 * @param columns columns that it adds to a table
 * @param busy how long any worker was writing a table that it is part of: time by the clock, pauses
 *     left out. Stages of one table are written together, so each of them has all of its time
 * @param first when the first of its partitions that are stored was begun
 * @param last when the last one was finished
 * @param retries attempts beyond the first one, over all partitions
 * @param fingerprint CRC32C of pairs, months and checksums of all partitions that are stored: equal
 *     if and only if the contents are
 */
public record StageWork(
    String stage,
    String name,
    int partitions,
    int done,
    int failed,
    long rows,
    int columns,
    Duration busy,
    Optional<Instant> first,
    Optional<Instant> last,
    int retries,
    long fingerprint) {

  /** Partitions that are neither done nor failed. */
  public int remaining() {
    return partitions - done - failed;
  }

  /** Whether every partition is done. */
  public boolean isComplete() {
    return done == partitions && partitions > 0;
  }
}
