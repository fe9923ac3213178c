package io.bqx.core;

/**
 * The root of every error that bqx reports. Its message says what was attempted, on what, why it
 * failed and what to do. Passwords in it are {@linkplain Passwords#masked masked}.
 */
public class BqxException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** An error with the given message. */
  public BqxException(String message) {
    super(Passwords.masked(message));
  }

  /** An error with the given message and the failure that caused it. */
  public BqxException(String message, Throwable cause) {
    super(Passwords.masked(message), cause);
  }
}
