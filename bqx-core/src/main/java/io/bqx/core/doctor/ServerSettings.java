package io.bqx.core.doctor;

import static io.bqx.core.doctor.SystemViews.text;
import static io.bqx.core.doctor.SystemViews.view;

import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.jooq.DSLContext;

/**
 * The settings as a session of this user has them: those of the server, the database and the role
 * together. A setting that this release of PostgreSQL does not know, or that the user may not see,
 * is missing.
 */
final class ServerSettings {

  /** A value and its unit, such as {@code 8kB}; the unit is empty where the value has none. */
  record Setting(String value, String unit) {}

  private final Map<String, Setting> settings;

  ServerSettings(Map<String, Setting> settings) {
    this.settings = Map.copyOf(settings);
  }

  static ServerSettings read(DSLContext dsl) {
    return new ServerSettings(
        dsl
            .select(text("s", "name"), text("s", "setting"), text("s", "unit"))
            .from(view("pg_settings", "s"))
            .where(text("s", "setting").isNotNull())
            .stream()
            .collect(
                Collectors.toMap(
                    row -> row.value1(),
                    row -> new Setting(row.value2(), row.value3() == null ? "" : row.value3()))));
  }

  boolean has(String name) {
    return settings.containsKey(name);
  }

  boolean hasPrefix(String prefix) {
    return settings.keySet().stream().anyMatch(name -> name.startsWith(prefix));
  }

  /** The value as PostgreSQL writes it, without its unit; empty if the setting is missing. */
  String value(String name) {
    return has(name) ? settings.get(name).value() : "";
  }

  boolean isOn(String name) {
    return value(name).equals("on");
  }

  /** A number without a unit, or one that is taken without it; 0 if the setting is missing. */
  long number(String name) {
    return has(name) ? Long.parseLong(value(name)) : 0;
  }

  /** An amount of memory or disk in bytes; 0 if the setting is missing. */
  long bytes(String name) {
    return has(name) ? number(name) * bytesOf(settings.get(name).unit()) : 0;
  }

  private static long bytesOf(String unit) {
    return switch (unit) {
      case "" -> 1;
      case "B" -> 1;
      case "kB" -> 1L << 10;
      case "8kB" -> 8L << 10;
      case "MB" -> 1L << 20;
      default -> throw new IllegalStateException("'" + unit + "' is no unit of memory");
    };
  }

  /** A length of time; 0 if the setting is missing or switched off. */
  Duration duration(String name) {
    if (!has(name)) {
      return Duration.ZERO;
    }
    String unit = settings.get(name).unit();
    return switch (unit) {
      case "ms" -> Duration.ofMillis(number(name));
      case "s" -> Duration.ofSeconds(number(name));
      case "min" -> Duration.ofMinutes(number(name));
      default -> throw new IllegalStateException("'" + unit + "' is no unit of time");
    };
  }

  /** Who runs the server, told by the settings that only its provider has. */
  Platform platform(boolean aurora) {
    if (aurora) {
      return Platform.AURORA;
    }
    if (hasPrefix("rds.")) {
      return Platform.RDS;
    }
    return hasPrefix("cloudsql.") || hasPrefix("azure.") || hasPrefix("alloydb.")
        ? Platform.MANAGED
        : Platform.SELF_MANAGED;
  }
}
