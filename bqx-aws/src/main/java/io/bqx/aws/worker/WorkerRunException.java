package io.bqx.aws.worker;

import io.bqx.core.BqxException;

/**
 * A run on a rented machine stopped at one of its steps; the message names what is still rented.
 * The same run may be started again and goes on there.
 */
public final class WorkerRunException extends BqxException {

  private static final long serialVersionUID = 1L;

  private final RunStep step;

  WorkerRunException(RunStep step, String message, Throwable cause) {
    super(message, cause);
    this.step = step;
  }

  /** The step that it stopped at. */
  public RunStep step() {
    return step;
  }
}
