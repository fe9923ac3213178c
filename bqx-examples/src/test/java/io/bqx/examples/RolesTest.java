package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bqx.features.Universe;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The scripts of {@code bqx roles}, run by a database owner who is no superuser, give each role
 * what it needs and nothing else.
 */
class RolesTest {

  private static final String NOT_ALLOWED = "42501";
  private static final String[] MONTH = {"--from", "2024-07", "--to", "2024-07"};
  private static final String SUFFIX = UUID.randomUUID().toString().substring(0, 8);
  private static final String ADMINISTRATOR = "administrator-" + SUFFIX;
  private static final String OWNER = "owner of 'bqx' " + SUFFIX;
  private static final String WRITER = "writer_" + SUFFIX;
  private static final String SECOND_WRITER = "second_writer_" + SUFFIX;
  private static final String READER = "reader_" + SUFFIX;
  private static final GuardedServer SERVER = GuardedServer.get();

  private static String database;
  private static Path bars;

  @TempDir private static Path folder;

  @BeforeAll
  static void doTheWholeJobAsTheWriter() throws IOException, SQLException {
    bars =
        FewPairs.bars(
            SyntheticMarket.of(Universe.g8()).months(1).rowsPerMonth(20), folder.resolve("bars"));
    database = SERVER.newDatabase("roles");
    SERVER.execute(
        database,
        "CREATE ROLE \""
            + ADMINISTRATOR
            + "\" LOGIN CREATEROLE PASSWORD '"
            + GuardedServer.PASSWORD
            + "'");
    SERVER.execute(
        database, "ALTER DATABASE \"" + database + "\" OWNER TO \"" + ADMINISTRATOR + "\"");
    grant(OWNER, WRITER, READER);
    grant(OWNER, SECOND_WRITER, READER);
    for (String role : List.of(WRITER, SECOND_WRITER, READER)) {
      asAdministrator("ALTER ROLE \"" + role + "\" PASSWORD '" + GuardedServer.PASSWORD + "'");
    }

    assertSuccess(importBars(WRITER));
    assertSuccess(bqx(WRITER, "run", MONTH));
    assertSuccess(bqx(WRITER, "validate", MONTH));
    assertSuccess(bqx(WRITER, "status", MONTH));
    grant(OWNER, WRITER, READER);
  }

  @AfterEach
  void restoreWhatATestTookAway() throws SQLException {
    grant(OWNER, WRITER, READER);
  }

  private static void grant(String owner, String writer, String reader) throws SQLException {
    CommandRun scripts =
        CommandRun.of(Map.of(), "roles", "--owner", owner, "--writer", writer, "--reader", reader);
    assertSuccess(scripts);
    asAdministrator(scripts.out());
  }

  private static void asAdministrator(String sql) throws SQLException {
    as(ADMINISTRATOR, sql);
  }

  private static void as(String user, String sql) throws SQLException {
    try (Connection connection = SERVER.connect(database, user);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static CommandRun bqx(String user, String command, String... arguments) {
    List<String> words =
        new ArrayList<>(List.of(command, "--jdbc-url", SERVER.jdbcUrl(database), "--user", user));
    words.addAll(List.of(arguments));
    return CommandRun.of(
        Map.of("BQX_DB_PASSWORD", GuardedServer.PASSWORD), words.toArray(String[]::new));
  }

  private static CommandRun importBars(String user) {
    return bqx(user, "import", "--format", "csv", bars.toString());
  }

  private static void assertSuccess(CommandRun run) {
    assertThat(run.exitCode()).as(run.output()).isZero();
  }

  private static void assertNotAllowed(String user, String sql) {
    SQLException refusal = catchThrowableOfType(SQLException.class, () -> as(user, sql));
    assertThat((Throwable) refusal).as(sql).isNotNull();
    assertThat(refusal.getSQLState()).as(sql + ": " + refusal.getMessage()).isEqualTo(NOT_ALLOWED);
  }

  @Test
  void everythingBelongsToTheOwnerWhoCannotLogIn() {
    assertThat(
            SERVER.query(
                database,
                "SELECT DISTINCT r.rolname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner"
                    + " WHERE c.relnamespace = 'bqx'::regnamespace"))
        .containsExactly(OWNER);
    assertThat(
            SERVER.query(
                database,
                "SELECT rolname FROM pg_roles WHERE rolname LIKE '%"
                    + SUFFIX
                    + "' AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication OR"
                    + " rolcanlogin = (rolname LIKE 'owner%'))"))
        .containsExactly(ADMINISTRATOR);
  }

  @Test
  void theWriterCannotLeaveItsSchema() {
    assertNotAllowed(WRITER, "CREATE SCHEMA another");
    assertNotAllowed(WRITER, "CREATE TABLE public.t (i integer)");
    assertNotAllowed(WRITER, "CREATE ROLE another");
    assertNotAllowed(WRITER, "SELECT * FROM pg_authid");
    assertNotAllowed(WRITER, "ALTER DATABASE \"" + database + "\" SET work_mem = '1MB'");
    assertNotAllowed(WRITER, "COPY bqx.ledger_meta TO PROGRAM 'cat'");
  }

  @Test
  void aSecondWriterReplacesWhatTheFirstHasWritten() {
    assertSuccess(importBars(SECOND_WRITER));
    CommandRun redone =
        bqx(
            SECOND_WRITER,
            "run",
            "--from",
            "2024-07",
            "--to",
            "2024-07",
            "--redo",
            "--stages",
            "1.5");
    assertSuccess(redone);
    assertThat(redone.out()).contains("28 done");
  }

  @Test
  void theReaderReadsFeaturesBaselinesAndLedger() throws SQLException {
    for (String table :
        List.of("bqx_eurusd", "reg_rate_eurusd", "reg_bqx_usdjpy", "baseline_rates")) {
      as(READER, "SELECT * FROM bqx." + table);
    }
    for (String table : List.of("meta", "runs", "partitions", "claims")) {
      as(READER, "SELECT * FROM bqx.ledger_" + table);
    }
    assertSuccess(bqx(READER, "status"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT * FROM bqx.m1_eurusd",
        "SELECT * FROM bqx.m1_eurusd_2024_07",
        "INSERT INTO bqx.reg_bqx_eurusd (ts_utc) VALUES ('2024-07-01')",
        "UPDATE bqx.reg_bqx_eurusd SET usd_basket_index = 0",
        "DELETE FROM bqx.bqx_eurusd",
        "TRUNCATE bqx.reg_rate_eurusd",
        "UPDATE bqx.ledger_partitions SET state = 'done'",
        "DELETE FROM bqx.baseline_rates",
        "DROP TABLE bqx.reg_bqx_eurusd",
        "ALTER TABLE bqx.reg_bqx_eurusd ADD COLUMN x integer",
        "CREATE INDEX ON bqx.reg_bqx_eurusd (ts_utc)",
        "CREATE TABLE bqx.t (i integer)",
        "CREATE TABLE public.t (i integer)",
        "CREATE TEMPORARY TABLE t (i integer)",
        "CREATE SCHEMA another",
        "BEGIN; LOCK TABLE bqx.reg_bqx_eurusd IN ACCESS EXCLUSIVE MODE; ROLLBACK"
      })
  void theReaderDoesNothingElse(String sql) {
    assertNotAllowed(READER, sql);
  }

  @Test
  void theReadersCommandsThatWriteFail() {
    assertThat(bqx(READER, "run", MONTH).exitCode()).isEqualTo(1);
    assertThat(importBars(READER).exitCode()).isEqualTo(1);
  }

  @Test
  void withoutConnectNobodyConnects() throws SQLException {
    for (String role : List.of(WRITER, READER)) {
      assertSuccess(bqx(role, "status"));
      asAdministrator("REVOKE CONNECT ON DATABASE \"" + database + "\" FROM " + role);
      assertThat(bqx(role, "status").err()).contains("Cannot connect", "permission denied");
    }
  }

  @Test
  void withoutTemporaryTablesTheWriterCannotImport() throws SQLException {
    asAdministrator("REVOKE TEMPORARY ON DATABASE \"" + database + "\" FROM \"" + OWNER + "\"");
    CommandRun run = importBars(WRITER);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("temporary").contains(NOT_ALLOWED);
  }

  @Test
  void withoutMembershipInTheOwnerTheWriterDoesNothing() throws SQLException {
    asAdministrator("REVOKE \"" + OWNER + "\" FROM " + WRITER);
    assertThat(importBars(WRITER).exitCode()).isEqualTo(1);
    assertThat(bqx(WRITER, "run", MONTH).exitCode()).isEqualTo(1);
    assertThat(bqx(WRITER, "validate", MONTH).exitCode()).isEqualTo(1);
  }

  @Test
  void withoutActingAsTheOwnerTheWriterWouldOwnWhatItCreates() throws SQLException {
    as(WRITER, "CREATE TABLE bqx.of_the_owner (i integer)");
    asAdministrator("ALTER ROLE " + WRITER + " IN DATABASE \"" + database + "\" RESET role");
    as(WRITER, "CREATE TABLE bqx.of_the_writer (i integer)");
    as(SECOND_WRITER, "ALTER TABLE bqx.of_the_owner ADD COLUMN j integer");
    assertNotAllowed(SECOND_WRITER, "ALTER TABLE bqx.of_the_writer ADD COLUMN j integer");
    as(SECOND_WRITER, "DROP TABLE bqx.of_the_owner, bqx.of_the_writer");
  }

  @Test
  void withoutUsageOrSelectTheReaderReadsNothing() throws SQLException {
    as(WRITER, "REVOKE USAGE ON SCHEMA bqx FROM " + READER);
    assertNotAllowed(READER, "SELECT * FROM bqx.reg_bqx_eurusd");
    grant(OWNER, WRITER, READER);
    as(WRITER, "REVOKE SELECT ON bqx.reg_bqx_eurusd FROM " + READER);
    assertNotAllowed(READER, "SELECT * FROM bqx.reg_bqx_eurusd");
  }
}
