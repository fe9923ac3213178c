package io.bqx.aws.worker;

import io.bqx.core.BqxException;

/** A file does not specify a worker; the message names file, key and reason. */
public final class WorkerSpecException extends BqxException {

  private static final long serialVersionUID = 1L;

  WorkerSpecException(String message) {
    super(message);
  }

  WorkerSpecException(String message, Throwable cause) {
    super(message, cause);
  }
}
