package io.bqx.aws.interruption;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.aws.testing.ManualTime;
import io.bqx.aws.testing.StubMetadata;
import io.bqx.core.BqxException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InstanceMetadataTest {

  private static final String PUT = "PUT /latest/api/token";
  private static final String GET = "GET /latest/meta-data/spot/instance-action";

  private final StubMetadata stub = StubMetadata.start();
  private final ManualTime time = ManualTime.at("2024-08-01T12:00:00Z");
  private final InstanceMetadata metadata = InstanceMetadata.at(stub.endpoint(), time);

  @AfterEach
  void stop() {
    stub.close();
  }

  @Test
  void noNoticeIsTheNormalAnswer() {
    assertThat(metadata.interruptionNotice()).isEmpty();
    assertThat(metadata.rebalanceRecommendation()).isEmpty();
    assertThat(stub.requests())
        .containsExactly(PUT, GET, "GET /latest/meta-data/events/recommendations/rebalance");
  }

  @Test
  void aNoticeSaysWhatWillBeDoneAndWhen() {
    stub.put(
        StubMetadata.ACTION, "{\"action\": \"terminate\", \"time\": \"2024-08-01T12:02:00Z\"}");
    assertThat(metadata.interruptionNotice())
        .contains(new InterruptionNotice("terminate", Instant.parse("2024-08-01T12:02:00Z")));
  }

  @Test
  void aRecommendationSaysSinceWhen() {
    stub.put(StubMetadata.REBALANCE, "{\"noticeTime\": \"2024-08-01T11:58:00Z\"}");
    assertThat(metadata.rebalanceRecommendation()).contains(Instant.parse("2024-08-01T11:58:00Z"));
  }

  @Test
  void theIdIsText() {
    stub.put("instance-id", "i-0123456789abcdef0\n");
    assertThat(metadata.instanceId()).isEqualTo("i-0123456789abcdef0");
  }

  @Test
  void aTokenIsUsedUntilShortlyBeforeItExpires() {
    metadata.interruptionNotice();
    time.advance(Duration.ofHours(5));
    metadata.interruptionNotice();
    assertThat(stub.requests()).containsExactly(PUT, GET, GET);
    time.advance(Duration.ofMinutes(55));
    metadata.interruptionNotice();
    assertThat(stub.requests()).containsExactly(PUT, GET, GET, PUT, GET);
  }

  @Test
  void aTokenThatIsRefusedIsReplacedOnce() {
    metadata.interruptionNotice();
    stub.forgetTokens();
    assertThat(metadata.interruptionNotice()).isEmpty();
    assertThat(stub.requests()).containsExactly(PUT, GET, GET, PUT, GET);
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 403, 429, 500, 503})
  void anyOtherAnswerIsAnErrorWithItsStatus(int status) {
    metadata.interruptionNotice();
    stub.answerAllWith(status);
    assertThatThrownBy(metadata::interruptionNotice)
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("Cannot read")
        .hasMessageContaining("HTTP status " + status);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "terminate",
        "{\"action\": \"terminate\"}",
        "{\"action\": \"stop\", \"time\": \"soon\"}"
      })
  void aNoticeOfAnotherFormIsAnErrorThatShowsIt(String text) {
    stub.put(StubMetadata.ACTION, text);
    assertThatThrownBy(metadata::interruptionNotice)
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("spot/instance-action")
        .hasMessageContaining("the answer");
  }

  @Test
  void whereNobodyAnswersTheErrorSaysWhatThatMeans() {
    stub.close();
    assertThatThrownBy(metadata::instanceId)
        .isInstanceOf(BqxException.class)
        .hasMessageContaining(stub.endpoint().toString())
        .hasMessageContaining("This is no machine of EC2")
        .hasMessageContaining("hop limit");
  }
}
