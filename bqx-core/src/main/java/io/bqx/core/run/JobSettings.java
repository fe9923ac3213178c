package io.bqx.core.run;

import io.bqx.core.catalog.Layout;
import io.bqx.core.catalog.Scope;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.rewrite.LockWait;
import io.bqx.core.rewrite.SwapPolicy;
import io.bqx.core.rewrite.TableReads;
import io.bqx.core.stage.Stage;
import io.bqx.core.stage.Stages;
import io.bqx.core.track.StageTracker;
import io.bqx.core.watch.StallPolicy;
import io.bqx.features.Universe;
import io.bqx.features.Windows;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import javax.sql.DataSource;

/**
 * Everything that a run was asked for.
 *
 * @param layout the layout that was asked for; empty for the one that is in force
 * @param stages all stages, in the tables of the layout
 * @param requested the stages to bring up to date, of these
 * @param validating whether a run validates what it was asked for when it is complete
 * @param trackers who is told when a stage is complete
 */
record JobSettings(
    DataSource dataSource,
    String schema,
    Universe universe,
    Windows windows,
    List<YearMonth> months,
    Optional<Layout> layout,
    Stages stages,
    List<Stage<?>> requested,
    int workers,
    Optional<Instant> baseline,
    Duration lease,
    SwapPolicy swapPolicy,
    StallPolicy stallPolicy,
    boolean forgiveCrashes,
    boolean redo,
    RunListener listener,
    boolean validating,
    List<StageTracker> trackers,
    Consumer<LockWait> onLockWait) {

  /** The same request with connections from elsewhere, and somebody who hears of their waits. */
  JobSettings on(DataSource other, Consumer<LockWait> waits) {
    return with(other, layout, stages, requested, redo, waits);
  }

  /** What was asked for, once it is done: nothing is to be computed again. */
  JobSettings done() {
    return with(dataSource, layout, stages, requested, false, onLockWait);
  }

  /** How tables are read. */
  TableReads reads() {
    return new TableReads(dataSource, swapPolicy, onLockWait);
  }

  /** These settings with the layout that was asked for, else the one that is in force. */
  JobSettings inLayout() {
    return in(layout.orElseGet(() -> ledger().layout()));
  }

  private JobSettings in(Layout chosen) {
    Stages arranged = stages.in(chosen);
    return with(
        dataSource,
        Optional.of(chosen),
        arranged,
        arranged.select(requested.stream().<String>map(Stage::id).toList()),
        redo,
        onLockWait);
  }

  private JobSettings with(
      DataSource connections,
      Optional<Layout> chosen,
      Stages arranged,
      List<Stage<?>> wanted,
      boolean again,
      Consumer<LockWait> waits) {
    return new JobSettings(
        connections,
        schema,
        universe,
        windows,
        months,
        chosen,
        arranged,
        wanted,
        workers,
        baseline,
        lease,
        swapPolicy,
        stallPolicy,
        forgiveCrashes,
        again,
        listener,
        validating,
        trackers,
        waits);
  }

  /** Whether the market's columns are in a table of their own. */
  boolean isShared() {
    return layout.equals(Optional.of(Layout.SHARED));
  }

  Ledger ledger() {
    return new Ledger(dataSource, schema, lease);
  }

  /** What has a partition in each month: the market first, if it has a table, and the pairs. */
  List<Scope> scopes() {
    List<Scope> scopes = new ArrayList<>();
    if (isShared()) {
      scopes.add(Scope.MARKET);
    }
    universe.pairs().forEach(pair -> scopes.add(Scope.of(pair)));
    return List.copyOf(scopes);
  }

  /** The stages whose columns are in another table in the other layout, in order. */
  List<Stage<?>> movable() {
    return stages.in(Layout.SHARED).of(TableFamily.MARKET);
  }

  /** Whether a stage is computed even if nothing has changed. */
  boolean isAskedAgain(Stage<?> stage) {
    return redo && isRequested(stage);
  }

  boolean isRequested(Stage<?> stage) {
    return requested.contains(stage);
  }

  /**
   * The families of tables of a scope that requested stages extend, in the order in which they are
   * written.
   */
  List<TableFamily> families(Scope scope) {
    return requested.stream()
        .<TableFamily>map(Stage::table)
        .filter(family -> family.has(scope))
        .distinct()
        .sorted()
        .toList();
  }

  /** Rows of a pair's bars before a month that any value of the month can depend on. */
  int lookbackInBars() {
    return stages.lookbackInBars(windows);
  }

  /**
   * Rows of the stage's own source before a row that its value can depend on; terms count in rows
   * of their regression.
   */
  int lookbackInSource(Stage<?> stage) {
    return Stages.lookbackInSource(stage, windows);
  }

  /**
   * The settings that change the values, in canonical text; equal for two requests with the same
   * results.
   */
  String parameters() {
    StringBuilder text =
        new StringBuilder(
            (redo ? "again; " : "") + "baseline=" + baseline.map(Instant::toString).orElse("kept"));
    for (Stage<?> stage : requested) {
      text.append("; ")
          .append(stage.id())
          .append(" v")
          .append(stage.version())
          .append(' ')
          .append(stage.parameters());
    }
    return text.toString();
  }
}
