package io.bqx.core.ingest;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Counts the quotes in a text that is read through it.
 *
 * <p>The splitter of lines takes the end of the file for the end of a quoted field, so that a file
 * that was cut off inside one would pass. In a file whose values are all good, every quote opens or
 * closes a field, and their number is even.
 */
final class QuoteCounter extends FilterInputStream {

  private long quotes;

  QuoteCounter(InputStream text) {
    super(text);
  }

  /** Whether a quote was opened and not closed, if every value of the text is good. */
  boolean isOpen() {
    return quotes % 2 == 1;
  }

  @Override
  public int read() throws IOException {
    int next = in.read();
    quotes += next == '"' ? 1 : 0;
    return next;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int count = in.read(target, offset, length);
    for (int at = offset; at < offset + count; at++) {
      quotes += target[at] == '"' ? 1 : 0;
    }
    return count;
  }
}
