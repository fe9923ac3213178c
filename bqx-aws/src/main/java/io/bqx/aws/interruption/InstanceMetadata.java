package io.bqx.aws.interruption;

import com.fasterxml.jackson.jr.ob.JSON;
import io.bqx.core.BqxException;
import io.bqx.core.CancelledException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What EC2 says about this machine, read from its metadata service, version 2: each answer is asked
 * for with a token, which is got beforehand, renewed before it expires and whenever it is refused.
 *
 * <p>Every call is a request to the machine's own hypervisor, is given two seconds, and is not
 * repeated. Safe for use by several threads.
 */
public final class InstanceMetadata {

  /** Where the service is on every machine of EC2. */
  public static final URI DEFAULT_ENDPOINT = URI.create("http://169.254.169.254");

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration TOKEN_LIFETIME = Duration.ofHours(6);
  private static final Duration RENEWED_BEFORE = Duration.ofMinutes(5);
  private static final int OK = 200;
  private static final int UNAUTHORIZED = 401;
  private static final int NOT_FOUND = 404;

  private final URI endpoint;
  private final Clock clock;
  private final HttpClient http;
  private Token token;

  private record Token(String value, Instant renewal) {}

  private InstanceMetadata(URI endpoint, Clock clock) {
    this.endpoint = Objects.requireNonNull(endpoint, "endpoint");
    this.clock = Objects.requireNonNull(clock, "clock");
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .proxy(HttpClient.Builder.NO_PROXY)
            .build();
  }

  /** The service at its usual address. */
  public static InstanceMetadata ofDefaults() {
    return at(DEFAULT_ENDPOINT);
  }

  /** The service at an address without a path, such as {@code http://127.0.0.1:8080}. */
  public static InstanceMetadata at(URI endpoint) {
    return at(endpoint, Clock.systemUTC());
  }

  static InstanceMetadata at(URI endpoint, Clock clock) {
    return new InstanceMetadata(endpoint, clock);
  }

  /** The address of the service. */
  public URI endpoint() {
    return endpoint;
  }

  /**
   * The id of this machine.
   *
   * @throws BqxException if the service does not answer, as it does not where this is no machine of
   *     EC2
   */
  public String instanceId() {
    return get("instance-id").orElseThrow(() -> unreadable("instance-id", "there is none", null));
  }

  /**
   * What is announced for this machine; empty, as it almost always is, if nothing is.
   *
   * @throws BqxException if the service does not answer, or not in the way that is documented
   */
  public Optional<InterruptionNotice> interruptionNotice() {
    String path = "spot/instance-action";
    return get(path)
        .map(
            text -> {
              Map<String, Object> fields = json(path, text);
              return new InterruptionNotice(
                  String.valueOf(fields.get("action")), time(path, fields, "time"));
            });
  }

  /**
   * Since when EC2 recommends to move to another machine; empty if it does not.
   *
   * @throws BqxException if the service does not answer, or not in the way that is documented
   */
  public Optional<Instant> rebalanceRecommendation() {
    String path = "events/recommendations/rebalance";
    return get(path).map(text -> time(path, json(path, text), "noticeTime"));
  }

  private Map<String, Object> json(String path, String text) {
    try {
      return JSON.std.mapFrom(text);
    } catch (IOException e) {
      throw unreadable(path, "the answer is no JSON object: " + text, e);
    }
  }

  private Instant time(String path, Map<String, Object> fields, String name) {
    try {
      return Instant.parse(String.valueOf(fields.get(name)));
    } catch (DateTimeException e) {
      throw unreadable(path, "the answer has no time in '" + name + "': " + fields, e);
    }
  }

  /** An item; empty if the service has none of this name. */
  private synchronized Optional<String> get(String item) {
    HttpResponse<String> answer = ask(item);
    if (answer.statusCode() == UNAUTHORIZED) {
      token = null;
      answer = ask(item);
    }
    return switch (answer.statusCode()) {
      case OK -> Optional.of(answer.body().strip());
      case NOT_FOUND -> Optional.empty();
      default -> throw unreadable(item, "HTTP status " + answer.statusCode(), null);
    };
  }

  private HttpResponse<String> ask(String item) {
    return send(
        item,
        HttpRequest.newBuilder(endpoint.resolve("/latest/meta-data/" + item))
            .header("X-aws-ec2-metadata-token", token())
            .GET());
  }

  private String token() {
    Instant now = clock.instant();
    if (token == null || !now.isBefore(token.renewal())) {
      HttpResponse<String> answer =
          send(
              "a token",
              HttpRequest.newBuilder(endpoint.resolve("/latest/api/token"))
                  .header(
                      "X-aws-ec2-metadata-token-ttl-seconds",
                      Long.toString(TOKEN_LIFETIME.toSeconds()))
                  .PUT(HttpRequest.BodyPublishers.noBody()));
      if (answer.statusCode() != OK) {
        throw unreadable("a token", "HTTP status " + answer.statusCode(), null);
      }
      token = new Token(answer.body(), now.plus(TOKEN_LIFETIME).minus(RENEWED_BEFORE));
    }
    return token.value();
  }

  private HttpResponse<String> send(String item, HttpRequest.Builder request) {
    try {
      return http.send(
          request.timeout(ANSWER_TIMEOUT).build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw unreadable(
          item,
          "no answer ("
              + e.getClass().getSimpleName()
              + "). This is no machine of EC2, its metadata service is off, or, in a container, its hop limit is below 2",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("Reading " + item + " of the metadata was cancelled", e);
    }
  }

  private BqxException unreadable(String item, String why, Exception cause) {
    return new BqxException(
        String.format(
            Locale.ROOT, "Cannot read %s from the metadata service at %s: %s", item, endpoint, why),
        cause);
  }

  @Override
  public String toString() {
    return "instance metadata at " + endpoint;
  }
}
