package io.bqx.core.credentials;

import java.sql.SQLException;
import java.util.Optional;

/**
 * Where the login of a database comes from. A {@link CredentialedDataSource} asks before every new
 * session, so a password may change and a token may expire while a job runs; sessions that are open
 * are not affected by either.
 *
 * <p>Called by several threads at once. The text of an implementation ({@code toString}) says where
 * the login comes from and never what it is.
 */
public interface DatabaseCredentials {

  /**
   * The login as far as it is known; may ask a remote service for it.
   *
   * @throws SQLException if there is none: with an SQLSTATE of class 08 if that may pass by itself,
   *     so that a job tries again, else with 28000
   */
  DatabaseLogin login() throws SQLException;

  /**
   * Another login to try after the server has refused one; empty if there is no other.
   *
   * @param refused what {@link #login} or this method returned
   * @throws SQLException as {@link #login} does
   */
  default Optional<DatabaseLogin> renew(DatabaseLogin refused) throws SQLException {
    return Optional.empty();
  }

  /** Whether the login must not be sent over a connection that is not encrypted. */
  default boolean requiresEncryption() {
    return false;
  }
}
