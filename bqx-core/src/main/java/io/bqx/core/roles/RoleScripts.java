package io.bqx.core.roles;

import io.bqx.core.catalog.Identifiers;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * SQL scripts that create the roles of one schema and give each what it needs and nothing else.
 *
 * <p>The owner owns schema and tables and cannot log in; a writer logs in, acts as the owner and
 * runs the whole job; a reader reads features, baselines and ledger, but not the bars. Each script
 * is one statement for any client, run in the database of the schema by a superuser or by the
 * database's owner with the right to create roles, in the order owner, writer, reader. No script
 * sets a password.
 *
 * @param schema the schema of the tables
 * @param owner the name of the role that owns it
 * @param writer the name of a role that writes
 * @param reader the name of a role that reads
 */
public record RoleScripts(String schema, String owner, String writer, String reader) {

  private static final String DELIMITER = "$bqx$";
  private static final Pattern CONSTANT = Pattern.compile(":= '(bqx(?:_owner|_writer|_reader)?)';");

  /**
   * Checks the names.
   *
   * @throws IllegalArgumentException if one of them is no PostgreSQL identifier: blank, longer than
   *     63 bytes, or with a zero character
   */
  public RoleScripts {
    Identifiers.requireValid("schema", schema);
    Identifiers.requireValid("role", owner);
    Identifiers.requireValid("role", writer);
    Identifiers.requireValid("role", reader);
  }

  /** The script that creates the owner and the schema. */
  public String ownerScript() {
    return script("owner.sql");
  }

  /** The script that creates a writer. */
  public String writerScript() {
    return script("writer.sql");
  }

  /** The script that creates a reader and grants it the tables that exist. */
  public String readerScript() {
    return script("reader.sql");
  }

  private String script(String resource) {
    Map<String, String> names =
        Map.of("bqx", schema, "bqx_owner", owner, "bqx_writer", writer, "bqx_reader", reader);
    String delimiter = DELIMITER;
    while (String.join(" ", names.values()).contains(delimiter)) {
      delimiter = "$" + "x".repeat(delimiter.length()) + "$";
    }
    return CONSTANT
        .matcher(template(resource).replace(DELIMITER, delimiter))
        .replaceAll(
            found -> Matcher.quoteReplacement(":= " + literal(names.get(found.group(1))) + ";"));
  }

  /** A string constant, whatever the server's standard_conforming_strings. */
  private static String literal(String name) {
    String quoted = "'" + name.replace("'", "''").replace("\\", "\\\\") + "'";
    return name.contains("\\") ? "E" + quoted : quoted;
  }

  private static String template(String resource) {
    try (InputStream in = RoleScripts.class.getResourceAsStream(resource)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
