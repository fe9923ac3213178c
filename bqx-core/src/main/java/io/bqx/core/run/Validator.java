package io.bqx.core.run;

import io.bqx.core.BqxException;
import io.bqx.core.CancelledException;
import io.bqx.core.catalog.CatalogProblem;
import io.bqx.core.catalog.FeatureView;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.PartitionInfo;
import io.bqx.core.catalog.PartitionedTable;
import io.bqx.core.catalog.Scope;
import io.bqx.core.catalog.TableColumn;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.copy.CopyReader;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.ledger.StageKey;
import io.bqx.core.retry.Retries;
import io.bqx.core.stage.Stage;
import io.bqx.core.validation.ValidationReport;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureFrame;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Query;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;

/** Reads every row of every partition and compares it with its recomputation from the bars. */
final class Validator {

  private static final String WHOLE = "whole";
  private static final String CANNOT_BE_READ = "cannot be read: ";
  private static final Map<String, String> VALIDATORS =
      Map.of("2.11", "2.15", "2.12", "2.15", "2.14", "2.15");

  private final JobSettings settings;
  private final Runner runner;
  private final Ledger ledger;
  private final CheckList checks = new CheckList();
  private final Map<PartitionedTable, String> unreadable = new HashMap<>();
  private final AtomicLong rows = new AtomicLong();
  private final AtomicLong values = new AtomicLong();
  private int partitions;

  Validator(JobSettings asked) {
    this.settings = asked.done().inLayout();
    this.runner = new Runner(settings, Retries.ofDefaults(), new Cancellation());
    this.ledger = settings.ledger();
  }

  ValidationReport validate() {
    long started = System.nanoTime();
    try (Workers workers = new Workers(settings.workers())) {
      checkTables();
      for (YearMonth month : settings.months()) {
        check(month, workers);
      }
    } catch (SQLException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT, "Cannot validate the schema %s: %s", settings.schema(), e.getMessage()),
          e);
    }
    Duration elapsed = Duration.ofNanos(System.nanoTime() - started);
    return new ValidationReport(
        checks.checks(validators()), partitions, rows.get(), values.get(), elapsed);
  }

  private List<String> validators() {
    List<String> names = new ArrayList<>();
    settings.requested().forEach(stage -> names.add(validatorOf(stage)));
    names.add(WHOLE);
    return names.stream().distinct().toList();
  }

  private static String validatorOf(Stage<?> stage) {
    return validatorOf(stage.id());
  }

  /** The validator whose checks are about a stage. */
  static String validatorOf(String stage) {
    return VALIDATORS.getOrDefault(stage, stage);
  }

  /** The validator whose checks are about all stages. */
  static String ofTheWhole() {
    return WHOLE;
  }

  private void checkTables() throws SQLException {
    try (Connection connection = settings.dataSource().getConnection()) {
      PartitionCatalog catalog =
          new PartitionCatalog(DSL.using(connection, SQLDialect.POSTGRES), settings.schema());
      for (Scope scope : settings.scopes()) {
        for (TableFamily family : settings.families(scope)) {
          checkTable(catalog, PartitionedTable.of(settings.schema(), family, scope));
        }
      }
      if (settings.isShared()) {
        for (CurrencyPair pair : settings.universe().pairs()) {
          checkView(catalog, FeatureView.of(settings.schema(), pair));
        }
      }
    }
  }

  /** Of the stages that are checked, as a table may have no more columns yet. */
  private void checkView(PartitionCatalog catalog, FeatureView view) {
    List<FeatureColumn> all = new LayoutTransition(settings, ledger).columns();
    boolean complete =
        settings.requested().containsAll(settings.stages().of(TableFamily.REG_BQX))
            && settings.requested().containsAll(settings.stages().of(TableFamily.MARKET));
    if (complete) {
      Optional<List<TableColumn>> found = catalog.columnsOf(view);
      checks.count(
          WHOLE,
          "every view presents the columns of the wide table, in order and of their types",
          found.isEmpty()
              ? Optional.of(view.name() + " does not exist")
              : difference(view.name(), found.get(), all));
    }
  }

  private void checkTable(PartitionCatalog catalog, PartitionedTable table) {
    List<FeatureColumn> expected =
        settings.stages().schemaOf(table.family()).upTo(lastStage(table.family())).columns();
    Optional<List<TableColumn>> found = catalog.columnsOf(table);
    Optional<String> difference =
        found.isEmpty()
            ? Optional.of(table.name() + " does not exist")
            : difference(table.name(), found.get(), expected);
    difference.ifPresent(d -> unreadable.put(table, d));
    checks.count(
        WHOLE,
        "every table has the columns of its stages, in order and of their types",
        difference);
    if (found.isPresent()) {
      List<CatalogProblem> problems = catalog.problems(table);
      checks.count(
          WHOLE,
          "no table has a default partition, a pending detach or odd bounds",
          problems.stream().map(CatalogProblem::message).findFirst());
      checkPartitions(table, catalog.partitionsOf(table));
    }
  }

  private void checkPartitions(PartitionedTable table, List<PartitionInfo> found) {
    Set<YearMonth> months =
        found.stream().flatMap(p -> p.month().stream()).collect(Collectors.toSet());
    for (YearMonth month : settings.months()) {
      checks.count(
          WHOLE,
          "every month of every table is one partition",
          months.contains(month)
              ? Optional.empty()
              : Optional.of(String.format(Locale.ROOT, "%s has none of %s", table.name(), month)));
    }
  }

  private String lastStage(TableFamily family) {
    List<Stage<?>> stages = settings.requested().stream().filter(s -> s.table() == family).toList();
    return stages.get(stages.size() - 1).id();
  }

  private static Optional<String> difference(
      String table, List<TableColumn> found, List<FeatureColumn> expected) {
    for (int c = 0; c < expected.size(); c++) {
      String wanted = expected.get(c).name() + " " + TableColumn.sqlTypeOf(expected.get(c).type());
      if (c >= found.size()) {
        return Optional.of(
            String.format(
                Locale.ROOT, "%s has %d columns; %s is missing", table, found.size(), wanted));
      }
      String there = found.get(c).name() + " " + found.get(c).sqlType();
      if (!there.equals(wanted)) {
        return Optional.of(
            String.format(Locale.ROOT, "%s has %s where %s should be", table, there, wanted));
      }
    }
    return Optional.empty();
  }

  private void check(YearMonth month, Workers workers) {
    PreparedMonth prepared = runner.load(month, workers);
    Map<StageKey, LedgerEntry> entries = ledger.exists() ? ledger.entries(month) : Map.of();
    Map<String, FeatureFrame> market = new HashMap<>();
    for (Stage<?> stage : settings.requested()) {
      if (stage.source().isMarket()) {
        market.put(stage.id(), prepared.compute(stage, Scope.MARKET));
      }
    }
    List<Future<?>> tasks = new ArrayList<>();
    for (Scope scope : settings.scopes()) {
      partitions++;
      if (!scope.isMarket()) {
        checks.count(
            WHOLE,
            "every pair has bars in every month",
            prepared.hasRows(scope)
                ? Optional.empty()
                : Optional.of(String.format(Locale.ROOT, "m1_%s has none in %s", scope, month)));
      }
      if (prepared.hasRows(scope)) {
        tasks.add(
            workers.submit(
                () -> {
                  check(prepared, scope, market, entries);
                  return null;
                }));
      }
    }
    tasks.forEach(Validator::await);
  }

  private static void await(Future<?> task) {
    try {
      task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("The validation was cancelled", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof BqxException known) {
        throw known;
      }
      throw new BqxException("Cannot validate: " + e.getCause().getMessage(), e.getCause());
    }
  }

  private void check(
      PreparedMonth month,
      Scope scope,
      Map<String, FeatureFrame> market,
      Map<StageKey, LedgerEntry> entries)
      throws SQLException {
    for (TableFamily family : settings.families(scope)) {
      PartitionedTable table = PartitionedTable.of(settings.schema(), family, scope);
      List<PartitionCheck> parts = new ArrayList<>();
      int field = 1;
      for (Stage<?> stage : settings.requested()) {
        if (stage.table() == family) {
          FeatureFrame computed =
              stage.source().isMarket() ? market.get(stage.id()) : month.compute(stage, scope);
          parts.add(new PartitionCheck(stage, computed, field));
          field += stage.columns().size();
        }
      }
      check(month, table, parts, entries);
    }
  }

  private void check(
      PreparedMonth month,
      PartitionedTable table,
      List<PartitionCheck> parts,
      Map<StageKey, LedgerEntry> entries)
      throws SQLException {
    String partition = table.name() + " " + month.inputs().month();
    Optional<String> violation = read(month, table, parts);
    String validator = validatorOf(parts.get(0).stage());
    checks.count(
        validator,
        "every row has its bar and every bar its row",
        violation.map(v -> partition + ": " + v));
    if (violation.isPresent() && violation.get().startsWith(CANNOT_BE_READ)) {
      return;
    }
    for (PartitionCheck part : parts) {
      count(month, table, part, entries, partition);
    }
  }

  private void count(
      PreparedMonth month,
      PartitionedTable table,
      PartitionCheck part,
      Map<StageKey, LedgerEntry> entries,
      String partition) {
    String validator = validatorOf(part.stage());
    values.addAndGet(part.values());
    LedgerEntry entry = entries.get(new StageKey(part.stage().id(), table.scope()));
    StageStatus status = month.status(table.scope(), part.stage());
    checks.count(
        validator, "nothing is due", named(partition, part, status.due().map(Object::toString)));
    checks.count(
        validator, "no value is NaN or infinite", named(partition, part, part.notFinite()));
    checks.count(
        validator, "every value lies in its range", named(partition, part, part.outOfRange()));
    checks.count(
        validator,
        "values are missing exactly where they must be",
        named(partition, part, part.missingDiffers()));
    checks.count(
        validator,
        "every value agrees with its recomputation",
        named(partition, part, part.valueDiffers()));
    if (entry != null && entry.isDone()) {
      checks.count(
          validator,
          "the content is what the ledger recorded",
          named(
              partition,
              part,
              entry.contentCrc() == part.crc()
                  ? Optional.empty()
                  : Optional.of(
                      String.format(
                          Locale.ROOT,
                          "checksum %08x, but %08x is recorded: it was changed by hand; run the stage with --redo",
                          part.crc(),
                          entry.contentCrc()))));
    }
  }

  private static Optional<String> named(
      String partition, PartitionCheck part, Optional<String> violation) {
    return violation.map(
        v -> String.format(Locale.ROOT, "%s, stage %s: %s", partition, part.stage().id(), v));
  }

  private Optional<String> read(
      PreparedMonth month, PartitionedTable table, List<PartitionCheck> parts) {
    if (unreadable.containsKey(table)) {
      return Optional.of(CANNOT_BE_READ + unreadable.get(table));
    }
    try {
      return settings.reads().once((connection, tx) -> read(connection, month, table, parts));
    } catch (SQLException e) {
      return Optional.of(CANNOT_BE_READ + e.getMessage());
    }
  }

  private Optional<String> read(
      Connection connection,
      PreparedMonth month,
      PartitionedTable table,
      List<PartitionCheck> parts)
      throws SQLException {
    long[] expected = month.inputs().rowTimes(table);
    int row = 0;
    Optional<String> violation = Optional.empty();
    try (CopyReader reader =
        CopyReader.open(connection, rowsOf(month.inputs().month(), table, parts))) {
      while (reader.next()) {
        if (violation.isEmpty()
            && (row >= expected.length || reader.epochMicros(0) != expected[row])) {
          violation =
              Optional.of(String.format(Locale.ROOT, "row %d is not the one of its bar", row + 1));
        }
        for (PartitionCheck part : parts) {
          part.add(reader);
        }
        row++;
      }
    }
    rows.addAndGet(row);
    checks.count(
        WHOLE,
        "no partition is empty",
        row > 0 || expected.length == 0
            ? Optional.empty()
            : Optional.of(
                String.format(Locale.ROOT, "%s of %s", table.name(), month.inputs().month())));
    return violation.isEmpty() && row != expected.length
        ? Optional.of(String.format(Locale.ROOT, "%d rows for %d bars", row, expected.length))
        : violation;
  }

  private Query rowsOf(YearMonth month, PartitionedTable table, List<PartitionCheck> parts) {
    List<Field<?>> fields = new ArrayList<>();
    fields.add(table.time());
    for (PartitionCheck part : parts) {
      part.stage().columns().forEach(column -> fields.add(table.field(column)));
    }
    DSLContext dsl = DSL.using(SQLDialect.POSTGRES);
    return dsl.select(fields)
        .from(table.table())
        .where(table.time().ge(month.atDay(1).atStartOfDay()))
        .and(table.time().lt(month.plusMonths(1).atDay(1).atStartOfDay()))
        .orderBy(table.time());
  }
}
