package io.bqx.aws.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.aws.testing.ActionRecorder;
import io.bqx.aws.testing.ManualTime;
import io.bqx.aws.testing.StubService;
import io.bqx.core.credentials.DatabaseLogin;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.rds.RdsUtilities;

class RdsIamCredentialsTest {

  private static final String HOST = "fx.cluster-abc.eu-central-1.rds.amazonaws.com";
  private static final Region REGION = Region.EU_CENTRAL_1;

  private static RdsIamCredentials credentials(Clock clock) {
    return RdsIamCredentials.of(HOST, 5432, "bqx writer")
        .region(REGION)
        .identity(StubService.IDENTITY)
        .clock(clock)
        .build();
  }

  private static String token(Clock clock) throws SQLException {
    DatabaseLogin login = credentials(clock).login();
    ActionRecorder.record("rds-db", "connect");
    assertThat(login.user()).contains("bqx writer");
    return login.password().orElseThrow();
  }

  @Test
  void aTokenIsASignedRequestToConnectThatIsGoodForAQuarterOfAnHour() throws SQLException {
    assertThat(token(ManualTime.at("2024-08-01T12:00:00Z")))
        .startsWith(HOST + ":5432/?")
        .contains(
            "DBUser=bqx%20writer",
            "Action=connect",
            "X-Amz-Algorithm=AWS4-HMAC-SHA256",
            "X-Amz-Date=20240801T120000Z",
            "X-Amz-Expires=900",
            "X-Amz-Credential=AKIDEXAMPLE%2F20240801%2Feu-central-1%2Frds-db%2Faws4_request");
  }

  @Test
  void theSdkMakesTheSameToken() throws SQLException {
    String expected =
        RdsUtilities.builder()
            .region(REGION)
            .credentialsProvider(StubService.IDENTITY)
            .build()
            .generateAuthenticationToken(
                token -> token.hostname(HOST).port(5432).username("bqx writer"));
    Matcher date = Pattern.compile("X-Amz-Date=([0-9TZ]+)").matcher(expected);
    assertThat(date.find()).isTrue();
    Instant signed =
        Instant.from(
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmssX")
                .withZone(ZoneOffset.UTC)
                .parse(date.group(1)));
    assertThat(token(Clock.fixed(signed, ZoneOffset.UTC)).split("[?&]"))
        .containsExactlyInAnyOrder(expected.split("[?&]"));
  }

  @Test
  void everySessionHasATokenOfItsOwnTime() throws SQLException {
    ManualTime time = ManualTime.at("2024-08-01T12:00:00Z");
    RdsIamCredentials credentials = credentials(time);
    DatabaseLogin first = credentials.login();
    time.advance(RdsIamCredentials.LIFETIME.minusSeconds(1));
    DatabaseLogin second = credentials.login();
    assertThat(second).isNotEqualTo(first);
    assertThat(second.password().orElseThrow()).contains("X-Amz-Date=20240801T121459Z");
  }

  @Test
  void aRefusedTokenIsReplacedOnlyByAnotherOne() throws SQLException {
    ManualTime time = ManualTime.at("2024-08-01T12:00:00Z");
    RdsIamCredentials credentials = credentials(time);
    DatabaseLogin refused = credentials.login();
    assertThat(credentials.renew(refused)).isEmpty();
    time.advance(Duration.ofSeconds(1));
    assertThat(credentials.renew(refused)).isPresent();
  }

  @Test
  void aTokenIsForEncryptedConnectionsOnly() {
    assertThat(credentials(Clock.systemUTC()).requiresEncryption()).isTrue();
  }

  @Test
  void missingCredentialsOfAwsAreAnErrorThatPasses() {
    RdsIamCredentials nobody =
        RdsIamCredentials.of(HOST, 5432, "me")
            .region(REGION)
            .identity(
                () -> {
                  throw SdkClientException.create("the machine's role cannot be read");
                })
            .build();
    assertThatThrownBy(nobody::login)
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08001"))
        .hasMessageContaining("Cannot sign a token for me at " + HOST)
        .hasMessageContaining("the machine's role cannot be read");
  }

  @Test
  void theRegionIsPartOfTheNameOfAnEndpoint() {
    assertThat(RdsIamCredentials.regionOf(HOST)).contains(REGION);
    assertThat(RdsIamCredentials.regionOf("fx.abc.us-gov-west-1.rds.amazonaws.com"))
        .contains(Region.US_GOV_WEST_1);
    assertThat(RdsIamCredentials.regionOf("localhost")).isEmpty();
    assertThat(RdsIamCredentials.regionOf("db.example.com")).isEmpty();
  }

  @Test
  void noTextHasTheTokenInIt() throws SQLException {
    RdsIamCredentials credentials = credentials(Clock.systemUTC());
    assertThat(credentials).hasToString("IAM token of bqx writer");
    assertThat(credentials.login()).hasToString("bqx writer with password ***");
  }
}
