package io.bqx.examples;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** A certificate authority of the tests' own, made with the JDK's keytool. */
final class TestAuthority {

  private static final String PASSWORD = "changeit";

  private final Path folder;
  private final Path store;

  private TestAuthority(Path folder, String name) {
    this.folder = folder;
    this.store = folder.resolve(name + ".p12");
  }

  static TestAuthority create(Path folder, String name) throws IOException {
    TestAuthority authority = new TestAuthority(folder, name);
    generateKey(authority.store, "CN=" + name, "-ext", "bc:critical=ca:true");
    return authority;
  }

  /** The file with this authority's certificate. */
  Path certificate() throws IOException {
    Path file = folder.resolve(store.getFileName() + ".pem");
    try {
      Files.writeString(file, pem("CERTIFICATE", load(store).getCertificate("key").getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
    return file;
  }

  /** Writes {@code server.key} and {@code server.crt} for a host into a folder. */
  void issue(String host, Path target) throws IOException {
    Path serverStore = folder.resolve(host + ".p12");
    Path request = folder.resolve(host + ".csr");
    generateKey(serverStore, "CN=a server of the tests");
    keytool(serverStore, "-certreq", "-file", request.toString());
    Path certificate = target.resolve("server.crt");
    keytool(
        store,
        "-gencert",
        "-rfc",
        "-infile",
        request.toString(),
        "-outfile",
        certificate.toString(),
        "-ext",
        "san=dns:" + host);
    Path key = target.resolve("server.key");
    Files.createFile(
        key, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      Key secret = load(serverStore).getKey("key", PASSWORD.toCharArray());
      Files.writeString(key, pem("PRIVATE KEY", secret.getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private static KeyStore load(Path store) throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    return keys;
  }

  private static String pem(String what, byte[] der) {
    return "-----BEGIN "
        + what
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + what
        + "-----\n";
  }

  private static void generateKey(Path store, String name, String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("-genkeypair", "-keyalg", "EC", "-dname", name));
    arguments.addAll(List.of(more));
    keytool(store, arguments.toArray(String[]::new));
  }

  private static void keytool(Path store, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.add("-J-XX:TieredStopAtLevel=1");
    command.addAll(List.of(arguments));
    command.addAll(List.of("-alias", "key", "-keystore", store.toString()));
    command.addAll(List.of("-storetype", "PKCS12", "-storepass", PASSWORD));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new IOException(String.join(" ", command) + ": " + said);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
