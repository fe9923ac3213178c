package io.bqx.core.retry;

import io.bqx.core.BqxException;

/**
 * Work was tried as often as its settings allow and failed each time with an error that usually
 * passes. Never {@linkplain TransientSqlState#isTransient transient} itself, so that an outer retry
 * does not multiply the attempts and waits of an inner one.
 */
public final class RetriesExhaustedException extends BqxException {

  private static final long serialVersionUID = 1L;

  /** An error whose cause is what the last attempt failed with. */
  public RetriesExhaustedException(String message, Throwable cause) {
    super(message, cause);
  }
}
