package io.bqx.aws.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The metadata service of a machine, version 2: tokens by PUT, and items for whoever has one. */
public final class StubMetadata implements AutoCloseable {

  /** Where a notice is. */
  public static final String ACTION = "spot/instance-action";

  /** Where a recommendation is. */
  public static final String REBALANCE = "events/recommendations/rebalance";

  private final HttpServer server;
  private final Map<String, String> items = new ConcurrentHashMap<>();
  private final List<String> requests = new ArrayList<>();
  private int tokens;
  private boolean forgetful;
  private int status;

  private StubMetadata(HttpServer server) {
    this.server = server;
  }

  /** A service on a free port, of a machine of which nothing is to be said. */
  public static StubMetadata start() {
    try {
      StubMetadata stub =
          new StubMetadata(
              HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
      stub.server.createContext("/", stub::answer);
      stub.server.start();
      return stub;
    } catch (IOException e) {
      throw new IllegalStateException("Cannot start a server", e);
    }
  }

  /** The service's address. */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** Says something of the machine from now on. */
  public void put(String item, String text) {
    items.put(item, text);
  }

  /** Makes the tokens given out so far invalid, as a restart of the service does. */
  public synchronized void forgetTokens() {
    forgetful = true;
  }

  /** Answers everything with a status from now on; 0 ends that. */
  public synchronized void answerAllWith(int code) {
    status = code;
  }

  /** Methods and paths of all requests so far, in their order. */
  public synchronized List<String> requests() {
    return List.copyOf(requests);
  }

  private synchronized void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      requests.add(exchange.getRequestMethod() + " " + path);
      if (status != 0) {
        exchange.sendResponseHeaders(status, -1);
      } else if (path.equals("/latest/api/token")) {
        boolean wellAsked =
            exchange.getRequestMethod().equals("PUT")
                && exchange.getRequestHeaders().getFirst("X-aws-ec2-metadata-token-ttl-seconds")
                    != null;
        forgetful = false;
        send(exchange, wellAsked ? 200 : 400, "token-" + ++tokens);
      } else if (forgetful
          || !("token-" + tokens)
              .equals(exchange.getRequestHeaders().getFirst("X-aws-ec2-metadata-token"))) {
        send(exchange, 401, "");
      } else {
        String text = items.get(path.replace("/latest/meta-data/", ""));
        send(exchange, text == null ? 404 : 200, text == null ? "404 - Not Found" : text);
      }
    }
  }

  private static void send(HttpExchange exchange, int code, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(code, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
