package io.bqx.aws.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * An S3 on this machine, in a process of its own that ends when it is closed, and whose files are
 * gone then.
 */
public final class S3Mock implements AutoCloseable {

  /** The region that clients may name. */
  public static final String REGION = "us-east-1";

  private static final Pattern PORTS = Pattern.compile("(\\d+) \\(http\\)");
  private static final String STARTED = "Started S3MockApplication";

  private final ServerProcess process;
  private final Path folder;
  private final URI endpoint;

  private S3Mock(ServerProcess process, Path folder, URI endpoint) {
    this.process = process;
    this.folder = folder;
    this.endpoint = endpoint;
  }

  /** Starts it from the jar that the build of bqx-aws copies, and waits until it answers. */
  public static S3Mock start() throws IOException {
    Path jar =
        Path.of(
            System.getProperty("basedir", "."), "..", "bqx-aws", "target", "s3mock", "s3mock.jar");
    if (!Files.exists(jar)) {
      throw new IllegalStateException(
          jar + " is missing; run 'mvn -pl bqx-aws -am process-test-resources'");
    }
    Path folder =
        Files.createTempDirectory(Files.createDirectories(ServerProcess.folder()), "s3mock-");
    ServerProcess process =
        ServerProcess.start(
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-Djava.io.tmpdir=" + folder,
                "-jar",
                jar.toString(),
                "--server.port=0",
                "--http.port=0"));
    return new S3Mock(process, folder, URI.create("http://127.0.0.1:" + httpPort(process)));
  }

  /** Reads what it prints, for as long as it does. */
  private static int httpPort(ServerProcess process) throws IOException {
    BufferedReader output = process.output();
    List<String> lines = new ArrayList<>();
    int port = 0;
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      lines.add(line);
      Matcher ports = PORTS.matcher(line);
      port = port == 0 && ports.find() ? Integer.parseInt(ports.group(1)) : port;
      if (line.contains(STARTED)) {
        Thread rest = new Thread(() -> drain(output), "s3mock-output");
        rest.setDaemon(true);
        rest.start();
        return port;
      }
    }
    throw new IllegalStateException("S3Mock did not start: " + lines);
  }

  private static void drain(BufferedReader output) {
    try {
      while (output.readLine() != null) {
        continue;
      }
    } catch (IOException e) {
      // The process has ended, and its output with it.
    }
  }

  /** Its address. */
  public URI endpoint() {
    return endpoint;
  }

  /** A client that hears of its requests. */
  public S3Client client(ExecutionInterceptor... interceptors) {
    return S3Client.builder()
        .endpointOverride(endpoint)
        .forcePathStyle(true)
        .region(Region.of(REGION))
        .httpClientBuilder(UrlConnectionHttpClient.builder())
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
        .overrideConfiguration(
            settings -> {
              for (ExecutionInterceptor interceptor : interceptors) {
                settings.addExecutionInterceptor(interceptor);
              }
            })
        .build();
  }

  @Override
  public void close() throws IOException {
    process.close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
