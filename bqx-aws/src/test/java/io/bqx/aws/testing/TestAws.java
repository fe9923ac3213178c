package io.bqx.aws.testing;

import io.bqx.aws.AwsClients;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.core.client.builder.SdkSyncClientBuilder;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;

/**
 * The one emulator of AWS that all tests of a JVM share, chosen when the first test asks for it.
 *
 * <p>In this order: the address in {@code BQX_TEST_AWS_ENDPOINT}; moto in a container, where a
 * Docker engine answers and has its image; moto as a process, from a virtual environment of Python
 * in the user's cache folder, which is made the first time. Where none of that can be had, the test
 * is skipped with a message that says why and what to do; {@code .ci/run} fails then.
 *
 * <p>Tests keep apart by names. The emulator ends with the JVM.
 */
public final class TestAws {

  /** The version of moto that is installed. */
  public static final String MOTO_VERSION = "5.2.5";

  private static final Logger LOG = LoggerFactory.getLogger(TestAws.class);
  private static final String ENDPOINT_VARIABLE = "BQX_TEST_AWS_ENDPOINT";
  private static final int CONTAINER_PORT = 5000;
  private static final long START_SECONDS = 90;
  private static final int START_ATTEMPTS = 3;
  private static final long INSTALL_MINUTES = 10;

  /** Where the emulator is, or why there is none. */
  private record Emulator(Optional<URI> endpoint, String reason) {}

  /** Started by the first use of the class. */
  private static final class Holder {
    private static final Emulator EMULATOR = choose();
  }

  private TestAws() {}

  /** The emulator's address; the test is skipped if there is none. */
  public static URI endpoint() {
    Emulator emulator = Holder.EMULATOR;
    Assumptions.assumeTrue(
        emulator.endpoint().isPresent(),
        () ->
            "There is no emulator of AWS ("
                + emulator.reason()
                + "). Set BQX_TEST_AWS_ENDPOINT to the address of one, or install Python 3 with"
                + " venv where a Python registry answers");
    return emulator.endpoint().get();
  }

  /** Clients of the emulator, for the caller to close. */
  public static AwsClients clients() {
    return clients(endpoint());
  }

  /** A client of the emulator, for the caller to close, of a service that has none there. */
  public static <C, B extends AwsClientBuilder<B, C> & SdkSyncClientBuilder<B, C>> C client(
      B builder) {
    return builder
        .region(Region.US_EAST_1)
        .endpointOverride(endpoint())
        .credentialsProvider(StubService.IDENTITY)
        .httpClient(UrlConnectionHttpClient.create())
        .build();
  }

  /** Clients of a server at an address, with credentials that are none. */
  public static AwsClients clients(URI endpoint) {
    return AwsClients.builder()
        .endpoint(endpoint)
        .region(Region.US_EAST_1)
        .credentials(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
        .build();
  }

  private static Emulator choose() {
    String given = System.getenv(ENDPOINT_VARIABLE);
    Emulator emulator =
        given != null && !given.isBlank()
            ? new Emulator(Optional.of(URI.create(given)), "named by " + ENDPOINT_VARIABLE)
            : container().map(TestAws::inContainer).orElseGet(TestAws::process);
    LOG.info(
        "AWS for tests: {} ({})",
        emulator.endpoint().map(URI::toString).orElse("none"),
        emulator.reason());
    return emulator;
  }

  private static Emulator inContainer(URI endpoint) {
    return new Emulator(Optional.of(endpoint), "moto in a container");
  }

  /** Its image may be out of reach although the engine answers. */
  private static Optional<URI> container() {
    if (!DockerClientFactory.instance().isDockerAvailable()) {
      return Optional.empty();
    }
    try {
      GenericContainer<?> moto =
          new GenericContainer<>(DockerImageName.parse("motoserver/moto:" + MOTO_VERSION))
              .withExposedPorts(CONTAINER_PORT);
      moto.start();
      return Optional.of(
          URI.create("http://" + moto.getHost() + ":" + moto.getMappedPort(CONTAINER_PORT)));
    } catch (RuntimeException e) {
      LOG.info("No container with moto: {}", e.getMessage());
      return Optional.empty();
    }
  }

  private static Emulator process() {
    try {
      Path server = installed();
      Path log =
          Files.createDirectories(ServerProcess.folder())
              .resolve("moto-" + ProcessHandle.current().pid() + ".log");
      for (int attempt = 1; attempt <= START_ATTEMPTS; attempt++) {
        // Somebody else may take the port before the server does, which then ends at once.
        int port = freePort();
        ServerProcess process =
            ServerProcess.start(
                List.of(server.toString(), "-H", "127.0.0.1", "-p", String.valueOf(port)), log);
        if (answersWithin(START_SECONDS, port, process)) {
          return new Emulator(
              Optional.of(URI.create("http://127.0.0.1:" + port)), "moto " + MOTO_VERSION);
        }
        process.close();
      }
      return new Emulator(Optional.empty(), "moto does not answer; its output is in " + log);
    } catch (IOException e) {
      return new Emulator(Optional.empty(), e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Emulator(Optional.empty(), "interrupted");
    }
  }

  private static boolean answersWithin(long seconds, int port, ServerProcess process) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (System.nanoTime() < end && !process.endsWithin(50)) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return socket.isConnected();
      } catch (IOException notYet) {
        continue;
      }
    }
    return false;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** The server's program; installed first if it is not there, by one JVM at a time. */
  private static Path installed() throws IOException, InterruptedException {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path folder =
        (cache == null || cache.isBlank()
                ? Path.of(System.getProperty("user.home"), ".cache")
                : Path.of(cache))
            .resolve("bqx")
            .resolve("moto-" + MOTO_VERSION);
    Path server = folder.resolve("bin/moto_server");
    Path complete = folder.resolve("complete");
    Files.createDirectories(folder.getParent());
    try (FileChannel lock =
            FileChannel.open(
                folder.resolveSibling("moto.lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        var held = lock.lock()) {
      if (held.isValid() && !Files.exists(complete)) {
        run(List.of("python3", "-m", "venv", "--clear", folder.toString()));
        run(
            List.of(
                folder.resolve("bin/pip").toString(),
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-compile",
                "moto[ec2,iam,s3,secretsmanager,ssm]==" + MOTO_VERSION,
                "flask==3.1.3",
                "flask-cors==6.0.5"));
        Files.createFile(complete);
      }
    }
    return server;
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    Path log = Files.createTempFile("moto-install", ".log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    if (!process.waitFor(INSTALL_MINUTES, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new IOException(command.get(0) + " needs more than " + INSTALL_MINUTES + " minutes");
    }
    if (process.exitValue() != 0) {
      throw new IOException(
          String.join(" ", command) + " failed: " + Files.readString(log).strip());
    }
    Files.delete(log);
  }
}
