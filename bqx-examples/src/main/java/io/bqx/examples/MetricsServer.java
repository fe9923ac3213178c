package io.bqx.examples;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.bqx.core.BqxException;
import io.bqx.core.metrics.RunMetrics;
import io.bqx.core.run.RunListener;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Serves the meters of a run at {@code /metrics}, in the form that Prometheus reads. */
final class MetricsServer implements AutoCloseable {

  private static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final RunMetrics metrics = RunMetrics.in(registry);
  private final HttpServer server;

  private MetricsServer(HttpServer server) {
    this.server = server;
  }

  /**
   * Starts to serve.
   *
   * @param address where to listen; other machines reach it unless it is a loopback address
   * @param port the port, or 0 for one that is free
   * @throws BqxException if the port is not to be had
   */
  static MetricsServer start(InetAddress address, int port) {
    try {
      HttpServer server = HttpServer.create(new InetSocketAddress(address, port), 0);
      MetricsServer metrics = new MetricsServer(server);
      server.createContext("/", metrics::answer);
      server.start();
      return metrics;
    } catch (IOException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot serve metrics at %s, port %d: %s",
              address.getHostAddress(),
              port,
              e.getMessage()),
          e);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!exchange.getRequestURI().getPath().equals("/metrics")) {
        exchange.sendResponseHeaders(404, -1);
      } else if (!exchange.getRequestMethod().equals("GET")) {
        exchange.getResponseHeaders().set("Allow", "GET");
        exchange.sendResponseHeaders(405, -1);
      } else {
        byte[] meters = registry.scrape().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", CONTENT_TYPE);
        exchange.sendResponseHeaders(200, meters.length);
        exchange.getResponseBody().write(meters);
      }
    }
  }

  /** Who has to hear of the run for the meters to move. */
  RunListener listener() {
    return metrics;
  }

  /** For example {@code http://127.0.0.1:9464/metrics}. */
  String url() {
    InetSocketAddress at = server.getAddress();
    String host = at.getAddress().getHostAddress();
    return String.format(
        Locale.ROOT,
        "http://%s:%d/metrics",
        host.contains(":") ? "[" + host + "]" : host,
        at.getPort());
  }

  @Override
  public void close() {
    server.stop(0);
    registry.close();
  }
}
