package io.bqx.examples;

import java.io.PrintWriter;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Instead of a terminal: each line is printed once, when it is new or has changed. */
final class ChangedLines implements Screen {

  private final PrintWriter out;
  private Set<String> before = Set.of();

  ChangedLines(PrintWriter out) {
    this.out = out;
  }

  @Override
  public int width() {
    return Integer.MAX_VALUE;
  }

  @Override
  public void show(List<String> lines) {
    lines.stream().filter(line -> !line.isBlank() && !before.contains(line)).forEach(out::println);
    out.flush();
    before = new HashSet<>(lines);
  }

  @Override
  public void print(String line) {
    out.println(line);
    out.flush();
  }

  @Override
  public void close() {
    out.flush();
  }
}
