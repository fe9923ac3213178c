package io.bqx.core.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.postgresql.ds.PGSimpleDataSource;

/** A PostgreSQL server of one test's own, which can be stopped and started on its data and port. */
public final class RestartableServer implements AutoCloseable {

  /** How the server is stopped. */
  public enum Shutdown {
    /** Transactions are rolled back, sessions ended, everything is written. */
    FAST,
    /** All processes are killed; the start recovers from the log. */
    IMMEDIATE
  }

  private final Path directory;
  private final EmbeddedPostgres server;
  private final Path programs;

  private RestartableServer(Path directory, EmbeddedPostgres server) {
    this.directory = directory;
    this.server = server;
    this.programs =
        Path.of(
            DSL.using(dataSource(), SQLDialect.POSTGRES)
                .fetchValue("SELECT setting FROM pg_config WHERE name = 'BINDIR'")
                .toString());
  }

  /** A new, empty server. */
  public static RestartableServer start() {
    try {
      Path directory = Files.createTempDirectory("bqx-restartable-");
      EmbeddedPostgres.Builder builder =
          EmbeddedPostgres.builder()
              .setDataDirectory(directory.resolve("data"))
              .setPGStartupWait(TestDatabase.START_PATIENCE);
      TestDatabase.serverSettings().forEach(builder::setServerConfig);
      // The builder turns it off: a server that stops at once would forget what it has committed.
      builder.setServerConfig("synchronous_commit", "on");
      return new RestartableServer(directory, builder.start());
    } catch (IOException e) {
      throw new IllegalStateException("Cannot start a server", e);
    }
  }

  /** Sessions of the server, which may fail while it is away. */
  public DataSource dataSource() {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(server.getJdbcUrl("postgres", "postgres"));
    source.setUser("postgres");
    return source;
  }

  /** Stops the server and starts it again; returns when it answers. */
  public void restart(Shutdown how) {
    List<String> command = new ArrayList<>();
    try {
      if (Files.getOwner(data()).getName().equals("root")) {
        // PostgreSQL refuses to run as root, but not as root's user in a namespace of its own.
        command.addAll(List.of("unshare", "-U"));
      }
      command.addAll(
          List.of(
              programs.resolve("pg_ctl").toString(),
              "restart",
              "-D",
              data().toString(),
              "-m",
              how.name().toLowerCase(Locale.ROOT),
              "-w",
              "-t",
              "60",
              "-l",
              directory.resolve("server.log").toString()));
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("pg_ctl.log").toFile())
              .start();
      if (!process.waitFor(90, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IllegalStateException(
            "Cannot restart: " + Files.readString(directory.resolve("pg_ctl.log")));
      }
    } catch (IOException e) {
      throw new IllegalStateException("Cannot restart", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private Path data() {
    return directory.resolve("data");
  }

  @Override
  public void close() {
    try {
      server.close();
      Files.deleteIfExists(directory.resolve("server.log"));
      Files.deleteIfExists(directory.resolve("pg_ctl.log"));
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      throw new IllegalStateException("Cannot stop a server", e);
    }
  }
}
