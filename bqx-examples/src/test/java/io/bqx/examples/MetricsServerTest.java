package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import io.bqx.core.run.RunProgress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MetricsServerTest {

  private static HttpResponse<String> send(String method, String url)
      throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create(url))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .timeout(Duration.ofSeconds(20))
                .build(),
            HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void theMetersAreServedInTheFormOfPrometheus() throws IOException, InterruptedException {
    try (MetricsServer server = MetricsServer.start(InetAddress.getLoopbackAddress(), 0)) {
      server
          .listener()
          .runStarted(new RunProgress(56, 0, 0, 0, 0, Duration.ZERO, Optional.empty()));

      HttpResponse<String> answer = send("GET", server.url());

      assertThat(server.url()).startsWith("http://127.0.0.1:");
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
          .startsWith("text/plain; version=0.0.4");
      assertThat(answer.body())
          .contains("bqx_running 1.0", "bqx_partitions_remaining 56.0", "bqx_rows_total 0.0")
          .contains("bqx_partitions_total{state=\"failed\"} 0.0");
      assertThat(send("POST", server.url()).statusCode()).isEqualTo(405);
      assertThat(send("GET", server.url().replace("/metrics", "/etc")).statusCode()).isEqualTo(404);
    }
  }

  @Test
  void aPortThatIsTakenIsNamed() {
    try (MetricsServer server = MetricsServer.start(InetAddress.getLoopbackAddress(), 0)) {
      int port = URI.create(server.url()).getPort();

      assertThatThrownBy(() -> MetricsServer.start(InetAddress.getLoopbackAddress(), port))
          .isInstanceOf(BqxException.class)
          .hasMessageContaining("port " + port);
    }
  }
}
