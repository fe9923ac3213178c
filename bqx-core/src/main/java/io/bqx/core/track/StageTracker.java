package io.bqx.core.track;

/**
 * Is told when a stage is complete, for example to note it where people look.
 *
 * <p>It is told at the end of the run that did the last partition, by the run's own thread, and
 * once even if several runs share the work. What it throws does not fail the run: it becomes a
 * warning of the run's report.
 */
@FunctionalInterface
public interface StageTracker {

  /**
   * Notes that a stage is complete over all months that were asked for.
   *
   * @throws io.bqx.core.BqxException if that could not be noted; the message says where, why, and
   *     has no secret in it
   */
  void stageCompleted(StageCompletion completion);
}
