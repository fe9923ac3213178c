package io.bqx.core.ingest;

/** Text of a file as messages show it: short, on one line, and without effect on a terminal. */
final class BarText {

  private static final int SHOWN = 100;

  private BarText() {}

  /**
   * The text itself if it is short and plain; else its first {@value #SHOWN} characters, with
   * control and format characters as escapes.
   */
  static String shown(String text) {
    StringBuilder shown = new StringBuilder();
    int end = Math.min(text.length(), SHOWN);
    for (int at = 0; at < end; at++) {
      char next = text.charAt(at);
      shown.append(isPlain(next) ? String.valueOf(next) : String.format("\\u%04x", (int) next));
    }
    if (end < text.length()) {
      shown.append("... (").append(text.length()).append(" characters)");
    }
    return shown.toString();
  }

  private static boolean isPlain(char character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}
