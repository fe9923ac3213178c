package io.bqx.aws.worker;

import io.bqx.core.BqxException;

/** A supervised run did not come to its end; the message names the machine that is still rented. */
public final class SupervisionException extends BqxException {

  private static final long serialVersionUID = 1L;

  /** Why a run did not come to its end. */
  public enum Reason {
    /** The job ended with an error and is not started again. */
    JOB_FAILED,
    /** The job is done, but not everything that was asked for. */
    OTHER_WORK,
    /** More machines were lost than may be. */
    RELAUNCHES_SPENT,
    /** It took longer than it may. */
    TIME_SPENT
  }

  private final Reason reason;

  SupervisionException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** Why the run did not come to its end. */
  public Reason reason() {
    return reason;
  }
}
