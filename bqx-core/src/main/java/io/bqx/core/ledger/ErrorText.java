package io.bqx.core.ledger;

import java.util.regex.Pattern;

/**
 * Makes an error's text fit to be stored: short, without passwords, without characters PostgreSQL
 * refuses.
 */
final class ErrorText {

  static final int MAX_CHARS = 4000;

  private static final String CUT = " [cut]";
  private static final Pattern PASSWORD_SETTING =
      Pattern.compile(
          "(password\\s*[=:]\\s*)(\"[^\"]*\"|'[^']*'|[^\\s&;,\"']+)", Pattern.CASE_INSENSITIVE);
  private static final Pattern PASSWORD_IN_ADDRESS = Pattern.compile("(//[^/\\s:@]+:)[^/\\s@]+(@)");

  private ErrorText() {}

  static String of(String error) {
    if (error == null) {
      return "no message";
    }
    String text = PASSWORD_SETTING.matcher(error.replace("\0", "")).replaceAll("$1***");
    text = PASSWORD_IN_ADDRESS.matcher(text).replaceAll("$1***$2");
    if (text.length() <= MAX_CHARS) {
      return text;
    }
    int end = MAX_CHARS - CUT.length();
    if (Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(0, end) + CUT;
  }
}
