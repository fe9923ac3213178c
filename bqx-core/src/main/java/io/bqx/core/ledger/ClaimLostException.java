package io.bqx.core.ledger;

import io.bqx.core.BqxException;

/**
 * A worker wanted to write with a claim that is not its own any more, because the lease ended or
 * another worker has the month. Nothing was written, and trying again with the same claim is
 * useless; errors that made the renewal fail are suppressed ones.
 */
public final class ClaimLostException extends BqxException {

  private static final long serialVersionUID = 1L;

  ClaimLostException(String message) {
    super(message);
  }
}
