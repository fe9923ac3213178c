package io.bqx.examples;

import java.util.List;

/** The lower end of a terminal, where lines are replaced in place. */
interface Screen extends AutoCloseable {

  /** How many characters a line has room for. */
  int width();

  /** Replaces the lines that were shown last; what is too wide or too much is cut off. */
  void show(List<String> lines);

  /** Prints a line that stays, above those that are replaced. */
  void print(String line);

  /** Leaves what was shown last and gives the terminal back. */
  @Override
  void close();
}
