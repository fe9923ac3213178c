package io.bqx.core.doctor;

import java.util.Locale;

/** Who runs a server, and so how its settings are changed and which of them count. */
enum Platform {
  /** PostgreSQL with its own files, whose superuser may change everything. */
  SELF_MANAGED,
  /** Amazon RDS for PostgreSQL: PostgreSQL's storage, settings in parameter groups. */
  RDS,
  /** Amazon Aurora: its own storage, settings in parameter groups. */
  AURORA,
  /** Another provider's, whose settings are changed in its console. */
  MANAGED;

  /** The statement or step that changes a setting for the whole server. */
  String change(String setting, String value, boolean needsRestart) {
    return switch (this) {
      case SELF_MANAGED ->
          String.format(
              Locale.ROOT,
              "ALTER SYSTEM SET %s = '%s'; then %s",
              setting,
              value,
              needsRestart ? "restart the server" : "SELECT pg_reload_conf();");
      case RDS, AURORA ->
          String.format(
              Locale.ROOT,
              "set %s to %s in the parameter group%s",
              setting,
              value,
              needsRestart ? " and reboot the instance" : "");
      case MANAGED ->
          String.format(
              Locale.ROOT, "set %s to %s with the tools of the server's provider", setting, value);
    };
  }
}
