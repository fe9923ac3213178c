package io.bqx.core.run;

import io.bqx.core.catalog.Scope;
import java.time.Duration;
import java.time.YearMonth;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a run would do now.
 *
 * @param partitions one entry per scope and month asked for, ordered by month; in the shared layout
 *     the market comes before the pairs
 * @param estimate how long it would take at the pace that the ledger has recorded; empty if it has
 *     recorded none
 */
public record RunPlan(List<PlannedPartition> partitions, Optional<Duration> estimate) {

  /** Takes a copy of the entries. */
  public RunPlan {
    partitions = List.copyOf(partitions);
  }

  /** The entries with something to do. */
  public List<PlannedPartition> due() {
    return partitions.stream().filter(p -> !p.due().isEmpty()).toList();
  }

  /** Rows to write, over all tables. */
  public long rows() {
    return partitions.stream().mapToLong(PlannedPartition::rows).sum();
  }

  /** Bytes to send to the server, about. */
  public long bytes() {
    return partitions.stream().mapToLong(PlannedPartition::bytes).sum();
  }

  /**
   * One pair's month, or the market's.
   *
   * @param scope the pair, or the market
   * @param month the month
   * @param due the stages to compute or to move, in order, and why
   * @param rows rows to write, over all tables
   * @param bytes bytes to send to the server, about
   * @param refusal why it cannot be done; empty if it can
   */
  public record PlannedPartition(
      Scope scope,
      YearMonth month,
      Map<String, DueReason> due,
      long rows,
      long bytes,
      Optional<String> refusal) {}
}
