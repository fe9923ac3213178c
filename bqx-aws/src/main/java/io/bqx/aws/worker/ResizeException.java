package io.bqx.aws.worker;

import io.bqx.core.BqxException;

/** A machine was not resized. */
public final class ResizeException extends BqxException {

  private static final long serialVersionUID = 1L;

  private final boolean restored;

  ResizeException(String message, boolean restored, Throwable cause) {
    super(message, cause);
    this.restored = restored;
  }

  /** Whether the machine has the type and the state that it had before. */
  public boolean isRestored() {
    return restored;
  }
}
