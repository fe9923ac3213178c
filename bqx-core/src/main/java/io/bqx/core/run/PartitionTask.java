package io.bqx.core.run;

import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.Partition;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.ledger.Claim;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.rewrite.ParentSchema;
import io.bqx.core.rewrite.PartitionRewriter;
import io.bqx.core.rewrite.StagedPartition;
import io.bqx.core.stage.Stage;
import io.bqx.core.watch.Activity;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Rewrites the tables of one pair's month: one rewrite per table, however many of its stages are
 * due.
 */
final class PartitionTask {

  private final JobSettings settings;
  private final PreparedMonth month;
  private final CurrencyPair pair;
  private final Claim claim;
  private final Ledger ledger;
  private final PartitionRewriter rewriter;
  private final ParentSchema parents;
  private final Activity activity;
  private final Set<TableFamily> finished = EnumSet.noneOf(TableFamily.class);
  private long rows;
  private long bytes;

  PartitionTask(
      JobSettings settings,
      PreparedMonth month,
      CurrencyPair pair,
      Claim claim,
      Ledger ledger,
      PartitionRewriter rewriter,
      ParentSchema parents,
      Activity activity) {
    this.settings = settings;
    this.month = month;
    this.pair = pair;
    this.claim = claim;
    this.ledger = ledger;
    this.rewriter = rewriter;
    this.parents = parents;
    this.activity = activity;
  }

  long rows() {
    return rows;
  }

  long bytes() {
    return bytes;
  }

  /**
   * Rewrites every table of the pair that has a due stage, except those that an earlier attempt of
   * this task finished.
   */
  void run() throws SQLException {
    for (TableFamily family : settings.families()) {
      boolean due = settings.stages().of(family).stream().anyMatch(this::isComputed);
      if (due && !finished.contains(family)) {
        rewrite(PairTable.of(settings.schema(), family, pair));
        finished.add(family);
      }
    }
  }

  /** The stages that are due and not yet in place, in order. */
  List<String> unfinished() {
    return settings.stages().all().stream()
        .filter(stage -> isComputed(stage) && !finished.contains(stage.table()))
        .<String>map(Stage::id)
        .toList();
  }

  private boolean isComputed(Stage<?> stage) {
    return settings.isRequested(stage) && month.status(pair, stage).isDue();
  }

  private void rewrite(PairTable table) throws SQLException {
    activity.enter("looking at " + table.name());
    Instant started = ledger.databaseTime();
    List<Stage<?>> stages = stagesOf(table);
    Partition partition = table.partition(month.inputs().month());
    activity.enter("computing " + table.name());
    TableRows content = content(partition, stages);
    activity.enter("writing " + table.name());
    StagedPartition staged = rewriter.stage(partition, claim.token(), content);
    List<LedgerEntry> done = entries(content, started);
    List<String> dropped = droppedStages(table, stages);
    activity.enter("swapping " + table.name());
    try {
      rewriter.swap(
          staged,
          transaction -> {
            ledger.recordDone(transaction, claim, done);
            ledger.remove(transaction, claim, pair, dropped);
          });
    } catch (RuntimeException e) {
      discard(staged, e);
      throw e;
    }
    rows += content.rows();
    bytes += content.bytes();
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
  private List<Stage<?>> stagesOf(PairTable table) {
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

  private int columnsUpTo(PairTable table, Stage<?> stage) {
    return settings.stages().schemaOf(table.family()).upTo(stage.id()).size();
  }

  private TableRows content(Partition partition, List<Stage<?>> stages) {
    List<FeatureColumn> columns = new ArrayList<>(List.of(FeatureColumn.TS_UTC));
    List<FeatureColumn> kept = new ArrayList<>();
    List<Segment> segments = new ArrayList<>();
    for (Stage<?> stage : stages) {
      segments.add(segment(stage, kept));
      columns.addAll(stage.columns());
    }
    long[] times = isComputed(stages.get(0)) ? times(stages.get(0)) : null;
    return new TableRows(settings.dataSource(), partition, columns, segments, kept, times);
  }

  private Segment segment(Stage<?> stage, List<FeatureColumn> kept) {
    if (isComputed(stage)) {
      return stage.source().isMarket()
          ? Segment.ofMarket(stage, month.block(stage))
          : Segment.ofPair(stage, month.compute(stage, pair));
    }
    if (month.status(pair, stage).keepsStoredValues()) {
      Segment segment = Segment.kept(stage, 1 + kept.size());
      kept.addAll(stage.columns());
      return segment;
    }
    return Segment.missing(stage);
  }

  /**
   * The times of the table's rows: the pair's bars of the month, those without a source value left
   * out.
   */
  private long[] times(Stage<?> first) {
    return month
        .inputs()
        .timesOf(
            first.table() == TableFamily.REG_BQX
                ? month.inputs().bqxReturn(pair)
                : month.inputs().rateIndex(pair));
  }

  private List<LedgerEntry> entries(TableRows content, Instant started) {
    List<LedgerEntry> entries = new ArrayList<>();
    for (int s = 0; s < content.segments().size(); s++) {
      if (content.segments().get(s) instanceof Segment.Computed computed) {
        entries.add(entry(computed, content.crc(s), content.rows(), started));
      }
    }
    return entries;
  }

  private LedgerEntry entry(
      Segment.Computed computed, long contentCrc, long count, Instant started) {
    Stage<?> stage = computed.stage();
    ColumnStatistics statistics = computed.statistics();
    return LedgerEntry.of(stage.id(), pair, month.inputs().month())
        .stageVersion(stage.version())
        .parameters(stage.parameters())
        .inputCrc(month.status(pair, stage).inputCrc())
        .contentCrc(contentCrc)
        .rows(count)
        .nulls(statistics.nulls())
        .minima(statistics.minima())
        .maxima(statistics.maxima())
        .means(statistics.means())
        .started(started)
        .build();
  }

  /**
   * Stages that have no values any more: the table has not got their columns, or their input is no
   * longer the one they were computed from.
   */
  private List<String> droppedStages(PairTable table, List<Stage<?>> stages) {
    return settings.stages().of(table.family()).stream()
        .filter(s -> !isComputed(s))
        .filter(s -> !stages.contains(s) || !month.status(pair, s).keepsStoredValues())
        .<String>map(Stage::id)
        .toList();
  }
}
