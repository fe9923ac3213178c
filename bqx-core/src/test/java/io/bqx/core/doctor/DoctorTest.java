package io.bqx.core.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import io.bqx.core.testing.TestDatabase;
import io.bqx.core.testing.TestSchema;
import io.bqx.features.Currency;
import io.bqx.features.Universe;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.YearMonth;
import java.util.List;
import java.util.UUID;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Each test brings the server, a role or the tables into a state, and expects it to be found. */
class DoctorTest {

  private static final Universe UNIVERSE =
      Universe.of(
          List.of(Currency.USD, Currency.EUR, Currency.JPY),
          List.of(Currency.EUR, Currency.USD, Currency.JPY));
  private static final String PASSWORD = "of a test";

  private final TestSchema schema = TestDatabase.newSchema("doctor");
  private final String role = "doctor_" + UUID.randomUUID().toString().replace("-", "");
  private final DSLContext sql = DSL.using(TestDatabase.pool(), SQLDialect.POSTGRES);

  @BeforeEach
  void createTheSchemaAndARoleThatOwnsNothing() {
    schema.create();
    sql.execute("CREATE ROLE " + role + " LOGIN PASSWORD '" + PASSWORD + "'");
  }

  @AfterEach
  void dropThem() {
    schema.close();
    sql.execute("DROP OWNED BY " + role);
    sql.execute("DROP ROLE " + role);
  }

  private Doctor doctor() {
    return Doctor.on(TestDatabase.dataSource()).schema(schema.name()).universe(UNIVERSE).workers(2);
  }

  private Doctor doctorAsRole() {
    return Doctor.on(asRole()).schema(schema.name()).universe(UNIVERSE).workers(2);
  }

  private PGSimpleDataSource asRole() {
    PGSimpleDataSource source = (PGSimpleDataSource) TestDatabase.dataSource();
    source.setUser(role);
    source.setPassword(PASSWORD);
    return source;
  }

  private static List<Finding> about(DoctorReport report, String topic) {
    return report.findings().stream().filter(f -> f.topic().equals(topic)).toList();
  }

  private static Finding only(DoctorReport report, String topic) {
    assertThat(about(report, topic)).hasSize(1);
    return about(report, topic).get(0);
  }

  /** A parent partitioned by month, with a partition of July and a unique index. */
  private void createTable(String name, String timeColumn) {
    String table = schema.name() + "." + name;
    sql.execute(
        "CREATE TABLE %s (%s timestamp NOT NULL, value float8) PARTITION BY RANGE (%s)"
            .formatted(table, timeColumn, timeColumn));
    sql.execute("CREATE UNIQUE INDEX ON %s (%s)".formatted(table, timeColumn));
    sql.execute(
        "CREATE TABLE %s_2024_07 PARTITION OF %s FOR VALUES FROM ('2024-07-01') TO ('2024-08-01')"
            .formatted(table, table));
  }

  private void execute(String statement) {
    sql.execute(statement.formatted(schema.name()));
  }

  @Test
  void aServerInOrderHasNoProblemAndEveryFindingSaysWhyItMatters() {
    createTable("m1_eurusd", "time");
    createTable("reg_bqx_eurusd", "ts_utc");

    DoctorReport report = doctor().examine();

    assertThat(report.hasProblems()).isFalse();
    assertThat(report.with(Verdict.PROBLEM)).isEmpty();
    assertThat(report.findings().stream().map(Finding::topic))
        .contains(
            "version",
            "writer",
            "privileges",
            "connections",
            "timeouts",
            "wal_level",
            "checkpoints",
            "shared_buffers",
            "maintenance_work_mem",
            "tables",
            "locks",
            "long transactions",
            "vacuum",
            "job",
            "round trip",
            "socketTimeout",
            "pooler",
            "heap",
            "workers");
    assertThat(report.findings())
        .allSatisfy(
            finding -> {
              assertThat(finding.found()).isNotBlank();
              assertThat(finding.why()).isNotBlank();
              assertThat(finding.remedy().isEmpty()).isEqualTo(finding.verdict() == Verdict.OK);
            });
    assertThat(only(report, "version").found()).startsWith("PostgreSQL ");
    assertThat(only(report, "tables").found())
        .startsWith("2 of the tables that the job uses exist");
  }

  @Test
  void aSessionThatMayNotWriteIsAProblemAndCanBeExaminedAllTheSame() {
    execute("GRANT ALL ON SCHEMA %s TO " + role);
    sql.execute("ALTER ROLE " + role + " SET default_transaction_read_only = 'on'");

    DoctorReport report = doctorAsRole().probe().examine();

    Finding writer = only(report, "writer");
    assertThat(writer.verdict()).isEqualTo(Verdict.PROBLEM);
    assertThat(report.hasProblems()).isTrue();
    assertThat(only(report, "copy speed").found()).contains("not measured");

    sql.execute(writer.remedy().replaceFirst(";.*", ""));
    assertThat(only(doctorAsRole().examine(), "writer").verdict()).isEqualTo(Verdict.OK);
  }

  @Test
  void rightsThatAreMissingAreNamedWithTheGrantsThatGiveThem() {
    createTable("m1_eurusd", "time");
    createTable("reg_bqx_eurusd", "ts_utc");

    List<Finding> missing = about(doctorAsRole().examine(), "privileges");
    assertThat(missing).extracting(Finding::verdict).containsOnly(Verdict.PROBLEM);
    assertThat(missing).extracting(Finding::found).anyMatch(f -> f.contains("USAGE on the schema"));
    assertThat(missing)
        .extracting(Finding::found)
        .anyMatch(f -> f.contains("CREATE on the schema"));
    assertThat(missing)
        .extracting(Finding::found)
        .anyMatch(f -> f.startsWith("4 tables of ") && f.contains("m1_eurusd_2024_07"));

    missing.forEach(finding -> sql.execute(finding.remedy()));
    Finding granted = only(doctorAsRole().examine(), "privileges");
    assertThat(granted.verdict()).isEqualTo(Verdict.OK);
  }

  @Test
  void aSchemaThatDoesNotExistNeedsTheRightToMakeIt() {
    schema.close();

    Finding missing = about(doctorAsRole().examine(), "privileges").get(0);

    assertThat(missing.verdict()).isEqualTo(Verdict.PROBLEM);
    assertThat(missing.found()).contains("CREATE on the database", "does not exist");
    assertThat(only(doctor().examine(), "privileges").verdict()).isEqualTo(Verdict.OK);
  }

  @Test
  void aUserWhoDoesNotSeeOtherSessionsIsAdvisedWhichRoleShowsThem() {
    Finding blind = only(doctorAsRole().examine(), "statistics");

    assertThat(blind.verdict()).isEqualTo(Verdict.ADVICE);
    sql.execute(blind.remedy());
    assertThat(only(doctorAsRole().examine(), "statistics").verdict()).isEqualTo(Verdict.OK);
  }

  @Test
  void fewerConnectionsThanTheWorkersNeedAreAProblem() {
    sql.execute("ALTER ROLE " + role + " CONNECTION LIMIT 5");
    Finding limited = only(doctorAsRole().examine(), "connections");
    assertThat(limited.verdict()).isEqualTo(Verdict.PROBLEM);
    assertThat(limited.found()).contains("limit of role 5", "8 needed");

    Finding crowded =
        only(
            Doctor.on(TestDatabase.dataSource())
                .schema(schema.name())
                .universe(UNIVERSE)
                .workers(5000)
                .examine(),
            "connections");
    assertThat(crowded.verdict()).isEqualTo(Verdict.PROBLEM);
    assertThat(crowded.remedy()).contains("max_connections", "--workers");
  }

  @Test
  void timeoutsOfTheRoleThatEndItsSessionsAreNamedWithTheStatementThatLiftsThem() {
    for (String timeout : List.of("idle_in_transaction_session_timeout", "idle_session_timeout")) {
      sql.execute("ALTER ROLE " + role + " SET " + timeout + " = '5s'");
    }
    sql.execute("ALTER ROLE " + role + " SET statement_timeout = '1min'");

    DoctorReport report = doctorAsRole().examine();

    for (String timeout : List.of("idle_in_transaction_session_timeout", "idle_session_timeout")) {
      Finding finding = only(report, timeout);
      assertThat(finding.verdict()).isEqualTo(Verdict.ADVICE);
      assertThat(finding.found()).isEqualTo("5 s");
      sql.execute(finding.remedy());
    }
    Finding lifted = only(doctorAsRole().examine(), "timeouts");
    assertThat(lifted.verdict()).isEqualTo(Verdict.OK);
    assertThat(lifted.found()).contains("statement_timeout 60 s");
  }

  @Test
  void littleMemoryForTheRoleIsAdvised() {
    sql.execute("ALTER ROLE " + role + " SET maintenance_work_mem = '1MB'");

    Finding finding = only(doctorAsRole().examine(), "maintenance_work_mem");

    assertThat(finding.verdict()).isEqualTo(Verdict.ADVICE);
    sql.execute(finding.remedy());
    assertThat(only(doctorAsRole().examine(), "maintenance_work_mem").verdict())
        .isEqualTo(Verdict.OK);
  }

  @Test
  void whatARewriteRefusesIsFoundBeforeTheRun() {
    createTable("bqx_eurusd", "ts_utc");
    createTable("reg_bqx_eurusd", "ts_utc");
    createTable("reg_rate_eurusd", "ts_utc");
    execute("CREATE TABLE %s.bqx_usdjpy (ts_utc timestamp)");
    execute("CREATE TABLE %1$s.bqx_rest PARTITION OF %1$s.bqx_eurusd DEFAULT");
    execute(
        "CREATE TABLE %1$s.half PARTITION OF %1$s.reg_rate_eurusd"
            + " FOR VALUES FROM ('2024-08-01') TO ('2024-08-15')");
    execute("CREATE STATISTICS %1$s.extra ON ts_utc, value FROM %1$s.reg_bqx_eurusd_2024_07");
    execute("CREATE VIEW %1$s.july AS SELECT * FROM %1$s.reg_bqx_eurusd_2024_07");

    DoctorReport report = doctor().examine();

    assertThat(about(report, "tables"))
        .extracting(Finding::verdict)
        .containsOnly(Verdict.PROBLEM)
        .hasSize(3);
    assertThat(about(report, "tables"))
        .extracting(Finding::found)
        .anyMatch(found -> found.contains("bqx_usdjpy"))
        .anyMatch(found -> found.contains("default partition bqx_rest"))
        .anyMatch(found -> found.contains("half") && found.contains("not one calendar month"));
    assertThat(about(report, "partitions"))
        .extracting(Finding::found)
        .containsExactlyInAnyOrder(
            "the extended statistics extra belongs to reg_bqx_eurusd_2024_07",
            "the dependent view july belongs to reg_bqx_eurusd_2024_07");
  }

  @Test
  void whatWorksButLosesOrCostsSomethingIsAdvised() {
    createTable("reg_bqx_eurusd", "ts_utc");
    createTable("bqx_eurusd", "ts_utc");
    execute("CREATE INDEX unfinished ON ONLY %s.reg_bqx_eurusd (value)");
    execute("ALTER TABLE %s.bqx_eurusd_2024_07 SET UNLOGGED");
    String publication = "pub_" + role;
    execute("CREATE PUBLICATION " + publication + " FOR TABLE %s.reg_bqx_eurusd");
    try {
      DoctorReport report = doctor().examine();

      assertThat(report.hasProblems()).isFalse();
      assertThat(only(report, "indexes").found()).contains("unfinished", "is not valid");
      assertThat(only(report, "unlogged tables").found()).contains("bqx_eurusd_2024_07");
      assertThat(only(report, "publications").found()).contains(publication);
      assertThat(report.with(Verdict.ADVICE))
          .extracting(Finding::topic)
          .contains("indexes", "unlogged tables", "publications");
    } finally {
      sql.execute("DROP PUBLICATION " + publication);
    }
  }

  @Test
  void aSessionThatUsesATableOfTheJobIsNamed() throws SQLException {
    createTable("reg_bqx_eurusd", "ts_utc");
    PGSimpleDataSource source = (PGSimpleDataSource) TestDatabase.dataSource();
    source.setApplicationName("the nightly report");
    try (Connection reader = source.getConnection();
        Statement statement = reader.createStatement()) {
      reader.setAutoCommit(false);
      statement.execute("SELECT count(*) FROM " + schema.name() + ".reg_bqx_eurusd_2024_07");

      Finding lock = only(doctor().examine(), "locks");

      assertThat(lock.verdict()).isEqualTo(Verdict.ADVICE);
      assertThat(lock.found()).contains("\"the nightly report\"", "idle in transaction");
      reader.rollback();
    }
    assertThat(only(doctor().examine(), "locks").verdict()).isEqualTo(Verdict.OK);
  }

  @Test
  void aTimeoutOfTheSocketIsAProblemForLongCopies() {
    PGSimpleDataSource source = (PGSimpleDataSource) TestDatabase.dataSource();
    source.setSocketTimeout(30);

    Finding finding = only(Doctor.on(source).schema(schema.name()).examine(), "socketTimeout");

    assertThat(finding.verdict()).isEqualTo(Verdict.PROBLEM);
    assertThat(finding.found()).isEqualTo("30 s");
  }

  @Test
  void theSizeOfTheJobCountsTheMonthsAskedFor() {
    createTable("m1_eurusd", "time");
    execute(
        "INSERT INTO %s.m1_eurusd SELECT generate_series('2024-07-01'::timestamp, '2024-07-02', '1 min'), 1");
    execute("ANALYZE %s.m1_eurusd_2024_07");
    YearMonth july = YearMonth.of(2024, 7);

    Finding all = only(doctor().examine(), "job");
    assertThat(all.found()).startsWith("1 month, about 1,441 bars");
    Finding asked = only(doctor().months(july, july.plusMonths(1)).examine(), "job");
    assertThat(asked.found()).startsWith("1 month, about 1,441 bars");
    Finding none = only(doctor().months(july.plusMonths(1), july.plusMonths(2)).examine(), "job");
    assertThat(none.verdict()).isEqualTo(Verdict.ADVICE);
    assertThat(none.found()).isEqualTo("no bars of 2024-08 to 2024-09");
  }

  @Test
  void theProbeTellsTheSpeedAndLeavesNothing() {
    Finding inSchema = only(doctor().probe().examine(), "copy speed");
    assertThat(inSchema.found()).containsPattern("B/s over 1 connection, .*B/s over 2; ");
    assertThat(sql.meta().getSchemas(schema.name()).get(0).getTables()).isEmpty();

    schema.close();
    List<String> before = schemas();
    assertThat(about(doctor().probe().examine(), "copy speed")).hasSize(1);
    assertThat(schemas()).isEqualTo(before);
  }

  private List<String> schemas() {
    return sql.fetch(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'bqx_probe%' OR nspname = {0}",
            DSL.inline(schema.name()))
        .getValues(0, String.class);
  }

  @Test
  void aProbeThatMayNotMakeItsTableIsAProblem() {
    Finding failed = only(doctorAsRole().probe().examine(), "copy speed");

    assertThat(failed.verdict()).isEqualTo(Verdict.PROBLEM);
    assertThat(failed.found()).contains("SQLSTATE 42501");
  }

  @Test
  void auroraIsKnownByItsFunctionsAndAskedForNothingThatItIgnores() throws SQLException {
    String database = "aurora_" + role;
    sql.execute("CREATE DATABASE " + database);
    try {
      PGSimpleDataSource aurora = (PGSimpleDataSource) TestDatabase.dataSource();
      aurora.setDatabaseName(database);
      try (Connection connection = aurora.getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute("SET allow_system_table_mods = on");
        statement.execute(
            "CREATE FUNCTION pg_catalog.aurora_version() RETURNS text LANGUAGE sql AS 'SELECT ''16.4.1'''");
      }
      Doctor halfKnown = Doctor.on(aurora).universe(UNIVERSE).workers(8);
      Finding unreadable = only(halfKnown.examine(), "aurora");
      assertThat(unreadable.verdict()).isEqualTo(Verdict.ADVICE);
      assertThat(unreadable.found()).startsWith("cannot be read: ").contains("SQLSTATE 42883");

      try (Connection connection = aurora.getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute("SET allow_system_table_mods = on");
        statement.execute(
            "CREATE FUNCTION pg_catalog.aurora_replica_status(OUT server_id text, OUT session_id text)"
                + " RETURNS SETOF record LANGUAGE sql AS"
                + " 'VALUES (''a'', ''MASTER_SESSION_ID''), (''b'', ''another'')'");
      }
      DoctorReport report = Doctor.on(aurora).universe(UNIVERSE).workers(8).examine();
      assertThat(only(report, "aurora").found()).isEqualTo("Aurora 16.4.1, 1 reader");
      assertThat(only(report, "aurora capacity").remedy()).contains("about 32 ACU");
      assertThat(report.findings())
          .extracting(Finding::topic)
          .doesNotContain("wal_level", "checkpoints", "durability", "archive", "wal_buffers");
    } finally {
      sql.execute("DROP DATABASE " + database);
    }
  }

  @Test
  void aServerThatDoesNotAnswerIsAnErrorThatSaysSo() {
    PGSimpleDataSource nowhere = new PGSimpleDataSource();
    nowhere.setUrl("jdbc:postgresql://127.0.0.1:1/fx");

    assertThatThrownBy(() -> Doctor.on(nowhere).examine())
        .isInstanceOf(BqxException.class)
        .hasMessageStartingWith("Cannot examine the server: ")
        .hasMessageContaining("SQLSTATE 08001");
  }

  @Test
  void aSettingIsGivenOnceAndWithinItsRange() {
    assertThatThrownBy(() -> doctor().workers(3))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("workers was already set to 2");
    assertThatThrownBy(() -> Doctor.on(TestDatabase.dataSource()).workers(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not 0");
    assertThatThrownBy(() -> doctor().months(YearMonth.of(2024, 8), YearMonth.of(2024, 7)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2024-07", "2024-08");
  }
}
