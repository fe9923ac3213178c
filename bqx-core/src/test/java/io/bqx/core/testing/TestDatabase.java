package io.bqx.core.testing;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * The one PostgreSQL server that all database tests of a JVM share, chosen when the first test asks
 * for it.
 *
 * <p>In this order: the server at {@code BQX_TEST_JDBC_URL} (with {@code BQX_TEST_DB_USER} and
 * {@code BQX_TEST_DB_PASSWORD}), which the tests may create schemas in; a container where a Docker
 * engine answers; an embedded server. The choice and its reason are logged once. {@code
 * BQX_TEST_REQUIRE_DOCKER=true}, as a system property or in the environment, makes anything but a
 * container an error. Tests never skip for want of a database.
 *
 * <p>The server ends with the JVM. Tests keep apart by schemas: {@link #newSchema(String)}.
 */
public final class TestDatabase {

  private static final Logger LOG = LoggerFactory.getLogger(TestDatabase.class);
  private static final String IMAGE = "postgres:16-alpine";
  private static final int POOLED_SESSIONS = 30;
  private static final Map<String, String> SERVER_SETTINGS =
      Map.of(
          "max_connections", "200",
          "fsync", "off",
          "wal_level", "minimal",
          "max_wal_senders", "0",
          // Else its workers are busy all the time with the catalogue's rows of tables that tests
          // dropped.
          "autovacuum_naptime", "600");

  /** A machine that is busy with other work takes more than the ten seconds of the default. */
  static final Duration START_PATIENCE = Duration.ofMinutes(2);

  private record Server(String url, String user, String password, boolean embedded) {}

  /** Started by the first use of the class. */
  private static final class Holder {
    private static final Server SERVER = choose();
  }

  /** Opened by the first use of the class; its sessions end with the JVM. */
  private static final class Pool {
    private static final HikariDataSource SESSIONS = open();

    private static HikariDataSource open() {
      HikariConfig config = new HikariConfig();
      config.setPoolName("tests");
      config.setDataSource(dataSource());
      config.setMaximumPoolSize(POOLED_SESSIONS);
      config.setMinimumIdle(0);
      return new HikariDataSource(config);
    }
  }

  private TestDatabase() {}

  /** A data source without a pool: each connection is a new session of the server. */
  public static DataSource dataSource() {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(jdbcUrl());
    source.setUser(user());
    source.setPassword(password());
    return source;
  }

  /**
   * A data source that keeps sessions and hands them out again: what a session has once looked up
   * of tables with hundreds of columns, it knows in its next transaction.
   */
  public static DataSource pool() {
    return Pool.SESSIONS;
  }

  /** The server's address, for another JVM. */
  public static String jdbcUrl() {
    return Holder.SERVER.url();
  }

  /** The user of {@link #dataSource()}, who may create schemas. */
  public static String user() {
    return Holder.SERVER.user();
  }

  /** The password of {@link #user()}. */
  public static String password() {
    return Holder.SERVER.password();
  }

  /** Whether the server is a process of this JVM's user on this machine, who is its superuser. */
  public static boolean isEmbedded() {
    return Holder.SERVER.embedded();
  }

  /**
   * A schema name that no other test has, which does not exist yet.
   *
   * @param prefix lower-case letters, digits and underscores: says in the server's log whose schema
   *     it is
   */
  public static TestSchema newSchema(String prefix) {
    return newSchema(prefix, pool());
  }

  /** Such a schema name for a server of the test's own. */
  public static TestSchema newSchema(String prefix, DataSource dataSource) {
    if (!prefix.matches("[a-z][a-z0-9_]{0,30}")) {
      throw new IllegalArgumentException("'" + prefix + "' is not the beginning of a schema name");
    }
    return new TestSchema(
        dataSource, prefix + "_" + UUID.randomUUID().toString().replace("-", "").substring(0, 12));
  }

  /** Executes one statement in a session and transaction of its own. */
  public static void execute(String sql) {
    try (Connection connection = dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException("Cannot execute " + sql, e);
    }
  }

  /** The settings of a server that is started for tests. */
  static Map<String, String> serverSettings() {
    return SERVER_SETTINGS;
  }

  private static Server choose() {
    Optional<String> url = setting("BQX_TEST_JDBC_URL");
    boolean dockerRequired = setting("BQX_TEST_REQUIRE_DOCKER").filter("true"::equals).isPresent();
    if (url.isPresent()) {
      if (dockerRequired) {
        throw new IllegalStateException(
            "BQX_TEST_JDBC_URL and BQX_TEST_REQUIRE_DOCKER are both set; unset one of them");
      }
      LOG.info("Database tests use the server that BQX_TEST_JDBC_URL names");
      return new Server(
          url.get(),
          setting("BQX_TEST_DB_USER").orElse("postgres"),
          setting("BQX_TEST_DB_PASSWORD").orElse(""),
          false);
    }
    String whyNotDocker;
    try {
      if (dockerAnswers()) {
        return container();
      }
      whyNotDocker = "no Docker engine answers";
    } catch (RuntimeException e) {
      whyNotDocker = "Docker answers, but " + IMAGE + " did not start: " + e.getMessage();
      if (dockerRequired) {
        throw new IllegalStateException("BQX_TEST_REQUIRE_DOCKER is set; " + whyNotDocker, e);
      }
    }
    if (dockerRequired) {
      throw new IllegalStateException("BQX_TEST_REQUIRE_DOCKER is set, but " + whyNotDocker);
    }
    return embedded(whyNotDocker);
  }

  private static Server container() {
    String[] command =
        Stream.concat(
                Stream.of("postgres"),
                SERVER_SETTINGS.entrySet().stream()
                    .flatMap(s -> Stream.of("-c", s.getKey() + "=" + s.getValue())))
            .toArray(String[]::new);
    PostgreSQLContainer container = new PostgreSQLContainer(IMAGE).withCommand(command);
    Runtime.getRuntime().addShutdownHook(new Thread(container::stop, "stop test database"));
    container.start();
    LOG.info("Database tests use a container of {}, because a Docker engine answers", IMAGE);
    return new Server(
        container.getJdbcUrl(), container.getUsername(), container.getPassword(), false);
  }

  private static Server embedded(String why) {
    EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder().setPGStartupWait(START_PATIENCE);
    SERVER_SETTINGS.forEach(builder::setServerConfig);
    try {
      EmbeddedPostgres server = builder.start();
      LOG.info("Database tests use an embedded PostgreSQL, because {}", why);
      return new Server(server.getJdbcUrl("postgres", "postgres"), "postgres", "postgres", true);
    } catch (IOException | IllegalStateException e) {
      throw new IllegalStateException(
          "Cannot start an embedded PostgreSQL ("
              + why
              + "). PostgreSQL refuses to run as root: where 'unshare -U id -u' fails, run the tests as another user, "
              + "start a Docker engine, or name a server with BQX_TEST_JDBC_URL.",
          e);
    }
  }

  /**
   * Looks for an engine's address first: where there is none, Testcontainers would search for a
   * long time.
   */
  private static boolean dockerAnswers() {
    boolean hasAddress =
        setting("DOCKER_HOST").isPresent()
            || Stream.of(
                    Optional.of("/var/run/docker.sock"),
                    setting("XDG_RUNTIME_DIR").map(d -> d + "/docker.sock"),
                    setting("user.home").map(d -> d + "/.docker/run/docker.sock"))
                .flatMap(Optional::stream)
                .anyMatch(path -> Files.exists(Path.of(path)))
            || System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
    return hasAddress && DockerClientFactory.instance().isDockerAvailable();
  }

  private static Optional<String> setting(String name) {
    return Optional.ofNullable(System.getProperty(name, System.getenv(name)))
        .filter(v -> !v.isBlank());
  }
}
