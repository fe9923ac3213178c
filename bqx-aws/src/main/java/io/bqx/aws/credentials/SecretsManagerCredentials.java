package io.bqx.aws.credentials;

import com.fasterxml.jackson.jr.ob.JSON;
import io.bqx.core.credentials.DatabaseCredentials;
import io.bqx.core.credentials.DatabaseLogin;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.model.GetSecretValueRequest;
import software.amazon.awssdk.services.secretsmanager.model.InvalidRequestException;
import software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException;

/**
 * The login that a secret of AWS Secrets Manager holds, in the format of the secrets of RDS: a JSON
 * object with {@code username} and {@code password}, and perhaps {@code engine}, {@code host},
 * {@code port} and {@code dbname}.
 *
 * <p>The secret is read once and kept. After a refusal it is read again, once for all sessions that
 * were refused the same login. While a rotation is under way the database has the new password
 * already, but the secret's current version still the old one: then the pending version is taken.
 */
public final class SecretsManagerCredentials implements DatabaseCredentials {

  private static final String CURRENT = "AWSCURRENT";
  private static final String PENDING = "AWSPENDING";
  private static final Set<String> ENGINES = Set.of("postgres", "aurora-postgresql");
  private static final String UNREACHABLE = "08001";
  private static final String REFUSED = "28000";
  private static final int DEFAULT_PORT = 5432;

  private final SecretsManagerClient client;
  private final String secret;
  private Contents known;

  /** What a version of the secret holds. */
  private record Contents(DatabaseLogin login, Optional<String> jdbcUrl) {}

  private SecretsManagerCredentials(SecretsManagerClient client, String secret) {
    this.client = Objects.requireNonNull(client, "client");
    this.secret = Objects.requireNonNull(secret, "secret");
  }

  /**
   * Credentials of a secret, which is not read yet.
   *
   * @param client stays the caller's, who closes it when no session is opened any more
   * @param secret its name or ARN
   */
  public static SecretsManagerCredentials of(SecretsManagerClient client, String secret) {
    return new SecretsManagerCredentials(client, secret);
  }

  @Override
  public synchronized DatabaseLogin login() throws SQLException {
    return contents().login();
  }

  @Override
  public synchronized Optional<DatabaseLogin> renew(DatabaseLogin refused) throws SQLException {
    if (contents().login().equals(refused)) {
      Predicate<Contents> other = contents -> !contents.login().equals(refused);
      Optional<Contents> renewed = read(CURRENT).filter(other);
      if (renewed.isEmpty()) {
        renewed = read(PENDING).filter(other);
      }
      if (renewed.isEmpty()) {
        return Optional.empty();
      }
      known = renewed.get();
    }
    return Optional.of(known.login());
  }

  /**
   * The address of the database, as the secret has it: {@code jdbc:postgresql://HOST:PORT/DBNAME};
   * empty if it names no host, as the secrets do not that RDS manages itself.
   *
   * @throws SQLException as {@link #login} does
   */
  public synchronized Optional<String> jdbcUrl() throws SQLException {
    return contents().jdbcUrl();
  }

  private Contents contents() throws SQLException {
    if (known == null) {
      known =
          read(CURRENT)
              .orElseThrow(
                  () ->
                      failure(
                          "there is no secret of this name or ARN in the region "
                              + client.serviceClientConfiguration().region(),
                          REFUSED,
                          null));
    }
    return known;
  }

  /** The contents of the version with the given label; empty if there is none. */
  private Optional<Contents> read(String stage) throws SQLException {
    String text;
    try {
      text =
          client
              .getSecretValue(
                  GetSecretValueRequest.builder().secretId(secret).versionStage(stage).build())
              .secretString();
    } catch (ResourceNotFoundException e) {
      return Optional.empty();
    } catch (InvalidRequestException e) {
      if (stage.equals(PENDING)) {
        return Optional.empty();
      }
      throw failure(e.awsErrorDetails().errorMessage(), REFUSED, e);
    } catch (AwsServiceException e) {
      boolean passing = e.isThrottlingException() || e.statusCode() >= 500;
      throw failure(
          e.awsErrorDetails().errorCode() + ", " + e.awsErrorDetails().errorMessage(),
          passing ? UNREACHABLE : REFUSED,
          e);
    } catch (SdkException e) {
      throw failure(e.getMessage(), UNREACHABLE, e);
    }
    if (text == null) {
      throw failure("it holds bytes; expected the JSON text of a secret of RDS", REFUSED, null);
    }
    return Optional.of(parse(text));
  }

  /** No error repeats anything of the text, nor has it as its cause what does. */
  private Contents parse(String text) throws SQLException {
    Map<String, Object> fields;
    try {
      fields = JSON.std.mapFrom(text);
    } catch (IOException e) {
      throw failure("its text is no JSON object", REFUSED, null);
    }
    String engine = text(fields, "engine").orElse("postgres");
    if (!ENGINES.contains(engine)) {
      throw failure(
          "its engine is none of " + String.join(", ", ENGINES.stream().sorted().toList()),
          REFUSED,
          null);
    }
    DatabaseLogin login =
        DatabaseLogin.of(required(fields, "username"), required(fields, "password"));
    int port = port(fields);
    Optional<String> url =
        text(fields, "host")
            .map(
                host ->
                    String.format(
                        Locale.ROOT,
                        "jdbc:postgresql://%s:%d/%s",
                        host,
                        port,
                        URLEncoder.encode(
                                text(fields, "dbname").orElse("postgres"), StandardCharsets.UTF_8)
                            .replace("+", "%20")));
    return new Contents(login, url);
  }

  private String required(Map<String, Object> fields, String name) throws SQLException {
    return text(fields, name).orElseThrow(() -> failure("its JSON has no " + name, REFUSED, null));
  }

  private static Optional<String> text(Map<String, Object> fields, String name) {
    return Optional.ofNullable(fields.get(name)).map(Object::toString).filter(t -> !t.isEmpty());
  }

  private int port(Map<String, Object> fields) throws SQLException {
    try {
      int port = text(fields, "port").map(Integer::parseInt).orElse(DEFAULT_PORT);
      if (port >= 1 && port <= 65_535) {
        return port;
      }
    } catch (NumberFormatException e) {
      // Refused below, like a number out of range.
    }
    throw failure("its port is no number from 1 to 65535", REFUSED, null);
  }

  private SQLException failure(String why, String sqlState, Exception cause) {
    return new SQLException(
        "Cannot take the login of the database from secret " + secret + ": " + why,
        sqlState,
        cause);
  }

  @Override
  public String toString() {
    return "secret " + secret;
  }
}
