package io.bqx.aws.worker;

import io.bqx.core.BqxException;

/** No machine was launched, and none was left behind unless the message names it. */
public final class LaunchException extends BqxException {

  private static final long serialVersionUID = 1L;

  private final String code;

  LaunchException(String message, String code, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** The error code of AWS that ended the launch; empty if there is none. */
  public String code() {
    return code;
  }
}
