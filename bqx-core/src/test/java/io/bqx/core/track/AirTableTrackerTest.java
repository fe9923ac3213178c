package io.bqx.core.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.jr.ob.JSON;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.bqx.core.BqxException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The service is a server of this test that answers as AirTable does. */
class AirTableTrackerTest {

  private static final String TOKEN = "patSecret.123";
  private static final String NONE = "{\"records\":[]}";
  private static final String CREATED =
      "{\"id\":\"rec1\",\"createdTime\":\"2024-07-22T10:05:00.000Z\",\"fields\":{}}";

  private record Answer(int status, String body) {}

  private record Request(String method, String path, String query, String token, String body) {}

  private final Deque<Answer> answers = new ArrayDeque<>();
  private final List<Request> requests = new ArrayList<>();
  private final List<Duration> waits = new ArrayList<>();
  private final StageCompletion completion = TrackersTest.completion("2.3");
  private Instant now = Instant.parse("2024-07-22T10:05:00Z");
  private HttpServer server;

  @BeforeEach
  void startTheServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  @AfterEach
  void stopTheServer() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      requests.add(
          new Request(
              exchange.getRequestMethod(),
              exchange.getRequestURI().getRawPath(),
              exchange.getRequestURI().getQuery(),
              exchange.getRequestHeaders().getFirst("Authorization"),
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
      Answer answer = answers.remove();
      byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json; charset=utf-8");
      exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private URI service() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private AirTableTracker.Builder tracker() {
    return AirTableTracker.of("appBase", "Stage list", TOKEN)
        .service(service())
        .timeout(Duration.ofSeconds(10))
        .pacedBy(
            () -> now,
            time -> {
              waits.add(time);
              now = now.plus(time);
            });
  }

  private void answering(Object... statusesAndBodies) {
    for (int i = 0; i < statusesAndBodies.length; i += 2) {
      answers.add(new Answer((Integer) statusesAndBodies[i], (String) statusesAndBodies[i + 1]));
    }
  }

  private String failure() {
    try {
      tracker().build().stageCompleted(completion);
    } catch (BqxException e) {
      return e.getMessage();
    }
    throw new AssertionError("the note was made");
  }

  @Test
  void aStageWithoutARecordGetsOne() throws IOException {
    answering(200, NONE, 200, CREATED);

    tracker().status("State", "Done").build().stageCompleted(completion);

    assertThat(requests).extracting(Request::method).containsExactly("GET", "POST");
    assertThat(requests).extracting(Request::path).containsOnly("/v0/appBase/Stage%20list");
    assertThat(requests).extracting(Request::token).containsOnly("Bearer " + TOKEN);
    assertThat(requests.get(0).query()).isEqualTo("maxRecords=1&filterByFormula={Stage} = '2.3'");
    assertThat(JSON.std.mapFrom(requests.get(1).body()))
        .containsEntry(
            "fields", Map.of("Stage", "2.3", "Notes", completion.note(), "State", "Done"))
        .containsEntry("typecast", true);
  }

  @Test
  void theNoteIsAddedToThoseOfARecordThatIsThere() throws IOException {
    answering(
        200,
        "{\"records\":[{\"id\":\"rec9\",\"createdTime\":\"2024-07-01T00:00:00.000Z\",\"fields\":{\"Stage\":\"2.3\",\"Notes\":\"Started.\"}}]}",
        200,
        CREATED);

    tracker().build().stageCompleted(completion);

    assertThat(requests.get(1).method()).isEqualTo("PATCH");
    assertThat(requests.get(1).path()).isEqualTo("/v0/appBase/Stage%20list/rec9");
    assertThat(JSON.std.mapFrom(requests.get(1).body()))
        .containsEntry("fields", Map.of("Notes", "Started.\n" + completion.note()));
  }

  @Test
  void aNoteThatIsThereIsNotMadeAgain() throws IOException {
    answering(
        200,
        JSON.std.asString(
            Map.of(
                "records",
                List.of(Map.of("id", "rec9", "fields", Map.of("Notes", completion.note()))))));

    tracker().build().stageCompleted(completion);

    assertThat(requests).hasSize(1);
  }

  @Test
  void requestsAreAFifthOfASecondApart() {
    answering(200, NONE, 200, CREATED, 200, NONE, 200, CREATED);
    AirTableTracker tracker = tracker().build();
    tracker.stageCompleted(completion);
    tracker.stageCompleted(TrackersTest.completion("2.4"));

    assertThat(waits).containsOnly(Duration.ofMillis(200)).hasSize(3);
  }

  @Test
  void afterTooManyRequestsNoneIsMadeForThirtySeconds() {
    answering(
        429,
        "{\"errors\":[{\"error\":\"RATE_LIMIT_REACHED\",\"message\":\"Rate limit exceeded. Please try again later\"}]}",
        200,
        NONE,
        200,
        CREATED);

    tracker().build().stageCompleted(completion);

    assertThat(waits).containsExactly(Duration.ofSeconds(30), Duration.ofMillis(200));
  }

  @Test
  void tooManyRequestsFourTimesAreAFailure() {
    String tooMany =
        "{\"errors\":[{\"error\":\"RATE_LIMIT_REACHED\",\"message\":\"Rate limit exceeded. Please try again later\"}]}";
    answering(429, tooMany, 429, tooMany, 429, tooMany, 429, tooMany);

    assertThat(failure())
        .contains("429: RATE_LIMIT_REACHED, Rate limit exceeded")
        .endsWith("4 times");
    assertThat(waits).hasSize(3).containsOnly(Duration.ofSeconds(30));
  }

  @Test
  void anErrorOfTheServerIsTriedAgainAfterALookWhetherTheNoteIsThere() {
    answering(200, NONE, 503, "", 200, NONE, 200, CREATED);

    tracker().build().stageCompleted(completion);

    assertThat(requests).extracting(Request::method).containsExactly("GET", "POST", "GET", "POST");
    assertThat(waits)
        .containsExactly(Duration.ofMillis(200), Duration.ofSeconds(1), Duration.ofMillis(200));
  }

  @Test
  void errorsThatStayAreNotTriedAgainAndSayWhatToLookAt() {
    answering(
        401,
        "{\"error\":{\"type\":\"AUTHENTICATION_REQUIRED\",\"message\":\"Authentication required\"}}");
    assertThat(failure())
        .isEqualTo(
            "Cannot note in AirTable, base appBase, table Stage list, that stage 2.3 is complete:"
                + " the service answered 401: AUTHENTICATION_REQUIRED, Authentication required. Look at the token");

    answering(404, "{\"error\":\"NOT_FOUND\"}");
    assertThat(failure()).contains("404: NOT_FOUND. Look at base and table");

    answering(
        200,
        NONE,
        422,
        "{\"error\":{\"type\":\"UNKNOWN_FIELD_NAME\",\"message\":\"Unknown field name: \\\"Notes\\\"\"}}");
    assertThat(failure())
        .contains("422: UNKNOWN_FIELD_NAME, Unknown field name: \"Notes\". Look at the names");

    answering(400, "<html>no JSON</html>");
    assertThat(failure()).endsWith("answered 400");
    assertThat(requests).hasSize(5);
  }

  @Test
  void aServiceThatCannotBeReachedIsGivenUpAfterFourTries() {
    URI nobody = URI.create("http://127.0.0.1:1");

    assertThatThrownBy(() -> tracker().service(nobody).build().stageCompleted(completion))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("cannot be reached")
        .hasMessageEndingWith("4 times");
    assertThat(waits)
        .containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(4));
  }

  @Test
  void anAnswerThatDoesNotComeInTimeIsTriedAgain() throws IOException {
    HttpServer silent =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    try {
      // Never started: the system accepts the connection, and nobody answers.
      AirTableTracker tracker =
          tracker()
              .service(URI.create("http://127.0.0.1:" + silent.getAddress().getPort()))
              .timeout(Duration.ofMillis(50))
              .build();

      assertThatThrownBy(() -> tracker.stageCompleted(completion))
          .hasMessageEndingWith("the service has not answered within 0.05 s, 4 times");
      assertThat(waits).hasSize(3);
    } finally {
      silent.stop(0);
    }
  }

  @Test
  void theTokenIsInNoMessageAndNoText() {
    answering(403, "{\"error\":{\"type\":\"NOT_AUTHORIZED\",\"message\":\"" + TOKEN + "\"}}");

    assertThat(failure()).contains("NOT_AUTHORIZED, ***").doesNotContain(TOKEN);
    assertThat(tracker().build()).asString().doesNotContain(TOKEN);
  }

  @Test
  void theEnvironmentNamesEverything() {
    answering(200, NONE, 200, CREATED);
    AirTableTracker.from(
            Map.of(
                "BQX_AIRTABLE_TOKEN", TOKEN,
                "BQX_AIRTABLE_BASE", "appOther",
                "BQX_AIRTABLE_TABLE", "Plan",
                "BQX_AIRTABLE_STAGE_FIELD", "Id",
                "BQX_AIRTABLE_NOTES_FIELD", "Log",
                "BQX_AIRTABLE_STATUS_FIELD", "State",
                "BQX_AIRTABLE_URL", service() + "/"))
        .stageCompleted(completion);

    assertThat(requests.get(1).path()).isEqualTo("/v0/appOther/Plan");
    assertThat(requests.get(1).body()).contains("\"Id\":\"2.3\"", "\"Log\":", "\"State\":\"Done\"");
    assertThatThrownBy(() -> AirTableTracker.from(Map.of("BQX_AIRTABLE_TOKEN", TOKEN)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("BQX_AIRTABLE_BASE");
  }

  @Test
  void aStageWhoseIdHasQuotesCannotChangeTheFormula() {
    answering(200, NONE, 200, CREATED);

    tracker().build().stageCompleted(TrackersTest.completion("x' & {Token}"));

    assertThat(requests.get(0).query()).endsWith("{Stage} = 'x\\' & {Token}'");
  }
}
