package io.bqx.core.evaluation;

import io.bqx.core.BqxException;
import io.bqx.core.CancelledException;
import io.bqx.core.evaluation.EvaluationReport.Level;
import io.bqx.core.evaluation.EvaluationReport.Period;
import io.bqx.core.evaluation.WalkForward.Fold;
import io.bqx.features.CurrencyPair;
import io.bqx.features.MarketPanel;
import io.bqx.features.Series;
import io.bqx.features.TimeAxis;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * Finds out what features are worth: whether all columns forecast better than those of the
 * foundation.
 *
 * <pre>{@code
 * EvaluationReport report = Evaluation.of(rows, prices)
 *     .foundation(78).lookback(1273)
 *     .settings(EvaluationSettings.of(Target.returnOver(60)))
 *     .run();
 * }</pre>
 *
 * <p>Goes through the market once in the order of time. Nothing that is forecast at a row depends
 * on a later row, or on an earlier one within the embargo but for the row's own features. The same
 * input gives the same report, whatever the number of workers.
 *
 * <p>Rows in which a column of the foundation is missing are left out; other missing values count
 * as the column's mean.
 */
public final class Evaluation {

  /** Fewer rows cannot show how features vary. */
  private static final int LEAST_ROWS = 5;

  private final FeatureRows rows;
  private final Map<CurrencyPair, Series> prices;
  private int foundation;
  private int lookback;
  private EvaluationSettings settings = EvaluationSettings.of(Target.returnOver(60));
  private int workers = 1;
  private Consumer<String> progress = step -> {};

  private Evaluation(FeatureRows rows, Map<CurrencyPair, Series> prices) {
    this.rows = Objects.requireNonNull(rows, "rows");
    this.prices = new TreeMap<>(prices);
    this.foundation = rows.columns().size();
  }

  /**
   * An evaluation of features.
   *
   * @param prices the price, or anything proportional to it, at every row of each pair; positive
   */
  public static Evaluation of(FeatureRows rows, Map<CurrencyPair, Series> prices) {
    return new Evaluation(rows, prices);
  }

  /**
   * How many of the columns, the first ones, are the foundation that all are compared with.
   *
   * @throws IllegalArgumentException if there are not so many, or none
   */
  public Evaluation foundation(int columns) {
    if (columns < 1 || columns > rows.columns().size()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "The foundation has 1 to %d columns, not %d",
              rows.columns().size(),
              columns));
    }
    this.foundation = columns;
    return this;
  }

  /**
   * How many rows of a pair before a row its features can depend on; 0 if it is not set. The
   * target's rows and these are left out between training and test.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public Evaluation lookback(int rowsBefore) {
    if (rowsBefore < 0) {
      throw new IllegalArgumentException("A lookback cannot be negative: " + rowsBefore);
    }
    this.lookback = rowsBefore;
    return this;
  }

  /** How features are evaluated; the defaults for the return over 60 rows if it is not set. */
  public Evaluation settings(EvaluationSettings newSettings) {
    this.settings = Objects.requireNonNull(newSettings, "settings");
    return this;
  }

  /**
   * How many pairs are dealt with at the same time; 1 if it is not set.
   *
   * @throws IllegalArgumentException if it is below 1
   */
  public Evaluation workers(int number) {
    if (number < 1) {
      throw new IllegalArgumentException("workers must be 1 or more, not " + number);
    }
    this.workers = number;
    return this;
  }

  /** Who hears, on the calling thread, what is done next; nobody if it is not set. */
  public Evaluation progress(Consumer<String> listener) {
    this.progress = Objects.requireNonNull(listener, "progress");
    return this;
  }

  /**
   * Evaluates.
   *
   * @throws BqxException if there are too few rows, a column has no values, or EJML is missing
   * @throws CancelledException if the thread is interrupted
   */
  public EvaluationReport run() {
    return new Walk().report();
  }

  /** One walk through the market; the result is the forecasts of every row. */
  Map<CurrencyPair, PairWalk> forecasts() {
    Walk walk = new Walk();
    walk.forward();
    Map<CurrencyPair, PairWalk> ofPair = new TreeMap<>();
    walk.pairs.forEach(pair -> ofPair.put(pair.pair(), pair));
    return ofPair;
  }

  private final class Walk {

    private final int embargo = settings.target().rows() + lookback;
    private final List<PairWalk> pairs = new ArrayList<>();
    private final TimeAxis grid;
    private final List<Fold> folds;
    private final TestTimes times;
    private final LeakageSums leakage;
    private final Map<Integer, Map<CurrencyPair, PairWalk.Models>> own = new HashMap<>();
    private final Map<Integer, PairWalk.Models> pooled = new HashMap<>();

    Walk() {
      SymmetricEigen.requireLibrary();
      if (prices.values().stream().allMatch(series -> series.rows() == 0)) {
        throw new BqxException("Cannot evaluate features: there are no prices of any pair");
      }
      int columns = rows.columns().size();
      prices.forEach(
          (pair, series) -> {
            if (series.rows() > 0) {
              pairs.add(new PairWalk(pair, series, settings, foundation, columns));
            }
          });
      List<TimeAxis> axes = pairs.stream().map(PairWalk::axis).toList();
      this.grid = MarketPanel.unionOf(axes);
      this.folds =
          WalkForward.plan(grid, axes, embargo, settings.target().rows(), settings.folds());
      this.times =
          new TestTimes(
              grid,
              folds.get(0).testFrom(),
              folds.get(folds.size() - 1).testTo(),
              settings.target().rows());
      this.leakage = new LeakageSums(pairs.get(0).targets().count(), 0, times.chunks());
    }

    void forward() {
      ExecutorService executor = Executors.newFixedThreadPool(workers);
      try {
        forward(executor);
      } finally {
        executor.shutdownNow();
      }
    }

    private void forward(ExecutorService executor) {
      progress.accept("scale of the features");
      FeatureScale scale = scale(executor);
      TreeSet<Long> bounds = new TreeSet<>();
      for (Fold fold : folds) {
        bounds.addAll(
            List.of(
                fold.innerEnd(),
                fold.validationFrom(),
                fold.trainEnd(),
                fold.testFrom(),
                fold.testTo()));
      }
      long from = grid.epochMicros(0);
      for (long to : bounds) {
        walk(executor, scale, from, to);
        for (int f = 0; f < folds.size(); f++) {
          reach(executor, f, to);
        }
        from = to;
      }
    }

    private FeatureScale scale(ExecutorService executor) {
      int columns = rows.columns().size();
      FeatureScale.Finder found = new FeatureScale.Finder(columns);
      forAll(
              executor,
              pair -> {
                FeatureScale.Finder ofPair = new FeatureScale.Finder(columns);
                pair.look(rows, folds.get(0).innerEnd(), ofPair);
                return ofPair;
              })
          .forEach(found::add);
      return found.find(rows.columns());
    }

    private void walk(ExecutorService executor, FeatureScale scale, long from, long to) {
      if (from >= to) {
        return;
      }
      int fold = foldOf(from);
      progress.accept(
          String.format(
              Locale.ROOT,
              "%s, up to %tF %<tR",
              fold < 0
                  ? "training rows before the first test"
                  : "test block " + (fold + 1) + " of " + folds.size(),
              Instant.EPOCH.plus(to, ChronoUnit.MICROS).atOffset(ZoneOffset.UTC)));
      int firstChunk = fold < 0 ? 0 : times.chunkOf(from);
      int chunks = fold < 0 ? 0 : times.chunkBefore(to) - firstChunk + 1;
      forAll(
              executor,
              pair -> {
                LeakageSums part = new LeakageSums(pair.targets().count(), firstChunk, chunks);
                pair.walk(
                    rows,
                    from,
                    to,
                    scale,
                    times,
                    fold < 0 ? null : own.get(fold).get(pair.pair()),
                    fold < 0 ? null : pooled.get(fold),
                    part);
                return part;
              })
          .forEach(leakage::add);
    }

    private int foldOf(long time) {
      for (int f = 0; f < folds.size(); f++) {
        if (folds.get(f).testFrom() <= time && time < folds.get(f).testTo()) {
          return f;
        }
      }
      return -1;
    }

    /** Does what a fold has to do when everything before a time has been seen. */
    private void reach(ExecutorService executor, int f, long time) {
      Fold fold = folds.get(f);
      if (fold.innerEnd() == time) {
        pairs.forEach(pair -> pair.endInner(f));
      }
      if (fold.validationFrom() == time) {
        pairs.forEach(pair -> pair.beginValidation(f));
      }
      if (fold.trainEnd() == time) {
        progress.accept("models of test block " + (f + 1));
        train(executor, f);
      }
    }

    private void train(ExecutorService executor, int f) {
      Moments inner = sum(pairs.stream().map(pair -> pair.inner(f)).toList());
      Moments validation = sum(pairs.stream().map(pair -> pair.validation(f)).toList());
      Moments train = sum(pairs.stream().map(PairWalk::train).toList());
      PairWalk.Models ofAll = models(inner, validation, train);
      if (ofAll == null) {
        throw new BqxException(
            String.format(
                Locale.ROOT,
                "Cannot evaluate features: before test block %d there are only %d rows with features and target to train"
                    + " on and %d to choose the penalty by. Take more months or fewer test blocks, and look whether all"
                    + " stages are computed",
                f + 1,
                inner.rows(),
                validation.rows()));
      }
      pooled.put(f, ofAll);
      List<Optional<PairWalk.Models>> ofPairs =
          forAll(
              executor,
              pair -> Optional.ofNullable(models(pair.inner(f), pair.validation(f), pair.train())));
      Map<CurrencyPair, PairWalk.Models> found = new HashMap<>();
      for (int p = 0; p < pairs.size(); p++) {
        CurrencyPair pair = pairs.get(p).pair();
        ofPairs.get(p).ifPresent(models -> found.put(pair, models));
        pairs.get(p).forget(f);
      }
      own.put(f, found);
    }

    /** Models of the training rows; null if they are too few. */
    private PairWalk.Models models(Moments inner, Moments validation, Moments train) {
      return inner.rows() < LEAST_ROWS || validation.rows() < LEAST_ROWS
          ? null
          : PairWalk.Models.of(inner, validation, train, foundation, rows.columns().size());
    }

    private static Moments sum(List<Moments> all) {
      return all.stream().reduce(Moments::plus).orElseThrow();
    }

    EvaluationReport report() {
      forward();
      progress.accept("measures and intervals");
      BlockBootstrap bootstrap =
          new BlockBootstrap(times.chunks(), settings.resamples(), settings.seed());
      Scoring scoring = new Scoring(settings, times, bootstrap);
      List<Level> levels = new ArrayList<>();
      levels.add(scoring.all(pairs, true));
      levels.add(scoring.all(pairs, false));
      pairs.forEach(pair -> levels.add(scoring.one(pair)));
      return new EvaluationReport(
          settings,
          foundation,
          rows.columns().size(),
          lookback,
          embargo,
          new Period(
              grid.instant(0),
              grid.instant(grid.indexOf(times.from())),
              grid.instant(grid.rows() - 1),
              grid.rows(),
              times.rows(),
              times.chunks() / BlockBootstrap.BLOCK),
          levels,
          leakage.shifts(bootstrap, settings.target().kind() == Target.Kind.RETURN),
          leakage.randomTargets(bootstrap));
    }

    private <T> List<T> forAll(ExecutorService executor, Task<T> task) {
      List<Future<T>> futures = new ArrayList<>();
      for (PairWalk pair : pairs) {
        Callable<T> call = () -> task.of(pair);
        futures.add(executor.submit(call));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(resultOf(future));
      }
      return results;
    }

    private static <T> T resultOf(Future<T> future) {
      try {
        return future.get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancelledException("The evaluation was cancelled", e);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof BqxException known) {
          throw known;
        }
        if (e.getCause() instanceof Error error) {
          throw error;
        }
        throw new BqxException(
            "Cannot evaluate features: " + e.getCause().getMessage(), e.getCause());
      }
    }
  }

  /** What is done with every pair. */
  private interface Task<T> {
    T of(PairWalk pair);
  }
}
