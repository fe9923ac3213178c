package io.bqx.aws.worker;

import io.bqx.core.BqxException;

/** A machine did not become ready; the message ends with the last lines of its console. */
public final class ReadyException extends BqxException {

  private static final long serialVersionUID = 1L;

  private final String instance;

  ReadyException(String message, String instance) {
    super(message);
    this.instance = instance;
  }

  /** The machine's id. It is still there. */
  public String instance() {
    return instance;
  }
}
