package io.bqx.aws.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.aws.testing.StubServer.Answer;
import io.bqx.aws.testing.StubService;
import io.bqx.aws.testing.TestAws;
import io.bqx.core.credentials.DatabaseLogin;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.SQLException;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;

class SecretsManagerCredentialsTest {

  private static final String SECRET =
      """
      {"engine": "aurora-postgresql", "username": "bqx_writer", "password": "PASSWORD",
       "host": "cluster.example.com", "port": 6543, "dbname": "fx rates"}""";

  private final StubService stub = StubService.start();
  private final SecretsManagerClient client = stub.client(SecretsManagerClient.builder());
  private final SecretsManagerCredentials credentials =
      SecretsManagerCredentials.of(client, "bqx/database");

  @AfterEach
  void stop() {
    client.close();
    stub.close();
  }

  /** The versions of the secret by their labels, as they are when a test asks. */
  private Map<String, String> versions(String current) {
    Map<String, String> versions = new ConcurrentHashMap<>(Map.of("AWSCURRENT", current));
    stub.on(
        "GetSecretValue",
        body -> {
          String label = body.contains("AWSPENDING") ? "AWSPENDING" : "AWSCURRENT";
          return versions.containsKey(label)
              ? new Answer(
                  200,
                  "{\"Name\": \"bqx/database\", \"SecretString\": \""
                      + versions.get(label).replace("\"", "\\\"").replace("\n", "")
                      + "\"}")
              : new Answer(400, "{\"__type\": \"ResourceNotFoundException\"}");
        });
    return versions;
  }

  private static String secret(String password) {
    return SECRET.replace("PASSWORD", password);
  }

  @Test
  void theLoginAndTheAddressAreThoseOfTheSecret() throws SQLException {
    versions(secret("first"));
    assertThat(credentials.login()).isEqualTo(DatabaseLogin.of("bqx_writer", "first"));
    assertThat(credentials.jdbcUrl())
        .contains("jdbc:postgresql://cluster.example.com:6543/fx%20rates");
    assertThat(credentials.requiresEncryption()).isFalse();
  }

  @Test
  void theSecretIsReadOnceAndAgainOnlyAfterARefusal() throws SQLException {
    Map<String, String> versions = versions(secret("first"));
    DatabaseLogin first = credentials.login();
    versions.put("AWSCURRENT", secret("second"));
    assertThat(credentials.login()).isEqualTo(first);
    assertThat(stub.calls()).hasSize(1);

    assertThat(credentials.renew(first)).contains(DatabaseLogin.of("bqx_writer", "second"));
    assertThat(credentials.login()).isEqualTo(DatabaseLogin.of("bqx_writer", "second"));
    assertThat(stub.calls()).hasSize(2);
  }

  @Test
  void sessionsThatWereRefusedTheSameLoginRenewItOnce() throws SQLException {
    Map<String, String> versions = versions(secret("first"));
    DatabaseLogin first = credentials.login();
    versions.put("AWSCURRENT", secret("second"));
    credentials.renew(first);
    assertThat(credentials.renew(first)).contains(DatabaseLogin.of("bqx_writer", "second"));
    assertThat(stub.calls()).hasSize(2);
  }

  @Test
  void inTheMiddleOfARotationThePendingVersionIsTaken() throws SQLException {
    Map<String, String> versions = versions(secret("first"));
    DatabaseLogin first = credentials.login();
    versions.put("AWSPENDING", secret("second"));
    assertThat(credentials.renew(first)).contains(DatabaseLogin.of("bqx_writer", "second"));
  }

  @Test
  void aSecretThatStillHoldsTheRefusedLoginHasNoOther() throws SQLException {
    versions(secret("first"));
    DatabaseLogin first = credentials.login();
    assertThat(credentials.renew(first)).isEmpty();
  }

  @Test
  void aSecretThatRdsManagesItselfHasALoginAndNoAddress() throws SQLException {
    versions("{\"username\": \"postgres\", \"password\": \"first\"}");
    assertThat(credentials.login()).isEqualTo(DatabaseLogin.of("postgres", "first"));
    assertThat(credentials.jdbcUrl()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "s3cret-that-is-no-json|its text is no JSON object",
        "[\"s3cret\"]|its text is no JSON object",
        "{\"username\": \"s3cret\"}|its JSON has no password",
        "{\"password\": \"s3cret\"}|its JSON has no username",
        "{\"engine\": \"mysql\", \"username\": \"me\", \"password\": \"s3cret\"}|its engine is none of",
        "{\"username\": \"me\", \"password\": \"s3cret\", \"port\": \"s3cret\"}|its port is no number"
      })
  void aSecretOfAnotherFormatIsRefusedWithoutRepeatingIt(String text, String reason) {
    versions(text);
    assertThatThrownBy(credentials::login)
        .isInstanceOfSatisfying(
            SQLException.class,
            e -> {
              assertThat(e.getSQLState()).isEqualTo("28000");
              assertThat(e.getMessage()).contains("secret bqx/database: " + reason);
              StringWriter trace = new StringWriter();
              e.printStackTrace(new PrintWriter(trace));
              assertThat(trace.toString()).doesNotContain("s3cret");
            });
  }

  @Test
  void aSecretThatDoesNotExistIsNamed() {
    stub.on(
        "GetSecretValue", body -> new Answer(400, "{\"__type\": \"ResourceNotFoundException\"}"));
    assertThatThrownBy(credentials::login)
        .hasMessageContaining("secret bqx/database: there is no secret of this name or ARN")
        .hasMessageContaining("us-east-1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "AccessDeniedException 400 28000",
        "ThrottlingException 400 08001",
        "InternalServiceError 500 08001"
      })
  void anErrorOfTheServiceIsOneThatPassesOrOneThatStays(String what) {
    String[] words = what.split(" ");
    stub.on(
        "GetSecretValue",
        body ->
            new Answer(
                Integer.parseInt(words[1]),
                "{\"__type\": \"" + words[0] + "\", \"message\": \"not now\"}"));
    assertThatThrownBy(credentials::login)
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo(words[2]))
        .hasMessageContaining(words[0] + ", not now");
  }

  @Test
  void aServiceThatDoesNotAnswerIsAnErrorThatPasses() {
    stub.close();
    assertThatThrownBy(credentials::login)
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08001"));
  }

  @Test
  void noTextHasTheSecretInIt() throws SQLException {
    versions(secret("s3cret"));
    assertThat(credentials.login()).hasToString("bqx_writer with password ***");
    assertThat(credentials).hasToString("secret bqx/database");
  }

  /** In an emulator of Secrets Manager, which knows versions and their labels. */
  @Nested
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  class InAnEmulator {

    private final String name = "bqx/" + UUID.randomUUID();
    private SecretsManagerClient service;

    @BeforeAll
    void connect() {
      service = TestAws.client(SecretsManagerClient.builder());
    }

    @AfterAll
    void disconnect() {
      if (service != null) {
        service.close();
      }
    }

    private SecretsManagerCredentials created(String suffix, String password) {
      service.createSecret(r -> r.name(name + suffix).secretString(secret(password)));
      return SecretsManagerCredentials.of(service, name + suffix);
    }

    /** In the steps of AWS's rotation functions, which the emulator does not run by itself. */
    @Test
    void aRotationIsFollowedThroughAllItsSteps() throws SQLException {
      DatabaseLogin first = DatabaseLogin.of("bqx_writer", "first");
      DatabaseLogin second = DatabaseLogin.of("bqx_writer", "second");
      SecretsManagerCredentials running = created("-rotated", "first");
      SecretsManagerCredentials idle = SecretsManagerCredentials.of(service, name + "-rotated");
      assertThat(running.login()).isEqualTo(first);
      assertThat(idle.login()).isEqualTo(first);

      String arn = service.describeSecret(r -> r.secretId(name + "-rotated")).arn();
      assertThat(running.renew(first)).as("no rotation has begun").isEmpty();

      String pending = UUID.randomUUID().toString();
      service.putSecretValue(
          r ->
              r.secretId(arn)
                  .clientRequestToken(pending)
                  .secretString(secret("second"))
                  .versionStages("AWSPENDING"));
      assertThat(running.renew(first)).as("the database has the new password").contains(second);
      assertThat(SecretsManagerCredentials.of(service, arn).login())
          .as("the label is still with the old one")
          .isEqualTo(first);

      service.updateSecretVersionStage(
          r ->
              r.secretId(arn)
                  .versionStage("AWSCURRENT")
                  .removeFromVersionId(current(arn))
                  .moveToVersionId(pending));
      assertThat(idle.renew(first)).contains(second);
      assertThat(running.login()).isEqualTo(second);
      assertThat(SecretsManagerCredentials.of(service, arn).login()).isEqualTo(second);
    }

    private String current(String secret) {
      return service
          .describeSecret(r -> r.secretId(secret))
          .versionIdsToStages()
          .entrySet()
          .stream()
          .filter(version -> version.getValue().contains("AWSCURRENT"))
          .map(Map.Entry::getKey)
          .findFirst()
          .orElseThrow();
    }

    @Test
    void aSecretThatIsAboutToBeDeletedIsAnErrorThatStays() {
      SecretsManagerCredentials deleted = created("-deleted", "first");
      service.deleteSecret(r -> r.secretId(name + "-deleted"));

      assertThatThrownBy(deleted::login)
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28000"))
          .hasMessageContaining("from secret " + name + "-deleted: ")
          .hasMessageContaining("marked deleted");
    }

    @Test
    void aSecretOfBytesAndOneThatDoesNotExistAreNamed() {
      service.createSecret(
          r -> r.name(name + "-bytes").secretBinary(SdkBytes.fromUtf8String("first")));

      assertThatThrownBy(SecretsManagerCredentials.of(service, name + "-bytes")::login)
          .hasMessageContaining("it holds bytes; expected the JSON text");
      assertThatThrownBy(SecretsManagerCredentials.of(service, name + "-none")::login)
          .hasMessageContaining("there is no secret of this name or ARN in the region us-east-1");
    }
  }
}
