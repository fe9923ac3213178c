package io.bqx.examples;

import static org.jooq.impl.DSL.function;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.name;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.bqx.core.BqxException;
import io.bqx.core.credentials.CredentialedDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;
import org.jooq.SQLDialect;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;
import org.postgresql.ds.PGSimpleDataSource;

/** The database that a command works in: an address and, if bqx runs it, the server behind it. */
final class Database implements AutoCloseable {

  private static final int CONNECT_TIMEOUT_SECONDS = 10;
  private static final int LOGIN_TIMEOUT_SECONDS = 30;
  private static final int MOST_CONNECTIONS = 64;

  /** A server whose storage keeps the log for it. */
  private static final String FEATURE_NOT_SUPPORTED = "0A000";

  private final HikariDataSource dataSource;
  private final String schema;
  private final Optional<EmbeddedServer> server;
  private final Optional<DatabaseAccess> access;
  private final Interruption interruption;

  private Database(
      DataSource dataSource,
      String schema,
      Optional<EmbeddedServer> server,
      Optional<DatabaseAccess> access,
      Interruption interruption) {
    this.dataSource = pool(dataSource);
    this.schema = schema;
    this.server = server;
    this.access = access;
    this.interruption = interruption;
  }

  /**
   * A session of the server knows what it has once looked up of tables with hundreds of columns; a
   * new one for every transaction would take longer than the work.
   */
  private static HikariDataSource pool(DataSource source) {
    HikariConfig config = new HikariConfig();
    config.setPoolName("bqx");
    config.setDataSource(source);
    config.setMaximumPoolSize(MOST_CONNECTIONS);
    config.setMinimumIdle(0);
    config.setInitializationFailTimeout(-1);
    return new HikariDataSource(config);
  }

  /** A database on a server that bqx runs, which is closed with it. */
  static Database embedded(EmbeddedServer server, String schema, Interruption interruption) {
    server.beforeExit(interruption::interrupt);
    return new Database(
        server.dataSource(), schema, Optional.of(server), Optional.empty(), interruption);
  }

  /**
   * A database on a server of the user's.
   *
   * @param security how the connections are protected
   * @param access how to log in; closed with the database, and by the caller if this throws
   * @throws BqxException if there is no connection; the message has no password in it
   */
  static Database at(
      String jdbcUrl,
      TransportSecurity security,
      DatabaseAccess access,
      String schema,
      Interruption interruption) {
    PGSimpleDataSource address = new PGSimpleDataSource();
    address.setUrl(jdbcUrl);
    security.applyTo(address);
    address.setApplicationName("bqx");
    address.setTcpKeepAlive(true);
    address.setConnectTimeout(CONNECT_TIMEOUT_SECONDS);
    address.setLoginTimeout(LOGIN_TIMEOUT_SECONDS);
    DataSource source = CredentialedDataSource.of(address, access.credentials());
    try (Connection connection = source.getConnection()) {
      connection.isValid(CONNECT_TIMEOUT_SECONDS);
    } catch (SQLException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot connect to %s%s: %s%s%s",
              jdbcUrl.replaceFirst("(?s)\\?.*", ""),
              access.words(),
              e.getMessage(),
              isRefusal(e) ? security.advice() : "",
              access.advice()),
          e);
    }
    interruption.registerAtExit();
    return new Database(source, schema, Optional.empty(), Optional.of(access), interruption);
  }

  /** Whether there was an answer, and it did not concern the user or the database. */
  private static boolean isRefusal(SQLException failure) {
    return Set.of("08004", "08006").contains(String.valueOf(failure.getSQLState()));
  }

  DataSource dataSource() {
    return dataSource;
  }

  String schema() {
    return schema;
  }

  /** The server behind it, if bqx runs it. */
  Optional<EmbeddedServer> server() {
    return server;
  }

  /**
   * How many bytes of write-ahead log the server has written since it was made; empty where it does
   * not tell.
   */
  Optional<Long> walPosition() {
    try (Connection connection = dataSource.getConnection()) {
      return Optional.of(
          DSL.using(connection, SQLDialect.POSTGRES)
              .select(
                  function(
                      name("pg_catalog", "pg_wal_lsn_diff"),
                      SQLDataType.BIGINT,
                      function(name("pg_catalog", "pg_current_wal_insert_lsn"), Object.class),
                      inline("0/0")))
              .fetchSingle()
              .value1());
    } catch (DataAccessException e) {
      if (e.sqlState().equals(FEATURE_NOT_SUPPORTED)) {
        return Optional.empty();
      }
      throw e;
    } catch (SQLException e) {
      throw new BqxException("Cannot connect to the database: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    interruption.ended();
    dataSource.close();
    server.ifPresent(EmbeddedServer::close);
    access.ifPresent(DatabaseAccess::close);
  }
}
