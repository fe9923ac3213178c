package io.bqx.core.run;

import io.bqx.core.BqxException;
import io.bqx.core.CancelledException;
import io.bqx.core.Passwords;
import io.bqx.core.ledger.Claim;
import io.bqx.core.ledger.ClaimInfo;
import io.bqx.core.ledger.ClaimLostException;
import io.bqx.core.ledger.Heartbeat;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.ledger.MonthState;
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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
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
  private final Retries retries;
  private final Outcomes outcomes;
  private final Cancellation cancellation;
  private final Bulkhead database;

  Runner(JobSettings settings, Retries retries, Cancellation cancellation) {
    this.settings = settings;
    this.retries = retries;
    this.outcomes = new Outcomes(settings);
    this.watchdog = new Watchdog(settings.dataSource(), settings.stallPolicy(), outcomes::stalled);
    this.common = watchdog.begin("keeping the ledger");
    this.ledger = ledger(common.dataSource());
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

  RunReport run(String worker) {
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
        "Run started [run={}] [worker={}] [months={} to {}] [stages={}]",
        run,
        worker,
        settings.months().get(0),
        settings.months().get(settings.months().size() - 1),
        stageIds());
    try (Workers workers = new Workers(settings.workers())) {
      work(run, worker, workers);
    }
    RunReport report = outcomes.report(run);
    recordEnd(run, report);
    outcomes.finished(report);
    return report;
  }

  private void recordEnd(RunId run, RunReport report) {
    try {
      retries.call(
          "recording the end of the run",
          () -> {
            ledger.finishRun(run, stateOf(report), report.counts().toString());
            return null;
          },
          RetryListener.NONE);
    } catch (RuntimeException e) {
      LOG.warn("Cannot record the end [run={}]: {}", run, e.getMessage());
    }
  }

  private RunId begin(String worker) throws SQLException {
    ledger.create();
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
        .build();
  }

  private List<String> stageIds() {
    return settings.requested().stream().<String>map(Stage::id).toList();
  }

  private void work(RunId run, String worker, Workers workers) {
    Collection<YearMonth> open = new TreeSet<>(settings.months());
    Deque<MonthInHand> inHand = new ArrayDeque<>();
    State left = State.CANCELLED;
    String reason = "The run was cancelled before this month";
    try {
      share(run, worker, workers, open, inHand);
    } catch (CancelledException e) {
      LOG.info("Cancelled [run={}]: {}", run, e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("Cannot go on [run={}]: {}", run, e.getMessage(), e);
      left = State.FAILED;
      reason = messageOf(e);
    }
    inHand.forEach(month -> month.finish(open));
    for (YearMonth month : open) {
      outcomes.all(month, left, reason);
    }
  }

  /** Claims, prepares and finishes months until none is open or the run is cancelled. */
  private void share(
      RunId run,
      String worker,
      Workers workers,
      Collection<YearMonth> open,
      Deque<MonthInHand> inHand) {
    Instant started = retries.call("reading the time", ledger::databaseTime, RetryListener.NONE);
    long request = description(worker).requestCrc();
    while (!open.isEmpty() && !cancellation.isRequested()) {
      Optional<Claim> claim =
          retries.call(
              "claiming a month", () -> ledger.claim(run, worker, open), RetryListener.NONE);
      if (claim.isPresent()) {
        open.remove(claim.get().month());
        take(claim.get(), request, started, workers).ifPresent(inHand::add);
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

  private Optional<MonthInHand> take(Claim claim, long request, Instant started, Workers workers) {
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
            workers);
        return Optional.of(hand);
      }
      outcomes.doneElsewhere(claim.month());
    } catch (CancelledException e) {
      cancellation.request();
      outcomes.all(claim.month(), State.CANCELLED, e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("Cannot prepare [month={}]: {}", claim.month(), e.getMessage(), e);
      outcomes.all(claim.month(), State.FAILED, messageOf(e));
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
          "Prepared [month={}] [pairs={}] [seconds={}]",
          claim.month(),
          month.pairsDue().size(),
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
  private void release(Claim claim, MonthState state) {
    try {
      retries.call(
          "releasing " + claim.month(),
          () -> {
            ledger.release(claim, state);
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
    return error instanceof BqxException || error.getMessage() == null
        ? String.valueOf(error.getMessage())
        : error.getClass().getSimpleName() + ": " + Passwords.masked(error.getMessage());
  }

  /** A claimed month and the tasks that rewrite its partitions. */
  private final class MonthInHand {

    private final Claim claim;
    private final Heartbeat heartbeat;
    private final AtomicBoolean lost = new AtomicBoolean();
    private final List<Future<?>> tasks = new ArrayList<>();

    MonthInHand(Claim claim) {
      this.claim = claim;
      this.heartbeat =
          Heartbeat.start(ledger(settings.dataSource()), claim, reason -> lost.set(true));
    }

    void submit(PreparedMonth month, Workers workers) {
      for (CurrencyPair pair : settings.universe().pairs()) {
        if (!month.hasBars(pair)) {
          outcomes.add(
              PartitionOutcome.withoutWork(
                  pair,
                  claim.month(),
                  State.NO_BARS,
                  String.format(Locale.ROOT, "There are no bars of %s %s", pair, claim.month())));
        } else if (month.due(pair).isEmpty()) {
          outcomes.add(PartitionOutcome.withoutWork(pair, claim.month(), State.UP_TO_DATE, null));
        } else {
          tasks.add(
              workers.submit(
                  () -> {
                    outcomes.add(rewrite(month, pair));
                    return null;
                  }));
        }
      }
    }

    private PartitionOutcome rewrite(PreparedMonth month, CurrencyPair pair) {
      if (cancellation.isRequested() || lost.get()) {
        return PartitionOutcome.withoutWork(
            pair, claim.month(), State.CANCELLED, "The run was cancelled before this partition");
      }
      List<String> stages = List.copyOf(month.due(pair).keySet());
      outcomes.partitionStarted(pair, claim.month(), stages);
      long started = System.nanoTime();
      AtomicInteger retried = new AtomicInteger();
      Activity activity = watchdog.begin(pair, claim.month(), "beginning");
      PartitionTask task = task(month, pair, activity);
      State state = State.DONE;
      String message = null;
      try {
        attempt(task, month, pair, retried, activity);
      } catch (CancelledException | ClaimLostException e) {
        LOG.info("Given up [pair={}] [month={}]: {}", pair, claim.month(), e.getMessage());
        lost.compareAndSet(false, e instanceof ClaimLostException);
        state = State.CANCELLED;
        message = e.getMessage();
      } catch (RuntimeException e) {
        activity.rest();
        state = State.FAILED;
        message = messageOf(e);
        LOG.error("Failed [pair={}] [month={}]: {}", pair, claim.month(), message, e);
        recordFailure(pair, task.unfinished(), message);
      } finally {
        activity.close();
      }
      PartitionOutcome outcome =
          new PartitionOutcome(
              pair,
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

    private PartitionTask task(PreparedMonth month, CurrencyPair pair, Activity activity) {
      DataSource connections = activity.dataSource();
      Consumer<LockWait> onWait =
          wait -> {
            activity.rest();
            outcomes.waitingForLock(Optional.of(pair), claim.month(), wait);
          };
      return new PartitionTask(
          settings.on(connections, onWait),
          month,
          pair,
          claim,
          ledger(connections),
          new PartitionRewriter(connections, settings.schema(), settings.swapPolicy(), onWait),
          new ParentSchema(connections, settings.swapPolicy(), onWait),
          activity);
    }

    private void attempt(
        PartitionTask task,
        PreparedMonth month,
        CurrencyPair pair,
        AtomicInteger retried,
        Activity activity) {
      Optional<String> refusal = month.refusal(pair);
      if (refusal.isPresent()) {
        throw new BqxException(
            String.format(
                Locale.ROOT, "Cannot compute %s %s: %s", pair, claim.month(), refusal.get()));
      }
      retries.call(
          pair + " " + claim.month(),
          () -> database.executeCallable(() -> rewriteTables(task)),
          (what, attempt, wait, error) -> {
            activity.rest();
            retried.incrementAndGet();
            outcomes.retrying(pair, claim.month(), attempt, messageOf(error));
          });
    }

    private Void rewriteTables(PartitionTask task) throws SQLException {
      task.run();
      return null;
    }

    private void recordFailure(CurrencyPair pair, List<String> stages, String message) {
      try {
        retries.call(
            "recording the failure of " + pair + " " + claim.month(),
            () -> {
              ledger.recordFailure(claim, pair, stages, claim.month(), message);
              return null;
            },
            RetryListener.NONE);
      } catch (RuntimeException e) {
        LOG.warn("Cannot record the failure of {} {}: {}", pair, claim.month(), e.getMessage());
      }
    }

    private void log(PartitionOutcome outcome) {
      double seconds = outcome.elapsed().toNanos() / 1e9;
      LOG.info(
          "Partition {} [pair={}] [month={}] [stages={}] [rows={}] [seconds={}] [rowsPerSecond={}]",
          outcome.state(),
          outcome.pair(),
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
      if (lost.get()) {
        heartbeat.close();
        outcomes.forget(claim.month());
        open.add(claim.month());
      } else {
        release();
      }
    }

    void release() {
      heartbeat.close();
      Runner.this.release(claim, outcomes.stateOf(claim.month()));
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
          throw new IllegalStateException(
              "A partition's task threw what it should have reported", e.getCause());
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
