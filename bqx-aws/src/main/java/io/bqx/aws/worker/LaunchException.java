package io.bqx.aws.worker;

import io.bqx.core.BqxException;

/** No machine was launched, and none was left behind unless the message names it. */
public final class LaunchException extends BqxException {

  private static final long serialVersionUID = 1L;

  private final String code;
  private final boolean forLackOfCapacity;

  LaunchException(String message, String code, Throwable cause) {
    this(message, code, cause, false);
  }

  private LaunchException(String message, String code, Throwable cause, boolean forLackOfCapacity) {
    super(message, cause);
    this.code = code;
    this.forLackOfCapacity = forLackOfCapacity;
  }

  /** There is nothing to be had now, wherever one asks. */
  static LaunchException forLackOfCapacity(String message) {
    return new LaunchException(message, "", null, true);
  }

  /** The error code of AWS that ended the launch; empty if there is none. */
  public String code() {
    return code;
  }

  /** Whether every place and market was asked and had none to give, so that it may later. */
  public boolean isForLackOfCapacity() {
    return forLackOfCapacity;
  }
}
