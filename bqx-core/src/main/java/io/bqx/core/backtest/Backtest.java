package io.bqx.core.backtest;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.Identifiers;
import io.bqx.core.catalog.Layout;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.evaluation.Evaluation;
import io.bqx.core.evaluation.EvaluationReport;
import io.bqx.core.evaluation.EvaluationSettings;
import io.bqx.core.evaluation.Target;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.rewrite.SwapPolicy;
import io.bqx.core.rewrite.TableReads;
import io.bqx.core.stage.Stage;
import io.bqx.core.stage.Stages;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureSchema;
import io.bqx.features.Series;
import io.bqx.features.TriangularArbitrage;
import io.bqx.features.Universe;
import io.bqx.features.Windows;
import java.time.Duration;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import javax.sql.DataSource;

/**
 * Finds out whether the market's features forecast better than those of the pair alone.
 *
 * <pre>{@code
 * EvaluationReport report = Backtest.on(dataSource)
 *     .months(YearMonth.of(2024, 7), YearMonth.of(2025, 6))
 *     .settings(EvaluationSettings.of(Target.returnOver(60)))
 *     .run();
 * }</pre>
 *
 * <p>Reads {@code bqx_{pair}} and the finished {@code reg_bqx_{pair}}, in either layout, by binary
 * COPY and in the order of time; changes nothing. Nothing of the features is kept: the heap holds
 * prices and forecasts, 140 bytes per row of a pair, and about six sets of sums per pair, 0.9 MB
 * each for 462 columns. The tables should not be rewritten meanwhile.
 *
 * <p>Needs the optional dependency {@code org.ejml:ejml-ddense}.
 */
public final class Backtest {

  private final DataSource dataSource;
  private String schema = "bqx";
  private Universe universe = Universe.g8();
  private Windows windows = Windows.ofDefaults();
  private final List<Stage<?>> ownStages = new ArrayList<>();
  private YearMonth from;
  private YearMonth to;
  private List<CurrencyPair> pairs = List.of();
  private EvaluationSettings settings = EvaluationSettings.of(Target.returnOver(60));
  private int workers = Runtime.getRuntime().availableProcessors();
  private Consumer<String> progress = step -> {};

  private Backtest(DataSource dataSource) {
    this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
  }

  /** A backtest on the database that the data source connects to. */
  public static Backtest on(DataSource dataSource) {
    return new Backtest(dataSource);
  }

  /**
   * The schema that holds all tables; {@code bqx} if it is not set.
   *
   * @throws IllegalArgumentException if it cannot name a schema
   */
  public Backtest schema(String name) {
    Identifiers.requireValid("schema", Objects.requireNonNull(name, "schema"));
    this.schema = name;
    return this;
  }

  /** The currencies and pairs that features were computed for; {@link Universe#g8()} if not set. */
  public Backtest universe(Universe newUniverse) {
    this.universe = Objects.requireNonNull(newUniverse, "universe");
    return this;
  }

  /** The windows that features were computed with; {@link Windows#ofDefaults()} if not set. */
  public Backtest windows(Windows newWindows) {
    this.windows = Objects.requireNonNull(newWindows, "windows");
    return this;
  }

  /** Adds the columns of a stage of the caller's, which the job has computed, to all columns. */
  public Backtest with(Stage<?> stage) {
    ownStages.add(Objects.requireNonNull(stage, "stage"));
    return this;
  }

  /**
   * The months whose rows are used, both included; must be set.
   *
   * @throws IllegalArgumentException if the last month is before the first one
   */
  public Backtest months(YearMonth first, YearMonth last) {
    if (last.isBefore(first)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "The last month, %s, is before the first one, %s", last, first));
    }
    this.from = first;
    this.to = last;
    return this;
  }

  /**
   * The pairs to forecast; all that have rows if it is not set.
   *
   * @throws IllegalArgumentException if a pair is not in the universe, or there is none
   */
  public Backtest pairs(List<CurrencyPair> some) {
    if (some.isEmpty()) {
      throw new IllegalArgumentException("pairs needs at least one; leave it out for all pairs");
    }
    this.pairs = List.copyOf(some);
    return this;
  }

  /** How features are evaluated; the defaults for the return over 60 rows if it is not set. */
  public Backtest settings(EvaluationSettings newSettings) {
    this.settings = Objects.requireNonNull(newSettings, "settings");
    return this;
  }

  /**
   * How many pairs are read at the same time, each on a connection of its own; the number of
   * processors if it is not set.
   *
   * @throws IllegalArgumentException if it is below 1
   */
  public Backtest workers(int number) {
    if (number < 1) {
      throw new IllegalArgumentException("workers must be 1 or more, not " + number);
    }
    this.workers = number;
    return this;
  }

  /** Who hears what is done next; nobody if it is not set. */
  public Backtest progress(Consumer<String> listener) {
    this.progress = Objects.requireNonNull(listener, "progress");
    return this;
  }

  /**
   * Evaluates.
   *
   * @throws BqxException if tables or columns are missing, there are too few rows, or EJML is not
   *     on the class path
   * @throws io.bqx.core.CancelledException if the thread is interrupted
   */
  public EvaluationReport run() {
    if (from == null) {
      throw new IllegalStateException("The months are not set; call months(from, to)");
    }
    pairs.forEach(universe::indexOf);
    Layout layout = new Ledger(dataSource, schema, Duration.ofSeconds(30)).layout();
    Stages stages =
        Stages.builtIn(
            universe,
            windows,
            TriangularArbitrage.DEFAULT_COST_PERCENT,
            TriangularArbitrage.DEFAULT_THRESHOLD_PERCENT);
    for (Stage<?> own : ownStages) {
      stages = stages.and(own);
    }
    List<FeatureColumn> columns = withoutTime(stages.schemaOf(TableFamily.REG_BQX));
    StoredFeatures rows =
        new StoredFeatures(
            new TableReads(dataSource, SwapPolicy.ofDefaults(), wait -> {}),
            schema,
            layout,
            columns,
            from,
            to);
    progress.accept("prices");
    return Evaluation.of(rows, prices(rows))
        .foundation(withoutTime(FeatureSchema.regBqx(windows)).size())
        .lookback(stages.lookbackInBars(windows))
        .settings(settings)
        .workers(workers)
        .progress(progress)
        .run();
  }

  private static List<FeatureColumn> withoutTime(FeatureSchema schema) {
    return schema.columns().subList(1, schema.size());
  }

  private Map<CurrencyPair, Series> prices(StoredFeatures rows) {
    Map<CurrencyPair, Series> prices = new TreeMap<>();
    for (CurrencyPair pair : pairs.isEmpty() ? universe.pairs() : pairs) {
      Series index = rows.exist(pair) ? rows.rateIndex(pair) : null;
      if (index != null && index.rows() > 0) {
        prices.put(pair, index);
      } else if (!pairs.isEmpty()) {
        throw nothingOf(pair.name());
      }
    }
    if (prices.isEmpty()) {
      throw nothingOf("any of the " + universe.pairs().size() + " pairs");
    }
    return prices;
  }

  private BqxException nothingOf(String what) {
    return new BqxException(
        String.format(
            Locale.ROOT,
            "Cannot backtest: the schema %s has no rate index or no features of %s in %s to %s. Import bars and compute"
                + " all stages for these months first",
            schema,
            what,
            from,
            to));
  }
}
