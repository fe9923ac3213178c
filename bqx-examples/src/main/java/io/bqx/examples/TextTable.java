package io.bqx.examples;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Rows of text in aligned columns: a heading, a rule, and one line per row. */
final class TextTable {

  private static final String GAP = "  ";

  private enum Alignment {
    LEFT,
    RIGHT
  }

  private final List<String> headings = new ArrayList<>();
  private final List<Alignment> alignments = new ArrayList<>();
  private final List<List<String>> rows = new ArrayList<>();

  /** Adds a column of words. */
  TextTable left(String heading) {
    headings.add(heading);
    alignments.add(Alignment.LEFT);
    return this;
  }

  /** Adds a column of numbers. */
  TextTable right(String heading) {
    headings.add(heading);
    alignments.add(Alignment.RIGHT);
    return this;
  }

  /**
   * Adds a row.
   *
   * @throws IllegalArgumentException if it does not have one cell per column
   */
  TextTable row(Object... cells) {
    if (cells.length != headings.size()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "A row of %d cells in a table of %d columns",
              cells.length,
              headings.size()));
    }
    List<String> row = new ArrayList<>();
    for (Object cell : cells) {
      row.add(String.valueOf(cell));
    }
    rows.add(row);
    return this;
  }

  /** Whether no row has been added. */
  boolean isEmpty() {
    return rows.isEmpty();
  }

  /** The lines of the table, without blanks at their ends. */
  List<String> lines() {
    List<Integer> widths = new ArrayList<>();
    for (int column = 0; column < headings.size(); column++) {
      int width = headings.get(column).length();
      for (List<String> row : rows) {
        width = Math.max(width, row.get(column).length());
      }
      widths.add(width);
    }
    List<String> lines = new ArrayList<>();
    lines.add(line(headings, widths));
    lines.add(
        widths.stream()
            .map(width -> String.join("", Collections.nCopies(width, "-")))
            .collect(Collectors.joining(GAP)));
    rows.forEach(row -> lines.add(line(row, widths)));
    return lines;
  }

  /** The lines of the table in Markdown. */
  List<String> markdown() {
    List<String> lines = new ArrayList<>();
    lines.add(markdown(headings));
    lines.add(
        markdown(
            alignments.stream()
                .map(alignment -> alignment == Alignment.LEFT ? "---" : "--:")
                .toList()));
    rows.forEach(row -> lines.add(markdown(row)));
    return lines;
  }

  private static String markdown(List<String> cells) {
    return cells.stream()
        .map(cell -> cell.replace("|", "\\|"))
        .collect(Collectors.joining(" | ", "| ", " |"));
  }

  private String line(List<String> cells, List<Integer> widths) {
    StringBuilder line = new StringBuilder();
    for (int column = 0; column < cells.size(); column++) {
      String blanks = " ".repeat(widths.get(column) - cells.get(column).length());
      line.append(column == 0 ? "" : GAP);
      line.append(
          alignments.get(column) == Alignment.LEFT
              ? cells.get(column) + blanks
              : blanks + cells.get(column));
    }
    return line.toString().stripTrailing();
  }
}
