package io.bqx.core.run;

import io.bqx.core.stage.Stage;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How a stage stands for the month of one scope.
 *
 * @param stage the stage
 * @param due why it has to be computed; empty if its columns are up to date or were made elsewhere
 * @param storedFromInput whether the stored columns were computed from the input as it is now, for
 *     as many rows as there are now
 * @param madeElsewhere whether its columns hold values of which the ledger knows nothing
 * @param inputCrc CRC32C of the input as it is now
 * @param recordedCrc CRC32C of the stored columns as the ledger has it; empty if it knows nothing
 * @param repeatable whether this version of the stage computed the stored columns from the input
 *     and the parameters as they are now, so that to compute them again gives the same bytes
 */
record StageStatus(
    Stage<?> stage,
    Optional<DueReason> due,
    boolean storedFromInput,
    boolean madeElsewhere,
    long inputCrc,
    OptionalLong recordedCrc,
    boolean repeatable) {

  boolean isDue() {
    return due.isPresent();
  }

  /** Whether it is computed if it is asked for: it is due, and not only to be moved as it is. */
  boolean isComputed() {
    return isDue() && !(due.equals(Optional.of(DueReason.LAYOUT_CHANGED)) && keepsStoredValues());
  }

  /** Whether stored values stay what they are when the table is rewritten for another stage. */
  boolean keepsStoredValues() {
    return madeElsewhere || storedFromInput;
  }
}
