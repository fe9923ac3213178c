package io.bqx.core.ledger;

import io.bqx.features.CurrencyPair;
import java.util.Objects;

/**
 * One stage on the table of one pair; with a month it identifies an entry of the ledger.
 *
 * @param stage the stage's id: {@code "2.14"}
 * @param pair the pair whose table the stage writes
 */
public record StageKey(String stage, CurrencyPair pair) {

  /** Refuses null. */
  public StageKey {
    Objects.requireNonNull(stage, "stage");
    Objects.requireNonNull(pair, "pair");
  }
}
