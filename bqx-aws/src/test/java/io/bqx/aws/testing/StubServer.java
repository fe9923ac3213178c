package io.bqx.aws.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** An HTTP server on a free port of this machine; one request at a time. */
public final class StubServer implements AutoCloseable {

  /**
   * A request.
   *
   * @param method the HTTP method
   * @param path the path, without a query
   * @param headers the first value of each header, by its name in lower case
   * @param body the text
   */
  public record Request(String method, String path, Map<String, String> headers, String body) {

    /** The value of a header, whose name may be written in any way. */
    public Optional<String> header(String name) {
      return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
    }

    /** The action of AWS that is called, in the JSON protocols or the query protocol. */
    public Optional<String> action() {
      return header("X-Amz-Target")
          .map(target -> target.substring(target.indexOf('.') + 1))
          .or(() -> Optional.ofNullable(form(body).get("Action")));
    }
  }

  /**
   * An answer.
   *
   * @param status the HTTP status
   * @param body the text
   */
  public record Answer(int status, String body) {}

  static {
    // Otherwise every answer waits until the client has acknowledged its headers, 40 ms as a rule.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  private final HttpServer server;

  private StubServer(HttpServer server) {
    this.server = server;
  }

  /** Starts a server that answers like this. */
  public static StubServer start(Function<Request, Answer> answers) {
    HttpServer server;
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot start a server", e);
    }
    server.createContext("/", exchange -> answer(exchange, answers));
    server.start();
    return new StubServer(server);
  }

  private static void answer(HttpExchange exchange, Function<Request, Answer> answers)
      throws IOException {
    try (exchange) {
      Map<String, String> headers = new TreeMap<>();
      exchange
          .getRequestHeaders()
          .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.get(0)));
      Answer answer =
          answers.apply(
              new Request(
                  exchange.getRequestMethod(),
                  exchange.getRequestURI().getPath(),
                  headers,
                  new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
      byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  /** The fields of a request in the query protocol. */
  public static Map<String, String> form(String body) {
    return Arrays.stream(body.split("&"))
        .map(field -> field.split("=", 2))
        .collect(
            Collectors.toMap(
                field -> URLDecoder.decode(field[0], StandardCharsets.UTF_8),
                field ->
                    field.length == 1 ? "" : URLDecoder.decode(field[1], StandardCharsets.UTF_8),
                (first, second) -> second,
                TreeMap::new));
  }

  /** Its address. */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
