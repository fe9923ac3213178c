package io.bqx.core.doctor;

import static io.bqx.core.doctor.SystemViews.text;
import static io.bqx.core.doctor.SystemViews.view;

import io.bqx.core.BqxException;
import io.bqx.core.CancelledException;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.retry.TransientSqlState;
import io.bqx.features.Universe;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;

/**
 * Looks at a live server before a job and tells what would make it fail or hold it back: the kind
 * of server, privileges, connections, WAL and checkpoints, timeouts, tables, partitions and layout,
 * what other sessions hold, room on the disk, and this side of the connection.
 *
 * <pre>{@code
 * DoctorReport report = Doctor.on(dataSource).workers(8).examine();
 * report.with(Verdict.PROBLEM).forEach(System.out::println);
 * }</pre>
 *
 * <p>It changes nothing: everything is read in one read-only transaction on one connection. Only
 * {@link #probe()} writes, into tables whose transaction is rolled back.
 *
 * <p>Every setter may be called once; what is not set has the default that its description names.
 */
public final class Doctor {

  private static final String LONGEST_STATEMENT = "60s";

  /** Of claims, which are not made here. */
  private static final Duration LEASE = Duration.ofSeconds(30);

  private static final List<Check> CHECKS =
      List.of(
          new Check("version", ServerChecks::version),
          new Check("writer", ServerChecks::writer),
          new Check("aurora", ServerChecks::aurora),
          new Check("privileges", PrivilegeChecks::ofUser),
          new Check("connections", SessionChecks::connections),
          new Check("timeouts", SessionChecks::timeouts),
          new Check("wal_level", WalChecks::level),
          new Check("checkpoints", WalChecks::checkpoints),
          new Check("wal_buffers", WalChecks::buffers),
          new Check("durability", WalChecks::durability),
          new Check("archive", WalChecks::archive),
          new Check("replication slots", WalChecks::slots),
          new Check("publications", WalChecks::publications),
          new Check("memory", WalChecks::memory),
          new Check("tables", TableChecks::shape),
          new Check("partitions", TableChecks::obstacles),
          new Check("indexes", TableChecks::indexes),
          new Check("unlogged tables", TableChecks::unlogged),
          new Check("layout", LayoutChecks::ofSchema),
          new Check("locks", SessionChecks::locks),
          new Check("long transactions", SessionChecks::longTransactions),
          new Check("vacuum", SessionChecks::vacuum),
          new Check("job", SizeChecks::ofJob),
          new Check("round trip", ClientChecks::roundTrip),
          new Check("connection", ClientChecks::connection),
          new Check("tcp_keepalives_idle", ClientChecks::keepAlive),
          new Check("machine", ClientChecks::machine));

  private final DataSource dataSource;
  private final Map<String, Object> set = new HashMap<>();

  private Doctor(DataSource dataSource) {
    this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
  }

  /** Begins an examination of the server that the data source connects to. */
  public static Doctor on(DataSource dataSource) {
    return new Doctor(dataSource);
  }

  /** The schema of the job; {@code bqx} if it is not set. */
  public Doctor schema(String schema) {
    return once("schema", Objects.requireNonNull(schema, "schema"));
  }

  /** The currencies and pairs of the job; {@link Universe#g8()} if it is not set. */
  public Doctor universe(Universe universe) {
    return once("universe", Objects.requireNonNull(universe, "universe"));
  }

  /**
   * The workers of the job; the number of processors if it is not set.
   *
   * @throws IllegalArgumentException if it is below 1
   */
  public Doctor workers(int workers) {
    if (workers < 1) {
      throw new IllegalArgumentException("workers must be 1 or more, not " + workers);
    }
    return once("workers", workers);
  }

  /**
   * The months of the job, both included; all that have bars if they are not set.
   *
   * @throws IllegalArgumentException if the last month is before the first one
   */
  public Doctor months(YearMonth from, YearMonth to) {
    if (to.isBefore(from)) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "The last month, %s, is before the first one, %s", to, from));
    }
    return once("months", new Examination.Months(from, to));
  }

  /**
   * Also times a COPY of a few thousand rows, over one connection and over as many as there are
   * workers. Takes a few seconds and 22 MB on the server for each connection, which are given back.
   */
  public Doctor probe() {
    return once("probe", true);
  }

  private Doctor once(String setting, Object value) {
    Object before = set.putIfAbsent(setting, value);
    if (before != null) {
      throw new IllegalStateException(setting + " was already set to " + before);
    }
    return this;
  }

  private <T> T get(String setting, Class<T> type, T otherwise) {
    return set.containsKey(setting) ? type.cast(set.get(setting)) : otherwise;
  }

  /**
   * Looks at everything. What this user may not see is a finding of its own.
   *
   * @throws BqxException if the server cannot be reached, or the connection is lost
   * @throws CancelledException if this thread is interrupted during the probe
   */
  public DoctorReport examine() {
    List<Finding> findings = new ArrayList<>();
    try (Connection connection = dataSource.getConnection()) {
      boolean autoCommit = connection.getAutoCommit();
      connection.setAutoCommit(false);
      try {
        findings.addAll(examine(connection));
      } finally {
        if (!connection.isClosed()) {
          connection.rollback();
          connection.setAutoCommit(autoCommit);
        }
      }
    } catch (SQLException | DataAccessException e) {
      throw new BqxException(
          "Cannot examine the server: " + messageOf(e) + ". Nothing has been changed", e);
    }
    if (get("probe", Boolean.class, false)) {
      findings.addAll(probed(findings));
    }
    return new DoctorReport(findings);
  }

  private List<Finding> examine(Connection connection) throws SQLException {
    DSLContext dsl = DSL.using(connection, SQLDialect.POSTGRES);
    dsl.setLocal(DSL.name("transaction_read_only"), DSL.inline("on")).execute();
    ServerSettings settings = ServerSettings.read(dsl);
    dsl.setLocal(DSL.name("statement_timeout"), DSL.inline(LONGEST_STATEMENT)).execute();
    boolean aurora =
        dsl.fetchExists(
            view("pg_proc", "f"),
            text("f", "proname").eq(DSL.inline("aurora_version")),
            DSL.condition(
                "{0} = 'pg_catalog'::regnamespace", SystemViews.column("f", "pronamespace")));
    Examination examination =
        new Examination(
            connection,
            dsl,
            dsl.select(DSL.currentUser()).fetchSingle().value1(),
            get("schema", String.class, "bqx"),
            new Ledger(dataSource, get("schema", String.class, "bqx"), LEASE),
            get("universe", Universe.class, Universe.g8()),
            workers(),
            Optional.ofNullable(get("months", Examination.Months.class, null)),
            settings,
            settings.platform(aurora));
    List<Finding> findings = new ArrayList<>();
    for (Check check : CHECKS) {
      findings.addAll(look(check, examination));
    }
    return findings;
  }

  private int workers() {
    return get("workers", Integer.class, Runtime.getRuntime().availableProcessors());
  }

  /** One check; an error of the server is undone and becomes a finding. */
  private static List<Finding> look(Check check, Examination at) throws SQLException {
    Savepoint before = at.connection().setSavepoint();
    try {
      List<Finding> findings = check.reading().of(at);
      at.connection().releaseSavepoint(before);
      return findings;
    } catch (SQLException | DataAccessException e) {
      if (TransientSqlState.isConnectionUnusable(e)) {
        throw e;
      }
      at.connection().rollback(before);
      return List.of(
          Finding.advice(
              check.topic(),
              "cannot be read: " + messageOf(e),
              "Nothing is known about it",
              "GRANT pg_monitor TO " + at.quotedUser() + "; or ask who runs the server"));
    }
  }

  private List<Finding> probed(List<Finding> findings) {
    String why = "A COPY shows what settings do not";
    boolean writes =
        findings.stream()
            .filter(finding -> finding.topic().equals("writer"))
            .allMatch(finding -> finding.verdict() == Verdict.OK);
    if (!writes) {
      return List.of(
          Finding.advice(
              "copy speed", "not measured: the server takes no writes", why, "See 'writer'"));
    }
    try {
      return new Probe(dataSource, get("schema", String.class, "bqx"), workers()).run();
    } catch (SQLException | DataAccessException e) {
      return List.of(
          Finding.problem(
              "copy speed",
              "the COPY failed: " + messageOf(e),
              why + ". Nothing has been left of it",
              "Do what the message says; the job does the same"));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("The probe was interrupted; nothing has been left of it", e);
    }
  }

  /** The server's own words, without the statement that jOOQ puts before them. */
  private static String messageOf(Exception error) {
    Throwable told = error;
    while (!(told instanceof SQLException) && told.getCause() != null) {
      told = told.getCause();
    }
    String state = TransientSqlState.sqlStateOf(error).map(s -> " (SQLSTATE " + s + ")").orElse("");
    return String.valueOf(told.getMessage()).lines().findFirst().orElse("") + state;
  }
}
