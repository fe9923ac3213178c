package io.bqx.core.ingest;

/**
 * Why one line of a file cannot be read. Caught by the reader of the file, which knows the line's
 * number.
 */
final class BadLineException extends Exception {

  private static final long serialVersionUID = 1L;

  private final boolean commonToAllLines;

  /** A reason that concerns one line. */
  BadLineException(String reason) {
    this(reason, false);
  }

  private BadLineException(String reason, boolean commonToAllLines) {
    super(reason, null, false, false);
    this.commonToAllLines = commonToAllLines;
  }

  /**
   * A reason that would be found in every line that follows, so that it is enough to name it once.
   */
  static BadLineException commonToAllLines(String reason) {
    return new BadLineException(reason, true);
  }

  boolean isCommonToAllLines() {
    return commonToAllLines;
  }
}
