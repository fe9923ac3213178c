package io.bqx.examples;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import org.postgresql.PGProperty;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.jdbc.SslMode;
import org.postgresql.ssl.DefaultJavaSSLFactory;

/**
 * How the connection to a server of the user's is protected: whether it is encrypted, and what the
 * server must prove before anything is sent to it.
 *
 * <p>Unless the options or the address say otherwise, a server on another machine must show a
 * certificate for its host name ({@code verify-full}).
 */
final class TransportSecurity {

  private final SslMode mode;
  private final Optional<Path> rootCertificate;
  private final boolean javaAuthorities;
  private final boolean local;
  private final String hosts;

  private TransportSecurity(
      SslMode mode,
      Optional<Path> rootCertificate,
      boolean javaAuthorities,
      boolean local,
      String hosts) {
    this.mode = mode;
    this.rootCertificate = rootCertificate;
    this.javaAuthorities = javaAuthorities;
    this.local = local;
    this.hosts = hosts;
  }

  /**
   * The protection of connections to an address.
   *
   * @param address the parsed JDBC URL
   * @param mode what the option demands, or null
   * @param rootCertificate the authority's certificate that the option names, or null
   */
  static TransportSecurity of(Properties address, SslMode mode, Path rootCertificate) {
    String hosts = address.getProperty(PGProperty.PG_HOST.getName(), "localhost");
    boolean local = Arrays.stream(hosts.split(",")).allMatch(TransportSecurity::isLoopback);
    SslMode demanded = mode != null ? mode : demandedBy(address, local, rootCertificate != null);
    boolean addressNamesTrust =
        PGProperty.SSL_ROOT_CERT.isPresent(address)
            || PGProperty.SSL_CERT.isPresent(address)
            || PGProperty.SSL_FACTORY.isPresent(address);
    boolean javaAuthorities =
        demanded.verifyCertificate()
            && rootCertificate == null
            && !addressNamesTrust
            && !Files.exists(driversRootCertificate());
    return new TransportSecurity(
        demanded, Optional.ofNullable(rootCertificate), javaAuthorities, local, hosts);
  }

  /** Whether the address itself says how the connection is to be protected. */
  static boolean isStatedBy(Properties address) {
    return PGProperty.SSL_MODE.isPresent(address) || PGProperty.SSL.isPresent(address);
  }

  private static SslMode demandedBy(Properties address, boolean local, boolean authorityGiven) {
    if (PGProperty.SSL_MODE.isPresent(address)) {
      return mode(PGProperty.SSL_MODE.getOrDefault(address))
          .orElseThrow(
              () ->
                  new IllegalArgumentException("sslmode is none of " + String.join(", ", modes())));
    }
    boolean encryptionStated =
        PGProperty.SSL.getBoolean(address) || "".equals(PGProperty.SSL.getOrDefault(address));
    return encryptionStated || authorityGiven || !local ? SslMode.VERIFY_FULL : SslMode.PREFER;
  }

  /** The mode of a name such as {@code verify-full}. */
  static Optional<SslMode> mode(String name) {
    return Arrays.stream(SslMode.values()).filter(mode -> mode.value.equals(name)).findFirst();
  }

  /** The names of all modes, from the weakest to the strongest. */
  static String[] modes() {
    return Arrays.stream(SslMode.values()).map(mode -> mode.value).toArray(String[]::new);
  }

  /** Names and numbers that never leave the machine; other names are not looked up. */
  private static boolean isLoopback(String host) {
    return host.equalsIgnoreCase("localhost")
        || host.matches("127(\\.[0-9]{1,3}){3}")
        || host.matches("\\[?(::1|0:0:0:0:0:0:0:1)]?");
  }

  /** Where the driver looks for authorities if it is told nothing, as psql does. */
  private static Path driversRootCertificate() {
    String roaming = System.getenv("APPDATA");
    boolean windows = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("windows");
    return windows && roaming != null
        ? Path.of(roaming, "postgresql", "root.crt")
        : Path.of(System.getProperty("user.home"), ".postgresql", "root.crt");
  }

  SslMode mode() {
    return mode;
  }

  /** Has the connections of a data source protected so. */
  void applyTo(PGSimpleDataSource source) {
    source.setSslMode(mode.value);
    rootCertificate.ifPresent(file -> source.setSslRootCert(file.toString()));
    if (javaAuthorities) {
      source.setSslfactory(DefaultJavaSSLFactory.class.getName());
    }
  }

  /** What others on the network can do to the connection, if anything. */
  Optional<String> weakness() {
    if (local) {
      return Optional.empty();
    }
    return switch (mode) {
      case DISABLE ->
          Optional.of("the connection to " + hosts + " is not encrypted (sslmode disable)");
      case ALLOW, PREFER ->
          Optional.of(
              "the connection to "
                  + hosts
                  + " is encrypted only if the server offers it, and nothing proves that it is that server (sslmode "
                  + mode.value
                  + ")");
      case REQUIRE ->
          Optional.of(
              "the connection to "
                  + hosts
                  + " is encrypted, but nothing proves that it is that server (sslmode require)");
      case VERIFY_CA ->
          Optional.of(
              "the connection to "
                  + hosts
                  + " is encrypted, but any server with a certificate of that authority can pose as it (sslmode"
                  + " verify-ca)");
      case VERIFY_FULL -> Optional.empty();
    };
  }

  /** What to do if the connection is refused, where the demands may be the reason. */
  String advice() {
    if (!mode.requireEncryption()) {
      return "";
    }
    return mode.verifyCertificate()
        ? String.format(
            Locale.ROOT,
            ". bqx demands an encrypted connection on which the server proves who it is (sslmode %s%s): name the"
                + " certificate of its authority with --ssl-root-cert FILE, or demand less with --ssl-mode",
            mode.value,
            javaAuthorities ? ", trusting the authorities that Java trusts" : "")
        : ". An encrypted connection is demanded (sslmode " + mode.value + ")";
  }
}
