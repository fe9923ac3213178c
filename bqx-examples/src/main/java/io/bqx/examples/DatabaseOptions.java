package io.bqx.examples;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.Identifiers;
import io.bqx.core.credentials.EnvironmentCredentials;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Properties;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import org.postgresql.jdbc.SslMode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that name a database. The password is never one of them. */
final class DatabaseOptions {

  static final String PASSWORD_VARIABLE = EnvironmentCredentials.PASSWORD_VARIABLE;
  static final String DEFAULT_SCHEMA = "bqx";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--jdbc-url",
      paramLabel = "URL",
      description =
          "A PostgreSQL server of yours: jdbc:postgresql://HOST:PORT/DATABASE. Its password is taken from the environment"
              + " variable "
              + PASSWORD_VARIABLE
              + ", or from your pgpass file.")
  private String jdbcUrl;

  @Option(names = "--user", paramLabel = "NAME", description = "The user of that server.")
  private String user;

  @Option(
      names = "--db-secret",
      paramLabel = "NAME",
      description =
          "Instead of a password: the secret of AWS Secrets Manager, by name or ARN, that holds user and password in the format"
              + " of RDS; and the address, if --jdbc-url is not given.")
  private String secret;

  @Option(
      names = "--iam-auth",
      description =
          "Instead of a password: log in to RDS or Aurora with tokens that this process's AWS credentials sign.")
  private boolean iamAuth;

  @Option(
      names = "--ssl-mode",
      paramLabel = "MODE",
      description =
          "What is demanded of the connection to that server: disable, allow, prefer, require, verify-ca or verify-full;"
              + " verify-full if not given, and prefer on this machine.")
  private SslMode sslMode;

  @Option(
      names = "--ssl-root-cert",
      paramLabel = "FILE",
      description =
          "The certificate (PEM) of the authority that vouches for that server; those that Java trusts if not given.")
  private Path sslRootCertificate;

  @Option(
      names = "--embedded",
      paramLabel = "DIR",
      description =
          "Instead of --jdbc-url: a PostgreSQL that bqx runs itself, with its data in this folder; created if it does not"
              + " exist. Several commands may use it at the same time.")
  private Path embedded;

  @Option(
      names = "--schema",
      paramLabel = "NAME",
      defaultValue = DEFAULT_SCHEMA,
      description = "The schema of the tables; ${DEFAULT-VALUE} if not given.")
  private String schema;

  @Option(names = "--password", hidden = true, arity = "0..1", fallbackValue = "")
  private String password;

  /**
   * Checks the options against each other.
   *
   * @throws ParameterException if they do not name exactly one database, or hold a password
   */
  void check() {
    if (password != null) {
      throw badUsage(
          "--password is not accepted, because others can see it; set %s instead",
          PASSWORD_VARIABLE);
    }
    if (jdbcUrl == null && embedded == null && secret == null) {
      throw badUsage(
          "Which database? Give --jdbc-url URL for a server of yours, or --embedded DIR for one that bqx runs itself");
    }
    if (jdbcUrl != null && embedded != null) {
      throw badUsage("--jdbc-url and --embedded name two databases; give one of them");
    }
    if (user != null && embedded != null) {
      throw badUsage(
          "--user goes with --jdbc-url; the server of --embedded has one user of its own");
    }
    if ((secret != null || iamAuth) && embedded != null) {
      throw badUsage(
          "%s goes with a server of yours; the server of --embedded has a password of its own",
          secret != null ? "--db-secret" : "--iam-auth");
    }
    if (secret != null && iamAuth) {
      throw badUsage("--db-secret and --iam-auth are two ways to log in; give one of them");
    }
    if (secret != null && user != null) {
      throw badUsage("--user does not go with --db-secret: the secret names the user");
    }
    if (iamAuth && (jdbcUrl == null || user == null)) {
      throw badUsage("--iam-auth needs --jdbc-url and --user");
    }
    if ((sslMode != null || sslRootCertificate != null) && embedded != null) {
      throw badUsage(
          "--ssl-mode and --ssl-root-cert go with --jdbc-url; the server of --embedded listens on this machine only");
    }
    try {
      Identifiers.requireValid("schema", schema);
    } catch (IllegalArgumentException e) {
      throw badUsage("--schema: %s", e.getMessage());
    }
    if (jdbcUrl != null) {
      checkUrl();
    }
  }

  /**
   * Nothing of the URL is repeated in messages: it may hold a password in a place that is not
   * expected.
   */
  private void checkUrl() {
    if (!jdbcUrl.startsWith("jdbc:postgresql:")) {
      throw badUsage(
          "--jdbc-url must begin with jdbc:postgresql:, as in jdbc:postgresql://localhost:5432/fx");
    }
    if (holdsPassword(jdbcUrl)) {
      throw badUsage(
          "--jdbc-url holds a password, which others can see; take it out and set %s instead",
          PASSWORD_VARIABLE);
    }
    Properties parsed = Driver.parseURL(jdbcUrl, null);
    if (parsed == null) {
      throw badUsage(
          "--jdbc-url cannot be understood; expected jdbc:postgresql://HOST:PORT/DATABASE, as in"
              + " jdbc:postgresql://localhost:5432/fx");
    }
    checkSecurity(parsed);
    if (iamAuth && hostOf(parsed).contains(",")) {
      throw badUsage("--iam-auth: a token is good for one host; name one in --jdbc-url");
    }
  }

  private static String hostOf(Properties address) {
    return address.getProperty(PGProperty.PG_HOST.getName(), "localhost");
  }

  /** Tokens need encryption, wherever the server is. */
  private SslMode demanded(Properties address) {
    return sslMode == null && iamAuth && !TransportSecurity.isStatedBy(address)
        ? SslMode.VERIFY_FULL
        : sslMode;
  }

  private void checkSecurity(Properties address) {
    if (sslMode != null && TransportSecurity.isStatedBy(address)) {
      throw badUsage("--ssl-mode and the sslmode or ssl of --jdbc-url; give one of them");
    }
    if (sslRootCertificate != null) {
      if (PGProperty.SSL_ROOT_CERT.isPresent(address)) {
        throw badUsage("--ssl-root-cert and the sslrootcert of --jdbc-url; give one of them");
      }
      if (!Files.isReadable(sslRootCertificate)) {
        throw badUsage("--ssl-root-cert %s cannot be read", sslRootCertificate);
      }
    }
    TransportSecurity security;
    try {
      security = TransportSecurity.of(address, demanded(address), sslRootCertificate);
    } catch (IllegalArgumentException e) {
      throw badUsage("--jdbc-url cannot be understood: %s", e.getMessage());
    }
    if (iamAuth && !security.mode().requireEncryption()) {
      throw badUsage(
          "--iam-auth sends a token, which sslmode %s does not protect; use verify-full",
          security.mode().value);
    }
    if (sslRootCertificate != null && !security.mode().verifyCertificate()) {
      throw badUsage(
          "--ssl-root-cert is of no use with sslmode %s, which verifies nothing; use verify-full",
          security.mode().value);
    }
  }

  static boolean holdsPassword(String url) {
    String beforeParameters = url.split("\\?", 2)[0];
    if (beforeParameters.contains("@")) {
      return true;
    }
    String parameters = url.substring(beforeParameters.length()).replaceFirst("^\\?", "");
    return Arrays.stream(parameters.split("[&?]"))
        .map(parameter -> parameter.split("=", 2)[0])
        .map(DatabaseOptions::decoded)
        .anyMatch(name -> name.toLowerCase(Locale.ROOT).contains("password"));
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }

  /**
   * Connects to the database.
   *
   * @param interruption what to do first if the process is asked to end
   * @throws io.bqx.core.BqxException if that fails
   */
  Database open(Interruption interruption) {
    check();
    if (embedded != null) {
      return Database.embedded(EmbeddedServer.in(embedded), schema, interruption);
    }
    DatabaseAccess access = access();
    try {
      return open(addressOf(access), access, interruption);
    } catch (RuntimeException e) {
      access.close();
      throw e;
    }
  }

  private Database open(String url, DatabaseAccess access, Interruption interruption) {
    Properties address = Driver.parseURL(url, null);
    checkSecurity(address);
    TransportSecurity security =
        TransportSecurity.of(address, demanded(address), sslRootCertificate);
    Database database = Database.at(url, security, access, schema, interruption);
    security
        .weakness()
        .ifPresent(
            weakness -> {
              command.commandLine().getErr().println("bqx: " + weakness);
              command.commandLine().getErr().flush();
            });
    return database;
  }

  private DatabaseAccess access() {
    AwsAccess aws = new AwsAccess(root().environment());
    if (secret != null) {
      return DatabaseAccess.ofSecret(aws, secret, root()::keepSecret);
    }
    if (iamAuth) {
      Properties address = Driver.parseURL(jdbcUrl, null);
      int port = Integer.parseInt(PGProperty.PG_PORT.getOrDefault(address));
      return DatabaseAccess.ofIam(aws, hostOf(address), port, user);
    }
    return DatabaseAccess.ofEnvironment(root().environment(), user);
  }

  private String addressOf(DatabaseAccess access) {
    if (jdbcUrl != null) {
      return jdbcUrl;
    }
    return access
        .jdbcUrl()
        .filter(found -> Driver.parseURL(found, null) != null)
        .orElseThrow(
            () ->
                new BqxException(
                    "Secret " + secret + " names no host that can be used; add --jdbc-url"));
  }

  /**
   * Connects to the database like {@link #open}; a new folder is filled at full speed, without
   * waiting for its disk.
   */
  Database openForBulkLoad(Interruption interruption) {
    try {
      if (embedded != null && Directories.isAbsentOrEmpty(embedded)) {
        return Database.embedded(EmbeddedServer.forBulkLoad(embedded), schema, interruption);
      }
    } catch (IOException e) {
      throw badUsage("--embedded cannot be used: %s", Directories.reason(e));
    }
    return open(interruption);
  }

  /** Whether any option names a database, or tries to. */
  boolean isGiven() {
    return embedded != null || isServerOfUser();
  }

  /** Whether a server that bqx does not run is named. */
  boolean isServerOfUser() {
    return jdbcUrl != null
        || user != null
        || secret != null
        || iamAuth
        || password != null
        || sslMode != null
        || sslRootCertificate != null;
  }

  String schema() {
    return schema;
  }

  private Bqx root() {
    return (Bqx) command.root().userObject();
  }

  /** The folder of the embedded server, {@code null} if another one was named. */
  Path embeddedDirectory() {
    return embedded;
  }

  private ParameterException badUsage(String message, Object... arguments) {
    return new ParameterException(
        command.commandLine(), String.format(Locale.ROOT, message, arguments));
  }
}
