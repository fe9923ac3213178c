package io.bqx.aws.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Collectors;
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

  /**
   * An answer.
   *
   * @param status the HTTP status
   * @param body the text
   */
  public record Answer(int status, String body) {}

  private final HttpServer server;
  private final Map<String, Function<String, Answer>> answers = new ConcurrentHashMap<>();
  private final List<String> calls = new CopyOnWriteArrayList<>();

  private StubService(HttpServer server) {
    this.server = server;
  }

  /** A server on a free port. */
  public static StubService start() {
    try {
      StubService stub =
          new StubService(
              HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
      stub.server.createContext("/", stub::answer);
      stub.server.start();
      return stub;
    } catch (IOException e) {
      throw new IllegalStateException("Cannot start a server", e);
    }
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

  /** The fields of a request in the query protocol. */
  public static Map<String, String> form(String body) {
    return Arrays.stream(body.split("&"))
        .map(field -> field.split("=", 2))
        .collect(
            Collectors.toMap(
                field -> field[0],
                field -> URLDecoder.decode(field[1], StandardCharsets.UTF_8),
                (first, second) -> second,
                TreeMap::new));
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
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      calls.add(body);
      String target = exchange.getRequestHeaders().getFirst("X-Amz-Target");
      String action =
          target == null ? form(body).get("Action") : target.substring(target.indexOf('.') + 1);
      Answer answer =
          answers
              .getOrDefault(action, b -> new Answer(400, "{\"__type\":\"UnknownOperation\"}"))
              .apply(body);
      byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
