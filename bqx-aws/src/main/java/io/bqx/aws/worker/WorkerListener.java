package io.bqx.aws.worker;

import java.time.Duration;
import java.util.List;

/** Hears what is done for a worker, in the thread that does it, one call at a time. */
public interface WorkerListener {

  /** Something was decided or done. */
  default void decided(Decision decision) {}

  /** The gates of a termination were looked at. */
  default void gates(List<GateResult> gates) {}

  /**
   * Something is waited for; told about each look at it.
   *
   * @param what what is waited for, with the state last seen
   * @param elapsed how long it has been waited for
   * @param bound after how long the wait is given up
   */
  default void waiting(String what, Duration elapsed, Duration bound) {}
}
