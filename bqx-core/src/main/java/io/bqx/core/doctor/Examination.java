package io.bqx.core.doctor;

import io.bqx.core.catalog.PartitionedTable;
import io.bqx.core.catalog.Scope;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.ledger.Ledger;
import io.bqx.features.Universe;
import java.sql.Connection;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jooq.DSLContext;

/**
 * What the checks look at.
 *
 * @param connection the connection of the one transaction in which they read
 * @param dsl the same connection for jOOQ
 * @param user the role that the session acts as
 * @param ledger what is read of it is read on the same connection
 */
record Examination(
    Connection connection,
    DSLContext dsl,
    String user,
    String schema,
    Ledger ledger,
    Universe universe,
    int workers,
    Optional<Months> months,
    ServerSettings settings,
    Platform platform) {

  /** A range of months, both ends included. */
  record Months(YearMonth from, YearMonth to) {

    boolean contain(YearMonth month) {
      return !month.isBefore(from) && !month.isAfter(to);
    }

    @Override
    public String toString() {
      return from.equals(to) ? from.toString() : from + " to " + to;
    }
  }

  boolean isAurora() {
    return platform == Platform.AURORA;
  }

  /** Every table that the job may read or write, whether it exists or not. */
  List<PartitionedTable> tables() {
    List<Scope> scopes = new ArrayList<>(List.of(Scope.MARKET));
    universe.pairs().forEach(pair -> scopes.add(Scope.of(pair)));
    return Arrays.stream(TableFamily.values())
        .flatMap(
            family ->
                scopes.stream()
                    .filter(family::has)
                    .map(scope -> PartitionedTable.of(schema, family, scope)))
        .toList();
  }

  /** The user's name as it is written in SQL. */
  String quotedUser() {
    return quoted(user);
  }

  /** A name as it is written in SQL. */
  String quoted(String... name) {
    return dsl.render(org.jooq.impl.DSL.quotedName(name));
  }

  /** The step that changes a setting of the whole server. */
  String change(String setting, String value, boolean needsRestart) {
    return platform.change(setting, value, needsRestart);
  }

  /** The statement that changes a setting for new sessions of this user alone. */
  String changeForUser(String setting, String value) {
    return "ALTER ROLE " + quotedUser() + " SET " + setting + " = '" + value + "';";
  }
}
