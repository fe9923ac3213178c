package io.bqx.core.ledger;

/** How a month stands between the workers that share it. */
public enum MonthState {
  /** Never claimed, or given back with work left in it. */
  FREE,
  /** Claimed. The claim is live as long as its lease has not ended. */
  RUNNING,
  /** Released with nothing left to do. */
  DONE,
  /** Released after at least one of its partitions failed. */
  FAILED
}
