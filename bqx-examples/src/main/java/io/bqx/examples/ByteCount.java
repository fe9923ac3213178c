package io.bqx.examples;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a number of bytes with a decimal unit: {@code 10G}, {@code 500M}, {@code 4096}. */
final class ByteCount implements ITypeConverter<Long> {

  private static final Pattern TEXT =
      Pattern.compile("(\\d{1,12})([KMGT]?)B?", Pattern.CASE_INSENSITIVE);
  private static final Map<String, Long> UNITS =
      Map.of("", 1L, "K", 1_000L, "M", 1_000_000L, "G", 1_000_000_000L, "T", 1_000_000_000_000L);

  @Override
  public Long convert(String text) {
    Matcher parts = TEXT.matcher(text);
    try {
      if (parts.matches()) {
        return Math.multiplyExact(
            Long.parseLong(parts.group(1)), UNITS.get(parts.group(2).toUpperCase(Locale.ROOT)));
      }
    } catch (ArithmeticException e) {
      throw new TypeConversionException("'" + text + "' is more than any disk holds");
    }
    throw new TypeConversionException(
        "'" + text + "' is not a number of bytes; write for example 10G, 500M or 4096");
  }
}
