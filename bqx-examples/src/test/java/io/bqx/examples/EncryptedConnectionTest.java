package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * What {@code --ssl-mode} and {@code --ssl-root-cert} do against a server with its own authority.
 */
class EncryptedConnectionTest {

  private static final String CONNECTED = "bqx: There are no bars in the schema bqx";

  private final GuardedServer server = GuardedServer.get();

  private CommandRun status(String host, String... options) {
    return status(server.jdbcUrl(host, "postgres"), List.of(options));
  }

  private static CommandRun status(String url, List<String> options) {
    List<String> arguments =
        new ArrayList<>(
            List.of("status", "--jdbc-url", url, "--user", GuardedServer.ENCRYPTED_ONLY));
    arguments.addAll(options);
    return CommandRun.of(
        Map.of("BQX_DB_PASSWORD", GuardedServer.PASSWORD), arguments.toArray(String[]::new));
  }

  @Test
  void verifyFullConnectsWithTheRightAuthorityAndName() {
    String authority = server.authority().toString();
    assertThat(status("localhost", "--ssl-mode", "verify-full", "--ssl-root-cert", authority).err())
        .startsWith(CONNECTED);
    assertThat(status("localhost", "--ssl-root-cert", authority).err()).startsWith(CONNECTED);
    assertThat(
            status(
                    server.jdbcUrl("postgres") + "?sslmode=verify-full&sslrootcert=" + authority,
                    List.of())
                .err())
        .startsWith(CONNECTED);
  }

  @Test
  void anotherAuthorityIsRefused() {
    CommandRun run = status("localhost", "--ssl-root-cert", server.otherAuthority().toString());
    assertRefused(run);
    assertThat(run.err()).contains("sslmode verify-full", "--ssl-root-cert FILE");
  }

  @Test
  void anAuthorityThatJavaDoesNotTrustIsRefused() {
    CommandRun run = status("localhost", "--ssl-mode", "verify-full");
    assertRefused(run);
    assertThat(run.err()).contains("--ssl-root-cert FILE");
  }

  @Test
  void anotherHostNameIsRefusedByVerifyFullAlone() {
    String authority = server.authority().toString();
    assertRefused(status("127.0.0.1", "--ssl-mode", "verify-full", "--ssl-root-cert", authority));
    assertThat(status("127.0.0.1", "--ssl-mode", "verify-ca", "--ssl-root-cert", authority).err())
        .startsWith(CONNECTED);
    assertThat(status("127.0.0.1", "--ssl-mode", "require").err()).startsWith(CONNECTED);
  }

  @Test
  void theServerRefusesWhatIsNotEncrypted() {
    CommandRun run = status("localhost", "--ssl-mode", "disable");
    assertRefused(run);
    assertThat(run.err()).contains("no encryption");
  }

  @Test
  void aServerWithoutEncryptionIsToldNothing() throws IOException {
    assertThat(receivedWithoutEncryption("verify-full")).isEqualTo("0000000804d2162f");
    assertThat(receivedWithoutEncryption("require")).isEqualTo("0000000804d2162f");
    assertThat(receivedWithoutEncryption("prefer"))
        .startsWith("0000000804d2162f")
        .contains(
            HexFormat.of().formatHex("user\0encrypted_only\0".getBytes(StandardCharsets.US_ASCII)));
  }

  /** What arrives at a server that answers every wish for encryption with no. */
  private String receivedWithoutEncryption(String mode) throws IOException {
    try (ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      CompletableFuture<String> received =
          CompletableFuture.supplyAsync(
              () -> {
                try (Socket client = listener.accept()) {
                  client.setSoTimeout(20_000);
                  InputStream in = client.getInputStream();
                  ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                  bytes.write(in.readNBytes(8));
                  client.getOutputStream().write('N');
                  client.getOutputStream().flush();
                  if (mode.equals("prefer")) {
                    byte[] length = in.readNBytes(4);
                    bytes.write(length);
                    bytes.write(in.readNBytes(((length[2] & 0xff) << 8 | length[3] & 0xff) - 4));
                  } else {
                    bytes.write(in.readAllBytes());
                  }
                  return HexFormat.of().formatHex(bytes.toByteArray());
                } catch (IOException e) {
                  return e.toString();
                }
              });
      CommandRun run =
          status(
              "jdbc:postgresql://127.0.0.1:" + listener.getLocalPort() + "/fx",
              List.of("--ssl-mode", mode));
      assertRefused(run);
      return received.join();
    }
  }

  private static void assertRefused(CommandRun run) {
    assertThat(run.err())
        .startsWith("bqx: Cannot connect to jdbc:postgresql://")
        .doesNotContain(GuardedServer.PASSWORD)
        .hasLineCount(1);
    assertThat(run.exitCode()).isEqualTo(1);
  }
}
