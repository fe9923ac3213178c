package io.bqx.core.credentials;

import java.util.Map;
import java.util.Objects;

/** The password of the environment variable {@code BQX_DB_PASSWORD}. */
public final class EnvironmentCredentials implements DatabaseCredentials {

  /** The environment variable that holds the password. */
  public static final String PASSWORD_VARIABLE = "BQX_DB_PASSWORD";

  private final Map<String, String> environment;
  private final String user;

  private EnvironmentCredentials(Map<String, String> environment, String user) {
    this.environment = Objects.requireNonNull(environment, "environment");
    this.user = user;
  }

  /**
   * Credentials from an environment, usually {@link System#getenv()}.
   *
   * @param user the user; may be null: then the URL or the account of the process decides
   */
  public static EnvironmentCredentials of(Map<String, String> environment, String user) {
    return new EnvironmentCredentials(environment, user);
  }

  /** Whether the variable is set; if not, a pgpass file decides. */
  public boolean hasPassword() {
    return environment.containsKey(PASSWORD_VARIABLE);
  }

  @Override
  public DatabaseLogin login() {
    return DatabaseLogin.of(user, environment.get(PASSWORD_VARIABLE));
  }

  @Override
  public String toString() {
    return "environment variable " + PASSWORD_VARIABLE;
  }
}
