package io.bqx.aws.testing;

import io.bqx.aws.testing.StubServer.Answer;
import io.bqx.aws.testing.StubServer.Request;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.core.client.builder.SdkSyncClientBuilder;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;

/**
 * An HTTP server that answers calls of AWS as a test says, by action: for what no emulator knows,
 * and for answers that no emulator gives.
 */
public final class StubService implements AutoCloseable {

  /** Credentials that nobody checks. */
  public static final AwsCredentialsProvider IDENTITY =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("AKIDEXAMPLE", "example-key"));

  private final StubServer server = StubServer.start(this::answer);
  private final Map<String, Function<String, Answer>> answers = new ConcurrentHashMap<>();
  private final List<String> calls = new CopyOnWriteArrayList<>();

  private StubService() {}

  /** A server on a free port. */
  public static StubService start() {
    return new StubService();
  }

  /**
   * Says how an action is answered, from now on.
   *
   * @param action such as {@code GetSecretValue}
   * @param answer from the request's body
   */
  public StubService on(String action, Function<String, Answer> answer) {
    answers.put(action, answer);
    return this;
  }

  /** The bodies of all requests so far, in their order. */
  public List<String> calls() {
    return List.copyOf(calls);
  }

  /** A client that calls this server, of a region and of nobody. */
  public <C, B extends AwsClientBuilder<B, C> & SdkSyncClientBuilder<B, C>> C client(B builder) {
    return builder
        .region(Region.US_EAST_1)
        .endpointOverride(endpoint())
        .credentialsProvider(IDENTITY)
        .httpClient(UrlConnectionHttpClient.create())
        .overrideConfiguration(o -> o.retryStrategy(r -> r.maxAttempts(1)))
        .build();
  }

  /** The server's address. */
  public URI endpoint() {
    return server.endpoint();
  }

  private Answer answer(Request request) {
    calls.add(request.body());
    return answers
        .getOrDefault(
            request.action().orElse(""),
            body -> new Answer(400, "{\"__type\":\"UnknownOperation\"}"))
        .apply(request.body());
  }

  @Override
  public void close() {
    server.close();
  }
}
