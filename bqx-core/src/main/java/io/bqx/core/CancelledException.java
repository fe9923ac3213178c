package io.bqx.core;

/**
 * The work was given up because its thread was interrupted. The outcome is "cancelled", not
 * "failed", and the thread's interrupt flag is set when this is thrown.
 */
public final class CancelledException extends BqxException {

  private static final long serialVersionUID = 1L;

  /** A cancellation outside any other error. */
  public CancelledException(String message) {
    super(message);
  }

  /**
   * A cancellation that ended the wait after an error, or that an {@link InterruptedException}
   * brought.
   */
  public CancelledException(String message, Throwable cause) {
    super(message, cause);
  }
}
