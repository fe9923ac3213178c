package io.bqx.examples;

import io.bqx.core.catalog.Layout;
import io.bqx.core.export.DoubleEncoding;
import io.bqx.core.ingest.BarFormat;
import io.bqx.features.CurrencyPair;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.function.Function;
import org.postgresql.jdbc.SslMode;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/**
 * How option values of types that the command line library does not know are read; every refusal
 * gives an example.
 */
final class Converters {

  private Converters() {}

  static void register(CommandLine commandLine) {
    commandLine.registerConverter(YearMonth.class, Converters::month);
    commandLine.registerConverter(Instant.class, Converters::instant);
    commandLine.registerConverter(ZoneId.class, Converters::zone);
    commandLine.registerConverter(Layout.class, text -> refusing(text, Layout::named));
    commandLine.registerConverter(SslMode.class, Converters::sslMode);
    commandLine.registerConverter(BarFormat.class, text -> refusing(text, BarFormat::of));
    commandLine.registerConverter(
        DestinationOptions.Encryption.class,
        text -> refusing(text, DestinationOptions.Encryption::of));
    commandLine.registerConverter(
        DoubleEncoding.class, text -> refusing(text, DoubleEncoding::named));
    commandLine.registerConverter(CurrencyPair.class, text -> refusing(text, CurrencyPair::of));
  }

  /** Reads a value by a method that explains a refusal by an {@link IllegalArgumentException}. */
  private static <T> T refusing(String text, Function<String, T> read) {
    try {
      return read.apply(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }

  private static SslMode sslMode(String text) {
    return TransportSecurity.mode(text)
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "'"
                        + text
                        + "' is not a mode; expected one of "
                        + String.join(", ", TransportSecurity.modes())));
  }

  private static YearMonth month(String text) {
    try {
      return YearMonth.parse(text);
    } catch (DateTimeParseException e) {
      throw new TypeConversionException(
          "'" + text + "' is not a month; write year and month as in 2024-07");
    }
  }

  private static Instant instant(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException notAnInstant) {
      try {
        return LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
      } catch (DateTimeParseException e) {
        throw new TypeConversionException(
            "'"
                + text
                + "' is not a time in UTC; write 2024-07-01T00:00:00Z, or 2024-07-01 for its midnight");
      }
    }
  }

  private static ZoneId zone(String text) {
    try {
      return ZoneId.of(text);
    } catch (DateTimeException e) {
      throw new TypeConversionException(
          "'" + text + "' is not a time zone; write for example EET, Europe/Athens or +02:00");
    }
  }
}
