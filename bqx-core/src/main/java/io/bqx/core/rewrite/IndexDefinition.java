package io.bqx.core.rewrite;

import io.bqx.core.BqxException;
import java.util.Locale;

/** The statement that creates an index, as {@code pg_get_indexdef} prints it. */
final class IndexDefinition {

  private final String text;
  private int position;

  private IndexDefinition(String text) {
    this.text = text;
  }

  /**
   * What follows the table's name: {@code "USING btree (ts_utc) WITH (fillfactor='90')"}. Names
   * before it may be quoted and contain anything.
   */
  static String afterTable(String statement) {
    IndexDefinition definition = new IndexDefinition(statement);
    definition.expect("CREATE ");
    definition.skip("UNIQUE ");
    definition.expect("INDEX ");
    definition.skipName();
    definition.expect(" ON ");
    definition.skip("ONLY ");
    definition.skipName();
    definition.expect(" ");
    return statement.substring(definition.position);
  }

  private boolean skip(String word) {
    boolean there = text.startsWith(word, position);
    position += there ? word.length() : 0;
    return there;
  }

  private void expect(String word) {
    if (!skip(word)) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot copy the index defined by '%s': expected '%s' at character %d. Drop that index, or report its definition",
              text,
              word,
              position + 1));
    }
  }

  private void skipName() {
    do {
      if (skip("\"")) {
        do {
          position = text.indexOf('"', position) + 1;
        } while (skip("\""));
      } else {
        while (position < text.length() && ". ".indexOf(text.charAt(position)) < 0) {
          position++;
        }
      }
    } while (skip("."));
  }
}
