package io.bqx.examples;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.TableFamily;
import io.bqx.features.CurrencyPair;
import io.bqx.features.Universe;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.YearMonth;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that name a range of months. */
final class MonthOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--from",
      paramLabel = "MONTH",
      description = "The first month (UTC), as in 2024-07.")
  private YearMonth from;

  @Option(names = "--to", paramLabel = "MONTH", description = "The last month, itself included.")
  private YearMonth to;

  /** The months from the first to the last, both included. */
  record Range(YearMonth from, YearMonth to) {}

  /**
   * The range.
   *
   * @throws ParameterException if an end is missing or the last month is before the first
   */
  Range required() {
    if (from == null || to == null) {
      throw badUsage("Which months? Missing %s", from == null ? "--from MONTH" : "--to MONTH");
    }
    if (to.isBefore(from)) {
      throw badUsage("--to %s is before --from %s", to, from);
    }
    return new Range(from, to);
  }

  /**
   * Checks a range that may be left out.
   *
   * @throws ParameterException if only one end is given or the last month is before the first
   */
  void check() {
    if (from != null || to != null) {
      required();
    }
  }

  /** The range; empty if neither end is given. */
  Optional<Range> given() {
    return from == null && to == null ? Optional.empty() : Optional.of(required());
  }

  /**
   * The range; if neither end is given, from the first to the last month that has bars.
   *
   * @throws BqxException if there are no bars in the database
   */
  Range orStored(Database database) {
    if (from != null) {
      return required();
    }
    TreeSet<YearMonth> months = monthsWithBars(database);
    if (months.isEmpty()) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "There are no bars in the schema %s; load some with 'bqx import'",
              database.schema()));
    }
    return new Range(months.first(), months.last());
  }

  private static TreeSet<YearMonth> monthsWithBars(Database database) {
    try (Connection connection = database.dataSource().getConnection()) {
      PartitionCatalog catalog =
          new PartitionCatalog(DSL.using(connection, SQLDialect.POSTGRES), database.schema());
      TreeSet<YearMonth> months = new TreeSet<>();
      for (CurrencyPair pair : Universe.g8().pairs()) {
        catalog.partitionsOf(PairTable.of(database.schema(), TableFamily.M1, pair)).stream()
            .flatMap(partition -> partition.month().stream())
            .forEach(months::add);
      }
      return months;
    } catch (SQLException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot find the months with bars in the schema %s: %s",
              database.schema(),
              e.getMessage()),
          e);
    }
  }

  private ParameterException badUsage(String message, Object... arguments) {
    return new ParameterException(
        command.commandLine(), String.format(Locale.ROOT, message, arguments));
  }
}
