package io.bqx.core.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.ds.PGSimpleDataSource;

class CredentialedDataSourceTest {

  private static final DatabaseLogin GOOD =
      DatabaseLogin.of(TestDatabase.user(), TestDatabase.password());

  /** Every server refuses a role that does not exist, also one that asks for no password. */
  private static final DatabaseLogin STALE = DatabaseLogin.of("role_of_yesterday", "s3cret");

  private static PGSimpleDataSource address() {
    PGSimpleDataSource address = new PGSimpleDataSource();
    address.setUrl(TestDatabase.jdbcUrl());
    return address;
  }

  /** Hands out one login after the other and writes down what it is asked. */
  private static final class Rotating implements DatabaseCredentials {

    private final List<String> asked = new ArrayList<>();
    private final List<DatabaseLogin> logins;
    private int next;

    Rotating(DatabaseLogin... logins) {
      this.logins = List.of(logins);
    }

    @Override
    public DatabaseLogin login() {
      asked.add("login");
      return logins.get(next);
    }

    @Override
    public Optional<DatabaseLogin> renew(DatabaseLogin refused) {
      asked.add("renew");
      next++;
      return next < logins.size() ? Optional.of(logins.get(next)) : Optional.empty();
    }
  }

  @Test
  void aLoginThatTheServerRefusesIsRenewedOnce() throws SQLException {
    Rotating credentials = new Rotating(STALE, GOOD);
    CredentialedDataSource sessions = CredentialedDataSource.of(address(), credentials);
    try (Connection first = sessions.getConnection();
        Connection second = sessions.getConnection()) {
      assertThat(first.getMetaData().getUserName()).isEqualTo(TestDatabase.user());
      assertThat(second.getMetaData().getUserName()).isEqualTo(TestDatabase.user());
    }
    assertThat(credentials.asked).containsExactly("login", "renew", "login");
  }

  @Test
  void aRenewedLoginThatIsRefusedAsWellIsAnErrorThatKeepsTheFirst() {
    Rotating credentials = new Rotating(STALE, STALE, GOOD);
    CredentialedDataSource sessions = CredentialedDataSource.of(address(), credentials);
    assertThatThrownBy(sessions::getConnection)
        .isInstanceOfSatisfying(
            SQLException.class,
            e -> {
              assertThat(e.getSQLState()).startsWith("28");
              assertThat(e.getSuppressed()).hasSize(1);
            });
    assertThat(credentials.asked).containsExactly("login", "renew");
  }

  @Test
  void whereThereIsNoOtherLoginTheServersRefusalIsTheError() {
    CredentialedDataSource sessions = CredentialedDataSource.of(address(), () -> STALE);
    assertThatThrownBy(sessions::getConnection)
        .isInstanceOfSatisfying(
            SQLException.class,
            e -> {
              assertThat(e.getSQLState()).startsWith("28");
              assertThat(e.getSuppressed()).isEmpty();
            })
        .hasMessageNotContaining("s3cret");
  }

  @Test
  void errorsThatAreNoRefusalDoNotRenewTheLogin() {
    PGSimpleDataSource nobody = new PGSimpleDataSource();
    nobody.setUrl("jdbc:postgresql://127.0.0.1:1/fx");
    Rotating credentials = new Rotating(GOOD, GOOD);
    assertThatThrownBy(CredentialedDataSource.of(nobody, credentials)::getConnection)
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08001"));
    assertThat(credentials.asked).containsExactly("login");
  }

  @ParameterizedTest
  @CsvSource({
    ",false,false",
    ",true,true",
    "disable,false,false",
    "prefer,false,false",
    "require,false,true",
    "verify-ca,false,true",
    "verify-full,false,true"
  })
  void aTokenIsOnlySentOverConnectionsThatAreEncrypted(String mode, boolean ssl, boolean accepted) {
    PGSimpleDataSource address = address();
    if (mode != null) {
      address.setSslMode(mode);
    }
    if (ssl) {
      address.setSsl(true);
    }
    DatabaseCredentials token =
        new DatabaseCredentials() {
          @Override
          public DatabaseLogin login() {
            return GOOD;
          }

          @Override
          public boolean requiresEncryption() {
            return true;
          }

          @Override
          public String toString() {
            return "a token";
          }
        };
    if (accepted) {
      assertThat(CredentialedDataSource.of(address, token))
          .hasToString("sessions with the login of a token");
    } else {
      assertThatThrownBy(() -> CredentialedDataSource.of(address, token))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("a token", "sslmode to verify-full");
    }
  }

  @Test
  void theUserOfTheAddressIsThatOfALoginWithoutOne() throws SQLException {
    PGSimpleDataSource address = address();
    address.setUser(TestDatabase.user());
    address.setPassword(TestDatabase.password());
    CredentialedDataSource sessions =
        CredentialedDataSource.of(address, EnvironmentCredentials.of(Map.of(), null));
    try (Connection connection = sessions.getConnection()) {
      assertThat(connection.getMetaData().getUserName()).isEqualTo(TestDatabase.user());
    }
    assertThatThrownBy(() -> sessions.getConnection("me", "s3cret"))
        .isInstanceOf(SQLException.class)
        .hasMessageNotContaining("s3cret");
  }

  @Test
  void noTextHasThePasswordInIt() {
    Map<String, String> environment = Map.of(EnvironmentCredentials.PASSWORD_VARIABLE, "s3cret");
    EnvironmentCredentials credentials = EnvironmentCredentials.of(environment, "me");
    assertThat(credentials.login().password()).contains("s3cret");
    assertThat(credentials.login()).isEqualTo(DatabaseLogin.of("me", "s3cret"));
    assertThat(credentials.login()).hasToString("me with password ***");
    assertThat(credentials).hasToString("environment variable BQX_DB_PASSWORD");
    assertThat(EnvironmentCredentials.of(Map.of(), null).login())
        .hasToString("default user without a password");
  }
}
