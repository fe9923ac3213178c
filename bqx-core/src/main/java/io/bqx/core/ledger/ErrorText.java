package io.bqx.core.ledger;

import io.bqx.core.Passwords;

/**
 * Makes an error's text fit to be stored: short, without passwords, without characters PostgreSQL
 * refuses.
 */
final class ErrorText {

  static final int MAX_CHARS = 4000;

  private static final String CUT = " [cut]";

  private ErrorText() {}

  static String of(String error) {
    if (error == null) {
      return "no message";
    }
    String text = Passwords.masked(error.replace("\0", ""));
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
