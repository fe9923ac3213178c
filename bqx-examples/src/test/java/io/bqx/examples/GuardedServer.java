package io.bqx.examples;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * A PostgreSQL server as a careful administrator sets it up, shared by the tests of this JVM: with
 * a certificate for {@code localhost}, passwords for everybody but the superuser, and databases
 * that nobody may connect to unless told so. It ends with the JVM.
 */
final class GuardedServer {

  /** The user whom the server refuses unless the connection is encrypted. */
  static final String ENCRYPTED_ONLY = "encrypted_only";

  static final String PASSWORD = "correct-h0rse-battery";
  static final String SUPERUSER = "postgres";

  private final EmbeddedPostgres server;
  private final Path authority;
  private final Path otherAuthority;

  /** Started by the first use. */
  private static final class Holder {
    private static final GuardedServer SERVER = start();
  }

  private GuardedServer(EmbeddedPostgres server, Path authority, Path otherAuthority) {
    this.server = server;
    this.authority = authority;
    this.otherAuthority = otherAuthority;
  }

  static GuardedServer get() {
    return Holder.SERVER;
  }

  private static GuardedServer start() {
    try {
      Path folder =
          Files.createTempDirectory(
              Path.of(System.getProperty("basedir", "."), "target"), "authority-");
      TestAuthority authority = TestAuthority.create(folder, "authority");
      TestAuthority other = TestAuthority.create(folder, "other");
      EmbeddedPostgres server =
          EmbeddedPostgres.builder()
              .setDataDirectoryCustomizer(data -> furnish(data.toPath(), authority))
              .setPGStartupWait(Duration.ofMinutes(2))
              .setServerConfig("ssl", "on")
              .setServerConfig("fsync", "off")
              .setServerConfig("full_page_writes", "off")
              .setServerConfig("wal_level", "minimal")
              .setServerConfig("max_wal_senders", "0")
              // As in the servers of the other modules' tests: it would only tidy the catalogue.
              .setServerConfig("autovacuum_naptime", "600")
              .start();
      GuardedServer guarded =
          new GuardedServer(server, authority.certificate(), other.certificate());
      guarded.execute(
          "postgres", "CREATE ROLE " + ENCRYPTED_ONLY + " LOGIN PASSWORD '" + PASSWORD + "'");
      return guarded;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void furnish(Path data, TestAuthority authority) {
    try {
      authority.issue("localhost", data);
      Files.writeString(
          data.resolve("pg_hba.conf"),
          String.join(
              "\n",
              "local all all trust",
              "host all " + SUPERUSER + " all trust",
              "hostnossl all " + ENCRYPTED_ONLY + " all reject",
              "host all all all scram-sha-256",
              ""));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The certificate of the authority that vouches for the server. */
  Path authority() {
    return authority;
  }

  /** The certificate of an authority that does not. */
  Path otherAuthority() {
    return otherAuthority;
  }

  String jdbcUrl(String database) {
    return jdbcUrl("localhost", database);
  }

  String jdbcUrl(String host, String database) {
    return "jdbc:postgresql://" + host + ":" + server.getPort() + "/" + database;
  }

  /** A new database whose owner alone may connect to it. */
  String newDatabase(String prefix) {
    String name = prefix + "_" + UUID.randomUUID().toString().substring(0, 8);
    execute(SUPERUSER, "CREATE DATABASE \"" + name + "\"");
    execute(SUPERUSER, "REVOKE ALL ON DATABASE \"" + name + "\" FROM PUBLIC");
    return name;
  }

  Connection connect(String database, String user) throws SQLException {
    return DriverManager.getConnection(jdbcUrl(database), user, PASSWORD);
  }

  /** Executes one statement as the superuser. */
  void execute(String database, String sql) {
    try (Connection connection = connect(database, SUPERUSER);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException("Cannot execute " + sql, e);
    }
  }

  /** The first column of what a query of the superuser finds. */
  List<String> query(String database, String sql) {
    try (Connection connection = connect(database, SUPERUSER);
        Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(sql)) {
      List<String> values = new ArrayList<>();
      while (found.next()) {
        values.add(found.getString(1));
      }
      return values;
    } catch (SQLException e) {
      throw new IllegalStateException("Cannot execute " + sql, e);
    }
  }
}
