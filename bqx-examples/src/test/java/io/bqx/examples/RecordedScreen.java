package io.bqx.examples;

import java.util.ArrayList;
import java.util.List;

/** A terminal of 100 columns that remembers what was shown. */
final class RecordedScreen implements Screen {

  final List<List<String>> shown = new ArrayList<>();
  final List<String> printed = new ArrayList<>();
  boolean closed;

  @Override
  public int width() {
    return 100;
  }

  @Override
  public void show(List<String> lines) {
    shown.add(List.copyOf(lines));
  }

  @Override
  public void print(String line) {
    printed.add(line);
  }

  @Override
  public void close() {
    closed = true;
  }

  /** What is to be seen now. */
  List<String> last() {
    return shown.get(shown.size() - 1);
  }
}
