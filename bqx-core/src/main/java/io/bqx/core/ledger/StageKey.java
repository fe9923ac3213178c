package io.bqx.core.ledger;

import io.bqx.core.catalog.Scope;
import java.util.Objects;

/**
 * One stage on the table of one scope; with a month it identifies an entry of the ledger.
 *
 * @param stage the stage's id: {@code "2.14"}
 * @param scope whose table the stage writes: a pair's or the market's
 */
public record StageKey(String stage, Scope scope) {

  /** Refuses null. */
  public StageKey {
    Objects.requireNonNull(stage, "stage");
    Objects.requireNonNull(scope, "scope");
  }
}
