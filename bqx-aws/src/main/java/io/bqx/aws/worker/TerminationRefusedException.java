package io.bqx.aws.worker;

import io.bqx.core.BqxException;
import java.util.List;

/** A worker was not terminated, because a gate is closed or the confirmation is missing. */
public final class TerminationRefusedException extends BqxException {

  private static final long serialVersionUID = 1L;

  private final transient List<GateResult> gates;

  TerminationRefusedException(String message, List<GateResult> gates) {
    super(message);
    this.gates = List.copyOf(gates);
  }

  /** How the gates stood. */
  public List<GateResult> gates() {
    return gates == null ? List.of() : gates;
  }
}
