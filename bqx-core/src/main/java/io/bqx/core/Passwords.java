package io.bqx.core;

import java.util.regex.Pattern;

/** Takes passwords out of texts that others may read: messages, logs, the ledger. */
public final class Passwords {

  private static final String MASK = "***";
  private static final String QUOTED = "(?:'[^']*'){1,20}";
  private static final String VALUE = "(?:\"[^\"]*\"|" + QUOTED + "|[^\\s&;,\"'}]+)";
  private static final Pattern SETTING =
      Pattern.compile(
          "((?:password|passwd|pwd|passphrase|secret|secret[_-]?(?:access[_-]?)?key|security-token|x-amz-signature)"
              + "[\"']?\\s*[=:]\\s*)"
              + VALUE,
          Pattern.CASE_INSENSITIVE);
  private static final Pattern IN_SQL =
      Pattern.compile("(password\\s+)" + QUOTED, Pattern.CASE_INSENSITIVE);
  private static final Pattern IN_ADDRESS = Pattern.compile("(//[^/\\s:@]+:)[^/\\s@]+(@)");

  private Passwords() {}

  /**
   * The text with {@code ***} for whatever is written as a password: {@code password=...} and
   * {@code "password": "..."}, also under the names passwd, pwd, passphrase, secret, secret access
   * key, security token and signature; {@code PASSWORD '...'} in SQL; {@code //user:...@host}.
   *
   * @param text may be null, and then null is returned
   */
  public static String masked(String text) {
    if (text == null) {
      return null;
    }
    String masked = SETTING.matcher(text).replaceAll("$1" + MASK);
    masked = IN_SQL.matcher(masked).replaceAll("$1" + MASK);
    return IN_ADDRESS.matcher(masked).replaceAll("$1" + MASK + "$2");
  }
}
