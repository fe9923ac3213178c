package io.bqx.core.run;

import io.bqx.core.BqxException;
import io.bqx.core.CancelledException;
import io.bqx.core.Passwords;
import io.bqx.core.catalog.Scope;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.ledger.Claim;
import io.bqx.core.ledger.ClaimInfo;
import io.bqx.core.ledger.ClaimLostException;
import io.bqx.core.ledger.Heartbeat;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.ledger.RunDescription;
import io.bqx.core.ledger.RunId;
import io.bqx.core.ledger.RunState;
import io.bqx.core.ledger.StageKey;
import io.bqx.core.retry.Retries;
import io.bqx.core.retry.RetryListener;
import io.bqx.core.rewrite.LockWait;
import io.bqx.core.rewrite.ParentSchema;
import io.bqx.core.rewrite.PartitionRewriter;
import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.stage.Stage;
import io.bqx.core.validation.ValidationReport;
import io.bqx.core.watch.Activity;
import io.bqx.core.watch.Watchdog;
import io.bqx.features.CurrencyPair;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Claims months one after another and rewrites their partitions: while the workers write one month,
 * the next one is read and computed.
 */
final class Runner {

  private static final Logger LOG = LoggerFactory.getLogger(Runner.class);
  private static final Duration POLL = Duration.ofMillis(250);
  private static final Duration LONGEST_WAIT = Duration.ofDays(1);

  private final JobSettings settings;
  private final Watchdog watchdog;
  private final Activity common;
  private final Ledger ledger;
  private final LayoutTransition transition;
  private final Retries retries;
  private final Outcomes outcomes;
  private final Cancellation cancellation;
  private final Bulkhead database;

  /** A runner of settings whose layout is known: {@link JobSettings#inLayout}. */
  Runner(JobSettings settings, Retries retries, Cancellation cancellation) {
    this.settings = settings;
    this.retries = retries;
    this.outcomes = new Outcomes(settings);
    this.watchdog = new Watchdog(settings.dataSource(), settings.stallPolicy(), outcomes::stalled);
    this.common = watchdog.begin("keeping the ledger");
    this.ledger = ledger(common.dataSource());
    this.transition =
        new LayoutTransition(
            settings.on(
                common.dataSource(),
                wait -> outcomes.waiting("The change of the layout waits for " + wait)),
            ledger);
    this.cancellation = cancellation;
    this.database =
        Bulkhead.of(
            "database",
            BulkheadConfig.custom()
                .maxConcurrentCalls(settings.workers())
                .maxWaitDuration(LONGEST_WAIT)
                .build());
  }

  private Ledger ledger(DataSource dataSource) {
    return new Ledger(dataSource, settings.schema(), settings.lease());
  }

  /** Runs a job in the layout that it asks for, else in the one that is in force. */
  static RunReport run(
      JobSettings asked, Retries retries, Cancellation cancellation, String worker) {
    JobSettings settings = retries.call("reading the layout", asked::inLayout, RetryListener.NONE);
    return new Runner(settings, retries, cancellation).run(worker);
  }

  private RunReport run(String worker) {
    watchdog.start();
    try {
      return runWatched(worker);
    } finally {
      watchdog.close();
    }
  }

  private RunReport runWatched(String worker) {
    outcomes.started();
    RunId run = retries.call("starting the run", () -> begin(worker), RetryListener.NONE);
    LOG.info(
        "Run started [run={}] [worker={}] [layout={}] [months={} to {}] [stages={}]",
        run,
        worker,
        settings.layout().orElseThrow(),
        settings.months().get(0),
        settings.months().get(settings.months().size() - 1),
        stageIds());
    try (Workers workers = new Workers(settings.workers())) {
      work(run, worker, workers);
    }
    RunReport report = outcomes.report(run, finishLayout());
    recordEnd(run, report);
    RunReport followed = follow(report);
    outcomes.finished(followed);
    return followed;
  }

  /** Validates what was asked for, if that was asked for too, and tells the trackers. */
  private RunReport follow(RunReport report) {
    Optional<ValidationReport> validation = Optional.empty();
    List<String> warnings = new ArrayList<>();
    if (settings.validating() && report.isComplete()) {
      outcomes.waiting("Everything is written and is now validated");
      validation = Optional.of(new Validator(settings).validate());
    }
    if (!settings.trackers().isEmpty()) {
      warnings.addAll(new StageNotices(settings, report, validation).send());
    }
    return report.followedBy(validation, warnings);
  }

  /** Brings the definitions to the layout; returns why that could not be done. */
  private Optional<String> finishLayout() {
    try {
      return retries.call("finishing the layout", transition::finish, RetryListener.NONE);
    } catch (RuntimeException e) {
      LOG.error("Cannot finish the layout: {}", e.getMessage(), e);
      return Optional.of(messageOf(e));
    }
  }

  private void recordEnd(RunId run, RunReport report) {
    try {
      retries.call(
          "recording the end of the run",
          () -> {
            ledger.finishRun(
                run, stateOf(report), cancellation.explain(report.counts().toString()));
            return null;
          },
          RetryListener.NONE);
    } catch (RuntimeException e) {
      LOG.warn("Cannot record the end [run={}]: {}", run, e.getMessage());
    }
  }

  private RunId begin(String worker) throws SQLException {
    ledger.create();
    transition.requireWhole();
    try (Connection connection = common.dataSource().getConnection()) {
      new Baselines(common.dataSource(), settings.schema())
          .create(DSL.using(connection, SQLDialect.POSTGRES));
    }
    if (settings.forgiveCrashes()) {
      ledger.forgive(settings.months());
    }
    RunId run = ledger.startRun(description(worker));
    removeLeftovers();
    return run;
  }

  private void removeLeftovers() {
    List<String> removed =
        new PartitionRewriter(common.dataSource(), settings.schema(), settings.swapPolicy())
            .removeLeftovers(ledger::liveTokens);
    if (!removed.isEmpty()) {
      LOG.info("Removed what killed runs left behind [tables={}]", removed);
    }
  }

  private RunDescription description(String worker) {
    return RunDescription.months(
            settings.months().get(0), settings.months().get(settings.months().size() - 1))
        .worker(worker)
        .stages(stageIds())
        .parameters(settings.parameters())
        .layout(settings.layout().orElseThrow())
        .build();
  }

  private List<String> stageIds() {
    return settings.requested().stream().<String>map(Stage::id).toList();
  }

  /**
   * Does the market's partitions of all months first where the tables of pairs still have its
   * columns, so that these may be dropped; and then what is left.
   */
  private void work(RunId run, String worker, Workers workers) {
    boolean marketFirst =
        retries.call("reading the tables", transition::marketGoesFirst, RetryListener.NONE);
    if (marketFirst) {
      pass(run, worker, workers, Scope::isMarket);
      if (!outcomes.areComplete(Scope.MARKET)) {
        for (YearMonth month : settings.months()) {
          outcomes.all(
              month,
              State.CANCELLED,
              TableFamily.MARKET.prefix()
                  + " does not have all months yet, so the tables of pairs stay as they are");
        }
      }
    }
    pass(run, worker, workers, scope -> true);
  }

  /** Gives every month that has scopes without an outcome its outcomes for the wanted scopes. */
  private void pass(RunId run, String worker, Workers workers, Predicate<Scope> wanted) {
    Collection<YearMonth> open = new TreeSet<>();
    settings.months().stream()
        .filter(month -> outcomes.open(month).stream().anyMatch(wanted))
        .forEach(open::add);
    Deque<MonthInHand> inHand = new ArrayDeque<>();
    State left = State.CANCELLED;
    Optional<String> reason = Optional.empty();
    try {
      share(run, worker, workers, open, inHand, wanted);
    } catch (CancelledException e) {
      LOG.info("Cancelled [run={}]: {}", run, e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("Cannot go on [run={}]: {}", run, e.getMessage(), e);
      left = State.FAILED;
      reason = Optional.of(messageOf(e));
    }
    inHand.forEach(month -> month.finish(open));
    String message =
        reason.orElseGet(() -> cancellation.explain("The run was cancelled before this month"));
    for (YearMonth month : open) {
      outcomes.all(month, left, message);
    }
  }

  /** Claims, prepares and finishes months until none is open or the run is cancelled. */
  private void share(
      RunId run,
      String worker,
      Workers workers,
      Collection<YearMonth> open,
      Deque<MonthInHand> inHand,
      Predicate<Scope> wanted) {
    Instant started = retries.call("reading the time", ledger::databaseTime, RetryListener.NONE);
    long request = description(worker).requestCrc();
    while (!open.isEmpty() && !cancellation.isRequested()) {
      Optional<Claim> claim =
          retries.call(
              "claiming a month", () -> ledger.claim(run, worker, open), RetryListener.NONE);
      if (claim.isPresent()) {
        open.remove(claim.get().month());
        take(claim.get(), request, started, workers, wanted).ifPresent(inHand::add);
      } else if (inHand.isEmpty()) {
        waitForOthers(open);
      }
      while (inHand.size() > 1 || (claim.isEmpty() && !inHand.isEmpty())) {
        inHand.remove().finish(open);
      }
      if (open.isEmpty()) {
        inHand.forEach(month -> month.finish(open));
        inHand.clear();
      }
    }
  }

  private Optional<MonthInHand> take(
      Claim claim, long request, Instant started, Workers workers, Predicate<Scope> wanted) {
    MonthInHand hand = new MonthInHand(claim);
    try {
      boolean finished =
          retries.call(
              "taking " + claim.month(),
              () -> {
                if (claim.attempts() > 1) {
                  removeLeftovers();
                }
                return ledger.finishedSince(claim.month(), request, started);
              },
              RetryListener.NONE);
      if (!finished) {
        hand.submit(
            retries.call(
                "preparing " + claim.month(), () -> prepare(claim, workers), RetryListener.NONE),
            workers,
            wanted);
        return Optional.of(hand);
      }
      outcomes.doneElsewhere(claim.month());
    } catch (CancelledException e) {
      cancellation.request();
      outcomes.all(claim.month(), State.CANCELLED, e.getMessage());
    } catch (RuntimeException | Error e) {
      // An error such as lack of memory must not keep the claim alive either.
      LOG.error("Cannot prepare [month={}]: {}", claim.month(), e.getMessage(), e);
      outcomes.all(claim.month(), State.FAILED, messageOf(e));
      hand.releaseUnbegun(messageOf(e));
      return Optional.empty();
    }
    hand.release();
    return Optional.empty();
  }

  /**
   * Waits a moment for the workers that hold the open months; closes those that nobody can claim
   * any more.
   */
  private void waitForOthers(Collection<YearMonth> open) {
    Map<YearMonth, ClaimInfo> claims =
        retries.call("reading the claims", ledger::claims, RetryListener.NONE).stream()
            .collect(Collectors.toMap(ClaimInfo::month, c -> c));
    for (YearMonth month : List.copyOf(open)) {
      ClaimInfo claim = claims.get(month);
      if (claim != null && claim.exhausted()) {
        outcomes.all(
            month,
            State.FAILED,
            String.format(
                Locale.ROOT,
                "%d workers in a row died on %s, the last one was %s; find out why, then run again with --forgive-crashes",
                claim.attempts(),
                month,
                claim.worker()));
        open.remove(month);
      } else if (claim != null) {
        outcomes.waiting(
            String.format(
                Locale.ROOT,
                "%s is claimed by %s until %s",
                month,
                claim.worker(),
                claim.leaseUntil()));
      }
    }
    if (!open.isEmpty()) {
      cancellation.await(POLL);
    }
  }

  private PreparedMonth prepare(Claim claim, Workers workers) {
    Instant started = Instant.now();
    try (Activity activity = watchdog.begin(claim.month(), "reading its bars")) {
      // What waits for a worker's turn does not stand still; calls of the database are looked at.
      activity.enter("reading its bars");
      activity.rest();
      Consumer<LockWait> onWait =
          wait -> outcomes.waitingForLock(Optional.empty(), claim.month(), wait);
      PreparedMonth month =
          load(settings.on(activity.dataSource(), onWait), claim.month(), true, workers);
      activity.enter("computing its market stages");
      activity.rest();
      month.computeMarket(workers);
      LOG.info(
          "Prepared [month={}] [due={}] [seconds={}]",
          claim.month(),
          month.scopesDue().size(),
          Duration.between(started, Instant.now()).toMillis() / 1000.0);
      return month;
    }
  }

  /** Reads a month and decides what is due of it, for a look at it only. */
  PreparedMonth load(YearMonth month, Workers workers) {
    return load(settings, month, false, workers);
  }

  private PreparedMonth load(
      JobSettings from, YearMonth month, boolean keepBaselines, Workers workers) {
    Ledger own = ledger(from.dataSource());
    MonthLoader loader = new MonthLoader(from, workers);
    Baselines baselines = new Baselines(from.dataSource(), settings.schema());
    Map<StageKey, LedgerEntry> entries = own.exists() ? own.entries(month) : Map.of();
    Map<CurrencyPair, Double> prices =
        keepBaselines
            ? baselines.resolveAndKeep(loader.pairs(), settings.baseline())
            : baselines.resolve(loader.pairs(), settings.baseline());
    MonthInputs inputs = loader.load(month, prices, own);
    return PreparedMonth.of(from, inputs, entries, workers);
  }

  /** Gives a month back; if that fails for good, its lease ends by itself. */
  private void giveBack(Claim claim, Runnable release) {
    try {
      retries.call(
          "releasing " + claim.month(),
          () -> {
            release.run();
            return null;
          },
          RetryListener.NONE);
    } catch (RuntimeException e) {
      LOG.warn("Cannot release [month={}]: {}", claim.month(), e.getMessage());
    }
  }

  private static RunState stateOf(RunReport report) {
    if (!report.failures().isEmpty()) {
      return RunState.FAILED;
    }
    return report.exitCode() == 0 ? RunState.DONE : RunState.CANCELLED;
  }

  private static String messageOf(Throwable error) {
    if (error instanceof BqxException) {
      return String.valueOf(error.getMessage());
    }
    String name = error.getClass().getSimpleName();
    return error.getMessage() == null ? name : name + ": " + Passwords.masked(error.getMessage());
  }

  /** A claimed month and the tasks that rewrite its partitions. */
  private final class MonthInHand {

    private final Claim claim;
    private final Heartbeat heartbeat;
    private final AtomicBoolean lost = new AtomicBoolean();
    private final List<Future<?>> tasks = new ArrayList<>();
    private final CompletableFuture<Void> market = new CompletableFuture<>();

    MonthInHand(Claim claim) {
      this.claim = claim;
      this.heartbeat =
          Heartbeat.start(ledger(settings.dataSource()), claim, reason -> lost.set(true));
    }

    /** The market comes first: a new month appears in the views with all its columns. */
    void submit(PreparedMonth month, Workers workers, Predicate<Scope> wanted) {
      List<Scope> open = outcomes.open(claim.month()).stream().filter(wanted).toList();
      if (!open.contains(Scope.MARKET)) {
        market.complete(null);
      }
      for (Scope scope : open) {
        if (month.hasRows(scope) && !month.due(scope).isEmpty()) {
          tasks.add(
              workers.submit(
                  () -> {
                    outcomes.add(rewrite(month, scope));
                    return null;
                  }));
          continue;
        }
        outcomes.add(
            month.hasRows(scope)
                ? PartitionOutcome.withoutWork(scope, claim.month(), State.UP_TO_DATE, null)
                : PartitionOutcome.withoutWork(
                    scope,
                    claim.month(),
                    State.NO_BARS,
                    String.format(
                        Locale.ROOT, "There are no bars of %s %s", scope, claim.month())));
        if (scope.isMarket()) {
          market.complete(null);
        }
      }
    }

    private PartitionOutcome rewrite(PreparedMonth month, Scope scope) {
      try {
        return attempted(month, scope);
      } finally {
        if (scope.isMarket()) {
          market.complete(null);
        }
      }
    }

    private PartitionOutcome attempted(PreparedMonth month, Scope scope) {
      if (cancellation.isRequested() || lost.get()) {
        return PartitionOutcome.withoutWork(
            scope,
            claim.month(),
            State.CANCELLED,
            cancellation.explain("The run was cancelled before this partition"));
      }
      List<String> stages = List.copyOf(month.due(scope).keySet());
      outcomes.partitionStarted(scope, claim.month(), stages);
      long started = System.nanoTime();
      AtomicInteger retried = new AtomicInteger();
      Activity activity = begin(scope);
      PartitionTask task = task(month, scope, activity);
      State state = State.DONE;
      String message = null;
      try {
        attempt(task, month, scope, retried, activity);
      } catch (CancelledException | ClaimLostException e) {
        LOG.info("Given up [of={}] [month={}]: {}", scope, claim.month(), e.getMessage());
        lost.compareAndSet(false, e instanceof ClaimLostException);
        state = State.CANCELLED;
        message = e.getMessage();
      } catch (RuntimeException | Error e) {
        activity.rest();
        state = State.FAILED;
        message = messageOf(e);
        LOG.error("Failed [of={}] [month={}]: {}", scope, claim.month(), message, e);
        recordFailure(scope, task.unfinished(), message);
      } finally {
        activity.close();
      }
      PartitionOutcome outcome =
          new PartitionOutcome(
              scope,
              claim.month(),
              state,
              state == State.DONE ? stages : List.of(),
              task.rows(),
              task.bytes(),
              Duration.ofNanos(System.nanoTime() - started),
              retried.get(),
              Optional.ofNullable(message));
      log(outcome);
      return outcome;
    }

    private Activity begin(Scope scope) {
      return scope
          .pair()
          .map(pair -> watchdog.begin(pair, claim.month(), "beginning"))
          .orElseGet(() -> watchdog.begin(claim.month(), "beginning"));
    }

    private PartitionTask task(PreparedMonth month, Scope scope, Activity activity) {
      DataSource connections = activity.dataSource();
      Consumer<LockWait> onWait =
          wait -> {
            activity.rest();
            outcomes.waitingForLock(scope.pair(), claim.month(), wait);
          };
      return new PartitionTask(
          settings.on(connections, onWait),
          month,
          scope,
          claim,
          ledger(connections),
          new PartitionRewriter(connections, settings.schema(), settings.swapPolicy(), onWait),
          new ParentSchema(connections, settings.swapPolicy(), onWait),
          market,
          activity);
    }

    private void attempt(
        PartitionTask task,
        PreparedMonth month,
        Scope scope,
        AtomicInteger retried,
        Activity activity) {
      Optional<String> refusal = month.refusal(scope);
      if (refusal.isPresent()) {
        throw new BqxException(
            String.format(
                Locale.ROOT, "Cannot compute %s %s: %s", scope, claim.month(), refusal.get()));
      }
      retries.call(
          scope + " " + claim.month(),
          () -> database.executeCallable(() -> rewriteTables(task)),
          (what, attempt, wait, error) -> {
            activity.rest();
            retried.incrementAndGet();
            outcomes.retrying(scope, claim.month(), attempt, messageOf(error));
          });
    }

    private Void rewriteTables(PartitionTask task) throws SQLException {
      task.run();
      return null;
    }

    private void recordFailure(Scope scope, List<String> stages, String message) {
      try {
        retries.call(
            "recording the failure of " + scope + " " + claim.month(),
            () -> {
              ledger.recordFailure(claim, scope, stages, claim.month(), message);
              return null;
            },
            RetryListener.NONE);
      } catch (RuntimeException e) {
        LOG.warn("Cannot record the failure of {} {}: {}", scope, claim.month(), e.getMessage());
      }
    }

    private void log(PartitionOutcome outcome) {
      double seconds = outcome.elapsed().toNanos() / 1e9;
      LOG.info(
          "Partition {} [of={}] [month={}] [stages={}] [rows={}] [seconds={}] [rowsPerSecond={}]",
          outcome.state(),
          outcome.scope(),
          outcome.month(),
          outcome.stages(),
          outcome.rows(),
          Math.round(seconds * 1000) / 1000.0,
          Math.round(outcome.rows() / seconds));
    }

    /**
     * Waits for the tasks and gives the month back; opens it again if the claim was lost meanwhile.
     */
    void finish(Collection<YearMonth> open) {
      for (Future<?> task : tasks) {
        await(task);
      }
      ensureViews();
      if (lost.get()) {
        heartbeat.close();
        outcomes.forget(claim.month());
        open.add(claim.month());
      } else {
        release();
      }
    }

    /** As early as possible, for the readers' sake; the end of the run reports what fails. */
    private void ensureViews() {
      if (settings.isShared()) {
        try {
          transition.ensureViews();
        } catch (RuntimeException e) {
          LOG.warn("Cannot make the views yet [month={}]: {}", claim.month(), e.getMessage());
        }
      }
    }

    void release() {
      heartbeat.close();
      giveBack(claim, () -> ledger.release(claim, outcomes.stateOf(claim.month())));
    }

    /** The ledger keeps why nothing of the month could be tried. */
    void releaseUnbegun(String reason) {
      heartbeat.close();
      giveBack(claim, () -> ledger.releaseUnbegun(claim, reason));
    }

    private void await(Future<?> task) {
      boolean interrupted = false;
      while (true) {
        try {
          task.get();
          break;
        } catch (InterruptedException e) {
          interrupted = true;
          cancellation.request();
        } catch (ExecutionException e) {
          LOG.error("A task ended without an outcome [month={}]", claim.month(), e.getCause());
          outcomes.all(claim.month(), State.FAILED, messageOf(e.getCause()));
          break;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
