package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.aws.credentials.SecretsManagerCredentials;
import io.bqx.aws.testing.StubServer.Answer;
import io.bqx.aws.testing.StubService;
import io.bqx.core.credentials.CredentialedDataSource;
import io.bqx.core.run.PartitionOutcome;
import io.bqx.core.run.Phase2;
import io.bqx.core.run.RunListener;
import io.bqx.core.run.RunProgress;
import io.bqx.core.run.RunReport;
import java.io.IOException;
import java.nio.file.Path;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;

/** A server that asks for passwords, and a secret that holds them, both of which rotate. */
class RotatedPasswordTest {

  private static final YearMonth JULY = YearMonth.of(2024, 7);
  private static final String SECRET = "bqx/rotating";
  private static final String FIRST = "f1rst-0f-two";
  private static final String SECOND = "s3cond-0f-two";

  private final GuardedServer server = GuardedServer.get();
  private final String database = server.newDatabase("rotation");
  private final String role = database + "_owner";
  private final StubService aws = StubService.start();
  private final Map<String, String> versions = new ConcurrentHashMap<>();

  @TempDir private Path folder;

  @BeforeEach
  void createTheRoleAndItsSecret() {
    server.execute("postgres", "CREATE ROLE " + role + " LOGIN PASSWORD '" + FIRST + "'");
    server.execute("postgres", "ALTER DATABASE " + database + " OWNER TO " + role);
    versions.put("AWSCURRENT", FIRST);
    aws.on("GetSecretValue", this::version);
  }

  @AfterEach
  void stop() {
    aws.close();
  }

  private Answer version(String request) {
    String password = versions.get(request.contains("AWSPENDING") ? "AWSPENDING" : "AWSCURRENT");
    if (password == null) {
      return new Answer(400, "{\"__type\": \"ResourceNotFoundException\"}");
    }
    String[] address = server.jdbcUrl(database).split("[:/]+");
    return new Answer(
        200,
        """
        {"SecretString": "{\\"engine\\":\\"postgres\\",\\"username\\":\\"%s\\",\\"password\\":\\"%s\\",\\"host\\":\\"%s\\",\\"port\\":%s,\\"dbname\\":\\"%s\\"}"}"""
            .formatted(role, password, address[2], address[3], database));
  }

  private CommandRun bqx(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--db-secret=" + SECRET);
    return CommandRun.of(
        Map.of(
            "AWS_ENDPOINT_URL", aws.endpoint().toString(),
            "AWS_REGION", "us-east-1",
            "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY", "example-key",
            "BQX_DEBUG", "1"),
        all.toArray(String[]::new));
  }

  private void importBars() throws IOException {
    Path bars =
        FewPairs.bars(
            SyntheticMarket.of(FewPairs.TEN).months(1).rowsPerMonth(20), folder.resolve("bars"));
    CommandRun imported = bqx("import", "--format=csv", bars.toString());
    assertThat(imported.exitCode()).as(imported.output()).isZero();
  }

  private static Phase2 job(DataSource sessions) {
    return Phase2.on(sessions).universe(FewPairs.TEN).months(JULY, JULY);
  }

  /** In the steps of Secrets Manager: a pending version, the server's password, the new label. */
  private RunListener rotatingAfterThree() {
    return new RunListener() {
      @Override
      public void partitionFinished(PartitionOutcome outcome, RunProgress progress) {
        if (progress.finished() == 3) {
          versions.put("AWSPENDING", SECOND);
          server.execute("postgres", "ALTER ROLE " + role + " PASSWORD '" + SECOND + "'");
        }
        if (progress.finished() == 6) {
          versions.put("AWSCURRENT", SECOND);
          versions.remove("AWSPENDING");
        }
      }
    };
  }

  @Test
  void aRotationInTheMiddleOfARunFailsNoPartition() throws IOException {
    importBars();
    try (SecretsManagerClient client = aws.client(SecretsManagerClient.builder())) {
      PGSimpleDataSource address = new PGSimpleDataSource();
      address.setUrl(server.jdbcUrl(database));
      DataSource sessions =
          CredentialedDataSource.of(address, SecretsManagerCredentials.of(client, SECRET));
      int before = aws.calls().size();
      RunReport report = job(sessions).workers(2).listener(rotatingAfterThree()).run();
      assertThat(report.exitCode()).isZero();
      assertThat(report.outcomes()).hasSize(10).allMatch(o -> o.retries() == 0);
      // Read at the start, and after the refusal both versions, once for all sessions.
      assertThat(aws.calls()).hasSize(before + 3);
      assertThat(job(sessions).validate().failures()).isEmpty();
    }
  }

  @Test
  void theAddressComesFromTheSecretAndThePasswordIsInNoOutput() throws IOException {
    importBars();
    CommandRun plan = bqx("plan", "--from=2024-07", "--to=2024-07");
    assertThat(plan.exitCode()).as(plan.output()).isZero();
    assertThat(plan.out()).contains("10 of 28 partitions due");

    versions.put("AWSCURRENT", SECOND);
    CommandRun refused = bqx("status", "--verbose");
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err())
        .contains("Cannot connect to jdbc:postgresql://localhost")
        .contains(" as " + role + ", by secret " + SECRET)
        .contains("password authentication failed");
    assertThat(refused.output()).doesNotContain(FIRST).doesNotContain(SECOND);
  }

  @Test
  void aSecretThatCannotBeReadIsNamedWithTheReason() {
    versions.clear();
    CommandRun unknown = bqx("status");
    assertThat(unknown.exitCode()).isEqualTo(1);
    assertThat(unknown.err())
        .contains("from secret " + SECRET + ": there is no secret of this name or ARN");
  }

  @Test
  void aTokenIsAskedForOverAnEncryptedConnectionOnly() {
    CommandRun unprotected =
        CommandRun.of(
            Map.of("AWS_REGION", "us-east-1"),
            "status",
            "--iam-auth",
            "--user=me",
            "--jdbc-url=jdbc:postgresql://db.example.com/fx?sslmode=prefer");
    assertThat(unprotected.exitCode()).isEqualTo(2);
    assertThat(unprotected.err())
        .contains("--iam-auth sends a token, which sslmode prefer does not protect");
  }

  @Test
  void aTokenIsSentAsThePasswordAndShownToNobody() {
    CommandRun refused =
        CommandRun.of(
            Map.of(
                "AWS_REGION", "us-east-1",
                "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE",
                "AWS_SECRET_ACCESS_KEY", "example-key",
                "BQX_DEBUG", "1"),
            "status",
            "--iam-auth",
            "--user=" + role,
            "--ssl-root-cert=" + server.authority(),
            "--jdbc-url=" + server.jdbcUrl(database));
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err())
        .contains(" as " + role + ", by an IAM token")
        .contains("password authentication failed", "rds_iam");
    assertThat(refused.output()).doesNotContain("X-Amz-").doesNotContain("AKIDEXAMPLE");
  }
}
