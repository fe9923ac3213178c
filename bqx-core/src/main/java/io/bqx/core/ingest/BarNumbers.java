package io.bqx.core.ingest;

import java.util.Locale;

/**
 * Plain decimal numbers, without the hexadecimal, suffixed, padded and special forms that Java
 * reads too.
 */
final class BarNumbers {

  private BarNumbers() {}

  /**
   * The double nearest to a decimal number such as {@code 1.3868}, {@code -2} or {@code 1.5e-3}.
   *
   * @param name what the number is, for the message
   */
  static double parse(String name, String text) throws BadLineException {
    if (!isDecimal(text)) {
      throw new BadLineException(
          text.isEmpty()
              ? String.format(Locale.ROOT, "%s is missing", name)
              : String.format(
                  Locale.ROOT, "%s '%s' is not a decimal number", name, BarText.shown(text)));
    }
    double value = Double.parseDouble(text);
    if (Double.isInfinite(value)) {
      throw new BadLineException(
          String.format(Locale.ROOT, "%s %s is too large to be finite", name, BarText.shown(text)));
    }
    return value;
  }

  private static boolean isDecimal(String text) {
    int at = skipSign(text, 0);
    int integerEnd = skipDigits(text, at);
    int digits = integerEnd - at;
    at = integerEnd;
    if (at < text.length() && text.charAt(at) == '.') {
      int fractionEnd = skipDigits(text, at + 1);
      digits += fractionEnd - at - 1;
      at = fractionEnd;
    }
    if (digits == 0) {
      return false;
    }
    if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
      int exponent = skipSign(text, at + 1);
      at = skipDigits(text, exponent);
      if (at == exponent) {
        return false;
      }
    }
    return at == text.length();
  }

  private static int skipSign(String text, int at) {
    return at < text.length() && (text.charAt(at) == '+' || text.charAt(at) == '-') ? at + 1 : at;
  }

  private static int skipDigits(String text, int at) {
    int end = at;
    while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
      end++;
    }
    return end;
  }
}
