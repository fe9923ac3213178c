package io.bqx.core.run;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.Partition;
import io.bqx.core.catalog.PartitionedTable;
import io.bqx.core.catalog.Scope;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.ledger.Claim;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.rewrite.ParentSchema;
import io.bqx.core.rewrite.PartitionRewriter;
import io.bqx.core.rewrite.StagedPartition;
import io.bqx.core.stage.Stage;
import io.bqx.core.watch.Activity;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureFrame;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rewrites the tables of one scope's month: one rewrite per table, however many of its stages are
 * due.
 */
final class PartitionTask {

  private static final Logger LOG = LoggerFactory.getLogger(PartitionTask.class);

  private final JobSettings settings;
  private final PreparedMonth month;
  private final Scope scope;
  private final Claim claim;
  private final Ledger ledger;
  private final PartitionRewriter rewriter;
  private final ParentSchema parents;
  private final CompletableFuture<Void> market;
  private final Activity activity;
  private final Set<TableFamily> finished = EnumSet.noneOf(TableFamily.class);
  private int attempts;
  private long rows;
  private long bytes;

  /**
   * A task.
   *
   * @param market is complete when the market's own partition of the month is dealt with
   */
  PartitionTask(
      JobSettings settings,
      PreparedMonth month,
      Scope scope,
      Claim claim,
      Ledger ledger,
      PartitionRewriter rewriter,
      ParentSchema parents,
      CompletableFuture<Void> market,
      Activity activity) {
    this.settings = settings;
    this.month = month;
    this.scope = scope;
    this.claim = claim;
    this.ledger = ledger;
    this.rewriter = rewriter;
    this.parents = parents;
    this.market = market;
    this.activity = activity;
  }

  long rows() {
    return rows;
  }

  long bytes() {
    return bytes;
  }

  /**
   * Rewrites every table of the scope that has a due stage, except those that an earlier attempt of
   * this task finished.
   */
  void run() throws SQLException {
    attempts++;
    for (TableFamily family : settings.families(scope)) {
      if (isDue(family) && !finished.contains(family)) {
        if (family == TableFamily.REG_BQX) {
          awaitTheMarket();
        }
        rewrite(PartitionedTable.of(settings.schema(), family, scope));
        finished.add(family);
      }
    }
  }

  /** In the shared layout the rows of a pair refer to those of the market. */
  private void awaitTheMarket() throws SQLException {
    if (settings.isShared()) {
      activity.rest();
      market.join();
      activity.enter("looking at its layout");
      new LayoutTransition(settings, ledger).narrow(scope.pair().orElseThrow());
    }
  }

  private boolean isDue(TableFamily family) {
    return settings.stages().of(family).stream()
        .anyMatch(stage -> settings.isRequested(stage) && month.status(scope, stage).isDue());
  }

  /** The stages that are to be computed and not yet in place, in order. */
  List<String> unfinished() {
    return settings.stages().all().stream()
        .filter(stage -> isComputed(stage) && !finished.contains(stage.table()))
        .<String>map(Stage::id)
        .toList();
  }

  private boolean isComputed(Stage<?> stage) {
    return month.isComputed(scope, stage);
  }

  private void rewrite(PartitionedTable table) throws SQLException {
    activity.enter("looking at " + table.name());
    Instant started = ledger.databaseTime();
    List<Stage<?>> stages = stagesOf(table);
    Partition partition = table.partition(month.inputs().month());
    activity.enter("computing " + table.name());
    TableRows content = content(partition, stages, restorable(partition, stages));
    activity.enter("writing " + table.name());
    StagedPartition staged = rewriter.stage(partition, claim.token(), content);
    if (!content.isAsRecorded()) {
      LOG.warn(
          "What was computed again differs from what the ledger recorded; reading it instead [partition={}]",
          partition.name());
      rewriter.discard(staged);
      content = content(partition, stages, Map.of());
      staged = rewriter.stage(partition, claim.token(), content);
    }
    swap(table, stages, started, content, staged);
  }

  private void swap(
      PartitionedTable table,
      List<Stage<?>> stages,
      Instant started,
      TableRows content,
      StagedPartition staged) {
    List<LedgerEntry> done = entries(content, started);
    List<String> dropped = droppedStages(table, stages);
    activity.enter("swapping " + table.name());
    try {
      requireKeptAsRecorded(staged.partition(), content);
      rewriter.swap(
          staged,
          transaction -> {
            ledger.recordDone(transaction, claim, done);
            ledger.remove(transaction, claim, scope, dropped);
          });
    } catch (RuntimeException e) {
      discard(staged, e);
      throw e;
    }
    rows += content.rows();
    bytes += content.bytes();
  }

  /** Values that somebody has changed are not passed on as if a stage had computed them. */
  private void requireKeptAsRecorded(Partition partition, TableRows content) {
    for (Segment segment : content.segments()) {
      Stage<?> stage = segment.stage();
      OptionalLong recorded = month.status(scope, stage).recordedCrc();
      if (segment instanceof Segment.Kept kept
          && recorded.isPresent()
          && recorded.getAsLong() != kept.crc()) {
        throw new BqxException(
            String.format(
                Locale.ROOT,
                "Cannot write the new %s: the stored columns of stage %s have the checksum %08x, but %08x is recorded: they were changed by hand. "
                    + "Run that stage with --redo to compute them again. The old partition is unchanged",
                partition,
                stage.id(),
                kept.crc(),
                recorded.getAsLong()));
      }
    }
  }

  private void discard(StagedPartition staged, RuntimeException failure) {
    try {
      rewriter.discard(staged);
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  /**
   * The stages whose columns the table has now: all up to the last one that is computed, and those
   * it had already.
   */
  private List<Stage<?>> stagesOf(PartitionedTable table) {
    List<Stage<?>> all = settings.stages().of(table.family());
    int wanted = 1;
    for (Stage<?> stage : all) {
      wanted = isComputed(stage) ? all.indexOf(stage) + 1 : wanted;
    }
    int columns =
        parents
            .ensure(
                table,
                settings.stages().schemaOf(table.family()).upTo(all.get(wanted - 1).id()).columns(),
                all.subList(wanted, all.size()).stream()
                    .flatMap(s -> s.columns().stream())
                    .toList())
            .size();
    while (wanted < all.size() && columnsUpTo(table, all.get(wanted)) <= columns) {
      wanted++;
    }
    return all.subList(0, wanted);
  }

  private int columnsUpTo(PartitionedTable table, Stage<?> stage) {
    return settings.stages().schemaOf(table.family()).upTo(stage.id()).size();
  }

  /**
   * Kept stages that are computed again, because that is less work than to read them: none or all,
   * and only if the partition holds the rows that the ledger has recorded.
   */
  private Map<Stage<?>, FeatureFrame> restorable(Partition partition, List<Stage<?>> stages) {
    List<Stage<?>> kept = stages.stream().filter(this::isKept).toList();
    boolean repeatable =
        kept.contains(stages.get(0))
            && kept.stream()
                .allMatch(s -> !s.source().isMarket() && month.status(scope, s).repeatable());
    if (!repeatable) {
      return Map.of();
    }
    Map<Stage<?>, FeatureFrame> frames = new LinkedHashMap<>();
    kept.forEach(stage -> frames.put(stage, month.compute(stage, scope)));
    boolean equal =
        new StoredRows(settings.reads(), partition)
            .equal(month.inputs().rowTimes(partition.parent()), List.copyOf(frames.values()));
    return equal ? frames : Map.of();
  }

  private boolean isKept(Stage<?> stage) {
    return !isComputed(stage) && month.status(scope, stage).keepsStoredValues();
  }

  private TableRows content(
      Partition partition, List<Stage<?>> stages, Map<Stage<?>, FeatureFrame> restored) {
    List<FeatureColumn> columns = new ArrayList<>(List.of(FeatureColumn.TS_UTC));
    List<FeatureColumn> kept = new ArrayList<>();
    List<Segment> segments = new ArrayList<>();
    for (Stage<?> stage : stages) {
      segments.add(
          restored.containsKey(stage)
              ? restoredSegment(stage, restored.get(stage))
              : segment(stage, kept));
      columns.addAll(stage.columns());
    }
    boolean fresh = rowsAreNew(stages) || restored.containsKey(stages.get(0));
    long[] times = fresh ? month.inputs().rowTimes(partition.parent()) : null;
    return new TableRows(settings.reads(), partition, columns, segments, kept, times);
  }

  private Segment restoredSegment(Stage<?> stage, FeatureFrame frame) {
    return new Segment.Restored(
        stage, frame, month.status(scope, stage).recordedCrc().orElseThrow());
  }

  private Segment segment(Stage<?> stage, List<FeatureColumn> kept) {
    if (isComputed(stage)) {
      return stage.source().isMarket() && !scope.isMarket()
          ? Segment.ofMarket(stage, month.block(stage))
          : Segment.ofPair(stage, month.compute(stage, scope));
    }
    if (isKept(stage)) {
      Segment segment = new Segment.Kept(stage, 1 + kept.size());
      kept.addAll(stage.columns());
      return segment;
    }
    return Segment.missing(stage);
  }

  /**
   * The first stage of a pair's table decides its rows; those of the market are those of its grid.
   */
  private boolean rowsAreNew(List<Stage<?>> stages) {
    return isComputed(stages.get(0))
        || (scope.isMarket() && stages.stream().anyMatch(this::isComputed));
  }

  private List<LedgerEntry> entries(TableRows content, Instant started) {
    List<LedgerEntry> entries = new ArrayList<>();
    for (Segment segment : content.segments()) {
      if (segment instanceof Segment.Computed computed) {
        entries.add(entry(computed, content.rows(), started));
      }
    }
    return entries;
  }

  private LedgerEntry entry(Segment.Computed computed, long count, Instant started) {
    Stage<?> stage = computed.stage();
    ColumnStatistics statistics = computed.statistics();
    return LedgerEntry.of(stage.id(), scope, month.inputs().month())
        .stageVersion(stage.version())
        .parameters(stage.parameters())
        .inputCrc(month.status(scope, stage).inputCrc())
        .contentCrc(computed.crc())
        .rows(count)
        .nulls(statistics.nulls())
        .minima(statistics.minima())
        .maxima(statistics.maxima())
        .means(statistics.means())
        .attempts(attempts)
        .started(started)
        .build();
  }

  /**
   * Stages that have no values any more: the table has not got their columns, or their input is no
   * longer the one they were computed from.
   */
  private List<String> droppedStages(PartitionedTable table, List<Stage<?>> stages) {
    return settings.stages().of(table.family()).stream()
        .filter(s -> !isComputed(s))
        .filter(s -> !stages.contains(s) || !month.status(scope, s).keepsStoredValues())
        .<String>map(Stage::id)
        .toList();
  }
}
