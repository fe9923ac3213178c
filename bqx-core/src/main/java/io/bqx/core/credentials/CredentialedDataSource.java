package io.bqx.core.credentials;

import io.bqx.core.retry.TransientSqlState;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.jdbc.SslMode;
import org.slf4j.LoggerFactory;

/**
 * Opens sessions with a login that is asked for each time. If the server refuses it (SQLSTATE 28P01
 * or 28000), it is renewed and tried once more; so a rotation of the password does not end a job.
 *
 * <p>Every connection is a new session of the server: put a pool on top of it ({@code
 * HikariConfig.setDataSource}).
 */
public final class CredentialedDataSource implements DataSource {

  private static final org.slf4j.Logger LOG = LoggerFactory.getLogger(CredentialedDataSource.class);
  private static final Set<String> REFUSED =
      Set.of(
          "28P01", // invalid_password
          "28000"); // invalid_authorization_specification

  private final PGSimpleDataSource address;
  private final DatabaseCredentials credentials;

  private CredentialedDataSource(PGSimpleDataSource address, DatabaseCredentials credentials) {
    this.address = Objects.requireNonNull(address, "address");
    this.credentials = Objects.requireNonNull(credentials, "credentials");
  }

  /**
   * Sessions of a server, whose user and password are those of the credentials.
   *
   * @param address the server and all other settings; its own user and password are those of
   *     sessions whose login has none
   * @throws IllegalArgumentException if the credentials {@linkplain
   *     DatabaseCredentials#requiresEncryption require encryption} and the address does not
   */
  public static CredentialedDataSource of(
      PGSimpleDataSource address, DatabaseCredentials credentials) {
    if (credentials.requiresEncryption() && !isEncrypted(address)) {
      throw new IllegalArgumentException(
          "Credentials of "
              + credentials
              + " must not be sent over a connection that may not be encrypted: set sslmode to verify-full (or require, verify-ca)");
    }
    return new CredentialedDataSource(address, credentials);
  }

  private static boolean isEncrypted(PGSimpleDataSource address) {
    String mode = address.getSslMode();
    return mode == null
        ? address.getSsl()
        : Arrays.stream(SslMode.values())
            .anyMatch(known -> known.value.equals(mode) && known.requireEncryption());
  }

  @Override
  public Connection getConnection() throws SQLException {
    DatabaseLogin login = credentials.login();
    try {
      return open(login);
    } catch (SQLException refusal) {
      if (!isRefusal(refusal)) {
        throw refusal;
      }
      return openAgain(login, refusal);
    }
  }

  private Connection openAgain(DatabaseLogin refused, SQLException refusal) throws SQLException {
    try {
      Optional<DatabaseLogin> renewed = credentials.renew(refused);
      if (renewed.isEmpty()) {
        throw refusal;
      }
      LOG.info(
          "The server refused a login, it was renewed [sqlstate={}] [credentials={}]",
          refusal.getSQLState(),
          credentials);
      return open(renewed.get());
    } catch (SQLException e) {
      if (e != refusal) {
        e.addSuppressed(refusal);
      }
      throw e;
    }
  }

  private Connection open(DatabaseLogin login) throws SQLException {
    return address.getConnection(
        login.user().orElseGet(address::getUser), login.password().orElseGet(address::getPassword));
  }

  private static boolean isRefusal(SQLException error) {
    return TransientSqlState.sqlStateOf(error).filter(REFUSED::contains).isPresent();
  }

  /** Always refused: the credentials decide who logs in. */
  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    throw new SQLException(
        "The user and password of this data source come from " + credentials, "0A000");
  }

  @Override
  public PrintWriter getLogWriter() throws SQLException {
    return address.getLogWriter();
  }

  @Override
  public void setLogWriter(PrintWriter out) throws SQLException {
    address.setLogWriter(out);
  }

  @Override
  public void setLoginTimeout(int seconds) throws SQLException {
    address.setLoginTimeout(seconds);
  }

  @Override
  public int getLoginTimeout() throws SQLException {
    return address.getLoginTimeout();
  }

  @Override
  public Logger getParentLogger() {
    return Logger.getLogger("org.postgresql");
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    if (type.isInstance(this)) {
      return type.cast(this);
    }
    throw new SQLException("A CredentialedDataSource is not a wrapper of a " + type.getName());
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return type.isInstance(this);
  }

  @Override
  public String toString() {
    return "sessions with the login of " + credentials;
  }
}
