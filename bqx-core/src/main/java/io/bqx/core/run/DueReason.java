package io.bqx.core.run;

/** Why a stage of a partition has to be computed. */
public enum DueReason {
  /** The run was told to do it again, whatever the ledger says. */
  ASKED("asked for"),
  /** The ledger has no entry and the columns hold nothing. */
  NEVER_DONE("never done"),
  /** The last attempt failed. */
  FAILED_BEFORE("failed before"),
  /** The stage's computation has a new version. */
  VERSION_CHANGED("stage version changed"),
  /** A setting of the stage has changed. */
  PARAMETERS_CHANGED("parameters changed"),
  /** Bars, the baseline, columns that the stage reads, or the rows of its table have changed. */
  INPUT_CHANGED("input changed"),
  /**
   * Its columns are stored as another layout has them: they move to another table, or others have
   * moved out of theirs.
   */
  LAYOUT_CHANGED("layout changed");

  private final String words;

  DueReason(String words) {
    this.words = words;
  }

  /** The reason in a few words: {@code "input changed"}. */
  @Override
  public String toString() {
    return words;
  }
}
