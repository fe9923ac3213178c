package io.bqx.aws.interruption;

import io.bqx.core.BqxException;
import io.bqx.core.run.Run;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks every five seconds whether EC2 is about to take this Spot machine back, and if so asks the
 * run to end: partitions in hand are finished, no other is begun.
 *
 * <pre>{@code
 * Run run = job.start();
 * try (InterruptionWatcher watcher = InterruptionWatcher.of(InstanceMetadata.ofDefaults()).watch(run)) {
 *   return run.await();
 * }
 * }</pre>
 *
 * <p>EC2 gives two minutes. The run may use 110 seconds of them, and never the last ten before the
 * announced time; whoever has not {@linkplain #close() closed} the watcher by then is told to
 * abandon what is in hand ({@link InterruptionListener#budgetSpent}), for example by ending the
 * process: what was not swapped in is rolled back, and the next run computes it again.
 */
public final class InterruptionWatcher implements AutoCloseable {

  /** How often to look, unless told otherwise. */
  public static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(5);

  /** How long a run may take to end in order, unless told otherwise. */
  public static final Duration DEFAULT_BUDGET = Duration.ofSeconds(110);

  private static final Logger LOG = LoggerFactory.getLogger(InterruptionWatcher.class);
  private static final Duration MARGIN = Duration.ofSeconds(10);

  private final InstanceMetadata metadata;
  private final Consumer<String> cancel;
  private final InterruptionListener listener;
  private final Duration interval;
  private final Duration budget;
  private final Clock clock;
  private final ScheduledExecutorService scheduler;
  private Optional<SpotInterruption> interruption = Optional.empty();
  private Optional<Instant> recommendation = Optional.empty();
  private boolean readable = true;
  private boolean closed;

  private InterruptionWatcher(Builder b, Consumer<String> cancel) {
    this.metadata = b.metadata;
    this.cancel = Objects.requireNonNull(cancel, "cancel");
    this.listener = b.listener;
    this.interval = b.interval;
    this.budget = b.budget;
    this.clock = b.clock;
    this.scheduler = b.scheduler.get();
  }

  /** Begins a watch on what the metadata say. */
  public static Builder of(InstanceMetadata metadata) {
    return new Builder(metadata);
  }

  private void start() {
    after(Duration.ZERO, this::look);
  }

  private void after(Duration delay, Runnable work) {
    scheduler.schedule(work, delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Not under the lock while it waits for the answer, so that it can be closed meanwhile. */
  private void look() {
    Optional<InterruptionNotice> notice = Optional.empty();
    Optional<Instant> recommended = Optional.empty();
    String failure = null;
    try {
      notice = metadata.interruptionNotice();
      recommended = notice.isPresent() ? recommended : metadata.rebalanceRecommendation();
    } catch (BqxException e) {
      failure = e.getMessage();
    }
    judge(notice, recommended, Optional.ofNullable(failure));
  }

  private synchronized void judge(
      Optional<InterruptionNotice> notice,
      Optional<Instant> recommended,
      Optional<String> failure) {
    if (closed) {
      return;
    }
    if (notice.isPresent()) {
      interrupted(notice.get());
      return;
    }
    if (failure.isPresent()) {
      unreadable(failure.get());
    } else {
      readable = true;
    }
    if (recommended.isPresent() && !recommended.equals(recommendation)) {
      recommendation = recommended;
      LOG.info("EC2 recommends to rebalance [since={}]", recommended.get());
      tell(l -> l.rebalanceRecommended(recommended.get()));
    }
    after(interval, this::look);
  }

  private void unreadable(String reason) {
    if (readable) {
      readable = false;
      LOG.warn("Interruptions are not seen at present: {}", reason);
      tell(l -> l.unreadable(reason));
    }
  }

  private void interrupted(InterruptionNotice notice) {
    Instant noticed = clock.instant();
    Instant last = notice.time().minus(MARGIN);
    Instant end = noticed.plus(budget);
    Instant deadline = end.isBefore(last) ? end : last.isBefore(noticed) ? noticed : last;
    SpotInterruption found = new SpotInterruption(notice, noticed, deadline);
    interruption = Optional.of(found);
    LOG.warn("{} [deadline={}]", found.reason(), deadline);
    cancel.accept(found.reason());
    tell(l -> l.interrupted(found));
    after(Duration.between(noticed, deadline), () -> budgetSpent(found));
  }

  private synchronized void budgetSpent(SpotInterruption found) {
    if (!closed) {
      LOG.warn("The run has not ended in time [deadline={}]", found.deadline());
      tell(l -> l.budgetSpent(found));
    }
  }

  private void tell(Consumer<InterruptionListener> event) {
    try {
      event.accept(listener);
    } catch (RuntimeException e) {
      LOG.warn("The interruption listener failed", e);
    }
  }

  /** The interruption, if one has been noticed. */
  public synchronized Optional<SpotInterruption> interruption() {
    return interruption;
  }

  /** Looks no more, and tells the listener nothing more. */
  @Override
  public synchronized void close() {
    closed = true;
    scheduler.shutdownNow();
  }

  /** Collects the settings of a watch. */
  public static final class Builder {

    private final InstanceMetadata metadata;
    private InterruptionListener listener = new InterruptionListener() {};
    private Duration interval = DEFAULT_INTERVAL;
    private Duration budget = DEFAULT_BUDGET;
    private Clock clock = Clock.systemUTC();
    private Supplier<ScheduledExecutorService> scheduler =
        () ->
            Executors.newSingleThreadScheduledExecutor(
                task -> {
                  Thread thread = new Thread(task, "bqx-interruption-watch");
                  thread.setDaemon(true);
                  return thread;
                });

    private Builder(InstanceMetadata metadata) {
      this.metadata = Objects.requireNonNull(metadata, "metadata");
    }

    /** Who hears what is found; nobody if it is not set. */
    public Builder listener(InterruptionListener listener) {
      this.listener = Objects.requireNonNull(listener, "listener");
      return this;
    }

    /**
     * How often to look; five seconds if it is not set.
     *
     * @throws IllegalArgumentException if it is not positive
     */
    public Builder interval(Duration interval) {
      this.interval = positive("interval", interval);
      return this;
    }

    /**
     * How long the run may take to end in order; 110 seconds if it is not set.
     *
     * @throws IllegalArgumentException if it is not positive
     */
    public Builder budget(Duration budget) {
      this.budget = positive("budget", budget);
      return this;
    }

    private static Duration positive(String setting, Duration value) {
      if (value.isNegative() || value.isZero()) {
        throw new IllegalArgumentException(
            String.format(Locale.ROOT, "%s is %s; it must be positive", setting, value));
      }
      return value;
    }

    /** Another clock and the scheduler that goes by it, which the watcher shuts down. */
    Builder time(Clock clock, ScheduledExecutorService scheduler) {
      this.clock = clock;
      this.scheduler = () -> scheduler;
      return this;
    }

    /**
     * Begins to watch, at once, for the sake of a run; close the watcher when the run has ended.
     */
    public InterruptionWatcher watch(Run run) {
      return watch(run::cancel);
    }

    /**
     * Begins to watch, at once, for the sake of other work.
     *
     * @param cancel asks the work to end; is given the reason, and must return quickly
     */
    public InterruptionWatcher watch(Consumer<String> cancel) {
      InterruptionWatcher watcher = new InterruptionWatcher(this, cancel);
      watcher.start();
      return watcher;
    }
  }
}
