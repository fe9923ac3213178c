package io.bqx.examples;

import io.bqx.aws.credentials.RdsIamCredentials;
import io.bqx.aws.credentials.SecretsManagerCredentials;
import io.bqx.core.BqxException;
import io.bqx.core.credentials.DatabaseCredentials;
import io.bqx.core.credentials.DatabaseLogin;
import io.bqx.core.credentials.EnvironmentCredentials;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;

/**
 * How a command logs in to a server of the user's.
 *
 * @param credentials where the login comes from
 * @param words who logs in, for messages: {@code " as me"}
 * @param advice what to do if the server refuses the login; may be empty
 * @param jdbcUrl the address that came with the login; empty if none did
 * @param resource what is needed as long as sessions are opened
 */
record DatabaseAccess(
    DatabaseCredentials credentials,
    String words,
    String advice,
    Optional<String> jdbcUrl,
    AutoCloseable resource)
    implements AutoCloseable {

  private static final String ARN_PREFIX = "arn:";
  private static final int REGION_OF_ARN = 3;

  /**
   * With the password of the environment, if there is one.
   *
   * @param user may be {@code null}
   */
  static DatabaseAccess ofEnvironment(Map<String, String> environment, String user) {
    EnvironmentCredentials credentials = EnvironmentCredentials.of(environment, user);
    return new DatabaseAccess(
        credentials,
        user == null ? "" : " as " + user,
        credentials.hasPassword()
            ? ""
            : ". No password was given: "
                + EnvironmentCredentials.PASSWORD_VARIABLE
                + " is not set",
        Optional.empty(),
        () -> {});
  }

  /**
   * With the login of a secret, which is read at once.
   *
   * @param secret its name or ARN
   * @param onPassword is given each password that is used, so that it can be kept out of texts
   * @throws BqxException if it cannot be read
   */
  static DatabaseAccess ofSecret(AwsAccess aws, String secret, Consumer<String> onPassword) {
    Region region =
        regionOfArn(secret)
            .or(aws::region)
            .orElseThrow(
                () ->
                    new BqxException(
                        "Cannot read secret "
                            + secret
                            + ": no AWS region is known. Set AWS_REGION, or name the secret by its ARN"));
    SecretsManagerClient client = aws.client(SecretsManagerClient.builder(), region);
    SecretsManagerCredentials credentials = SecretsManagerCredentials.of(client, secret);
    try {
      credentials.login().password().ifPresent(onPassword);
      return new DatabaseAccess(
          new Confided(credentials, onPassword),
          credentials.login().user().map(user -> " as " + user).orElse("")
              + ", by secret "
              + secret,
          "",
          credentials.jdbcUrl(),
          client);
    } catch (SQLException e) {
      client.close();
      throw new BqxException(e.getMessage(), e);
    }
  }

  private static Optional<Region> regionOfArn(String secret) {
    String[] parts = secret.split(":");
    return secret.startsWith(ARN_PREFIX) && parts.length > REGION_OF_ARN
        ? Optional.of(Region.of(parts[REGION_OF_ARN]))
        : Optional.empty();
  }

  /**
   * With a token of RDS.
   *
   * @throws BqxException if the region of the server is not known
   */
  static DatabaseAccess ofIam(AwsAccess aws, String host, int port, String user) {
    Region region =
        RdsIamCredentials.regionOf(host)
            .or(aws::region)
            .orElseThrow(
                () ->
                    new BqxException(
                        "Cannot sign a token for "
                            + host
                            + ": its name has no AWS region in it, and none is known. Set AWS_REGION"));
    return new DatabaseAccess(
        RdsIamCredentials.of(host, port, user).region(region).identity(aws.identity()).build(),
        " as " + user + ", by an IAM token",
        ". See that the role is granted rds_iam and that the identity may rds-db:connect as it",
        Optional.empty(),
        () -> {});
  }

  @Override
  public void close() {
    try {
      resource.close();
    } catch (Exception e) {
      throw new BqxException("Cannot close what the login came from: " + e.getMessage(), e);
    }
  }

  /** Credentials that tell which passwords they handed out. */
  private record Confided(DatabaseCredentials source, Consumer<String> onPassword)
      implements DatabaseCredentials {

    @Override
    public DatabaseLogin login() throws SQLException {
      return source.login();
    }

    @Override
    public Optional<DatabaseLogin> renew(DatabaseLogin refused) throws SQLException {
      Optional<DatabaseLogin> renewed = source.renew(refused);
      renewed.flatMap(DatabaseLogin::password).ifPresent(onPassword);
      return renewed;
    }

    @Override
    public boolean requiresEncryption() {
      return source.requiresEncryption();
    }

    @Override
    public String toString() {
      return source.toString();
    }
  }
}
