package io.bqx.core.credentials;

import java.util.Objects;
import java.util.Optional;

/**
 * A user and a password, or a token in its place. Its text has neither password nor token in it.
 */
public final class DatabaseLogin {

  private final String user;
  private final String password;

  private DatabaseLogin(String user, String password) {
    this.user = user;
    this.password = password;
  }

  /**
   * A login.
   *
   * @param user may be null: then the URL or the account of the process decides
   * @param password may be null: then a pgpass file decides
   */
  public static DatabaseLogin of(String user, String password) {
    return new DatabaseLogin(user, password);
  }

  /** The name of the role that logs in; empty if the URL or the account of the process decides. */
  public Optional<String> user() {
    return Optional.ofNullable(user);
  }

  /** The password or token; empty if a pgpass file decides. */
  public Optional<String> password() {
    return Optional.ofNullable(password);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof DatabaseLogin login
        && Objects.equals(user, login.user)
        && Objects.equals(password, login.password);
  }

  @Override
  public int hashCode() {
    return Objects.hash(user, password);
  }

  @Override
  public String toString() {
    return (user == null ? "default user" : user)
        + (password == null ? " without a password" : " with password ***");
  }
}
