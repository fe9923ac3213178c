package io.bqx.core.ledger;

import io.bqx.core.catalog.Scope;
import java.time.Instant;
import java.time.YearMonth;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * How one stage stands on the partition of one scope and month, and what its columns hold.
 *
 * <p>An entry that is {@link State#FAILED} still describes the columns that are there: CRCs, rows,
 * statistics, parameters and {@link #computedAt()} are those of the last time the stage was done,
 * and the times of the attempt, the worker, the run and the error those of the failed attempt. If
 * the stage was never done, {@link #computedAt()} is empty, the numbers are 0 and the arrays are
 * empty.
 */
public final class LedgerEntry {

  /** How the last attempt ended. */
  public enum State {
    /** The columns are in the table. */
    DONE,
    /** The attempt failed and changed nothing. */
    FAILED
  }

  private final String stage;
  private final int stageVersion;
  private final Scope scope;
  private final YearMonth month;
  private final State state;
  private final String parameters;
  private final long inputCrc;
  private final long contentCrc;
  private final long rows;
  private final long[] nulls;
  private final double[] minima;
  private final double[] maxima;
  private final double[] means;
  private final int attempts;
  private final Instant started;
  private final Instant finished;
  private final Instant computedAt;
  private final String worker;
  private final RunId run;
  private final String error;

  private LedgerEntry(Builder b) {
    this.stage = b.stage;
    this.stageVersion = b.stageVersion;
    this.scope = b.scope;
    this.month = b.month;
    this.state = b.state;
    this.parameters = b.parameters;
    this.inputCrc = b.inputCrc;
    this.contentCrc = b.contentCrc;
    this.rows = b.rows;
    this.nulls = b.nulls;
    this.minima = b.minima;
    this.maxima = b.maxima;
    this.means = b.means;
    this.attempts = b.attempts;
    this.started = b.started;
    this.finished = b.finished;
    this.computedAt = b.computedAt;
    this.worker = b.worker;
    this.run = b.run;
    this.error = b.error;
  }

  /** Begins an entry for a stage on the partition of a pair, or of the market, and a month. */
  public static Builder of(String stage, Scope scope, YearMonth month) {
    return new Builder(stage, scope, month);
  }

  /** The id of the stage: {@code "2.14"}. */
  public String stage() {
    return stage;
  }

  /** The version of the stage's code. */
  public int stageVersion() {
    return stageVersion;
  }

  /** Whose table the stage wrote: a pair's or the market's. */
  public Scope scope() {
    return scope;
  }

  /** The month of the partition. */
  public YearMonth month() {
    return month;
  }

  /** The stage and the scope. */
  public StageKey key() {
    return new StageKey(stage, scope);
  }

  /** How the last attempt ended. */
  public State state() {
    return state;
  }

  /** Whether the last attempt put the columns into the table. */
  public boolean isDone() {
    return state == State.DONE;
  }

  /** The parameters the columns were computed with, in their canonical text. */
  public String parameters() {
    return parameters;
  }

  /** CRC32C of everything the columns were computed from, 0 to 2^32 - 1. */
  public long inputCrc() {
    return inputCrc;
  }

  /** CRC32C of the columns' content, 0 to 2^32 - 1. */
  public long contentCrc() {
    return contentCrc;
  }

  /** The number of rows of the partition. */
  public long rows() {
    return rows;
  }

  /** The number of missing values per column of the stage, in the stage's column order. */
  public long[] nulls() {
    return nulls.clone();
  }

  /** The least value per column of the stage; NaN for a column without values. */
  public double[] minima() {
    return minima.clone();
  }

  /** The greatest value per column of the stage; NaN for a column without values. */
  public double[] maxima() {
    return maxima.clone();
  }

  /**
   * The arithmetic mean of the present values per column of the stage; NaN for a column without
   * values.
   */
  public double[] means() {
    return means.clone();
  }

  /**
   * The number of attempts since the stage was last done: 1 if there was no failure in between.
   * Attempts that a run repeated after a passing fault count, if one of them succeeded.
   */
  public int attempts() {
    return attempts;
  }

  /**
   * When the last attempt started, by the database's clock; if it failed, when the failure was
   * recorded.
   */
  public Optional<Instant> started() {
    return Optional.ofNullable(started);
  }

  /** When the last attempt ended, by the database's clock. */
  public Optional<Instant> finished() {
    return Optional.ofNullable(finished);
  }

  /**
   * When the columns that are in the table were put there, by the database's clock; empty if the
   * stage was never done.
   */
  public Optional<Instant> computedAt() {
    return Optional.ofNullable(computedAt);
  }

  /** Who made the last attempt. */
  public Optional<String> worker() {
    return Optional.ofNullable(worker);
  }

  /** The run that made the last attempt. */
  public Optional<RunId> run() {
    return Optional.ofNullable(run);
  }

  /** Why the last attempt failed; empty if it did not. */
  public Optional<String> error() {
    return Optional.ofNullable(error);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LedgerEntry e
        && stage.equals(e.stage)
        && stageVersion == e.stageVersion
        && scope.equals(e.scope)
        && month.equals(e.month)
        && state == e.state
        && parameters.equals(e.parameters)
        && inputCrc == e.inputCrc
        && contentCrc == e.contentCrc
        && rows == e.rows
        && Arrays.equals(nulls, e.nulls)
        && Arrays.equals(minima, e.minima)
        && Arrays.equals(maxima, e.maxima)
        && Arrays.equals(means, e.means)
        && attempts == e.attempts
        && Objects.equals(started, e.started)
        && Objects.equals(finished, e.finished)
        && Objects.equals(computedAt, e.computedAt)
        && Objects.equals(worker, e.worker)
        && Objects.equals(run, e.run)
        && Objects.equals(error, e.error);
  }

  @Override
  public int hashCode() {
    return Objects.hash(stage, scope, month, state, contentCrc);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s %s %s %s", stage, scope, month, state);
  }

  /**
   * Collects the facts of one entry.
   *
   * <p>{@link Ledger#recordDone} stores stage, version, scope, month, parameters, CRCs, rows,
   * statistics and start, and counts the attempts; it sets state, end, worker and run itself,
   * whatever they are here.
   */
  public static final class Builder {

    private final String stage;
    private final Scope scope;
    private final YearMonth month;
    private int stageVersion;
    private State state = State.DONE;
    private String parameters = "";
    private long inputCrc;
    private long contentCrc;
    private long rows;
    private long[] nulls = {};
    private double[] minima = {};
    private double[] maxima = {};
    private double[] means = {};
    private int attempts = 1;
    private Instant started;
    private Instant finished;
    private Instant computedAt;
    private String worker;
    private RunId run;
    private String error;

    private Builder(String stage, Scope scope, YearMonth month) {
      this.stage = Objects.requireNonNull(stage, "stage");
      this.scope = Objects.requireNonNull(scope, "scope");
      this.month = Objects.requireNonNull(month, "month");
    }

    /** The version of the stage's code; 0 if not called. */
    public Builder stageVersion(int version) {
      this.stageVersion = version;
      return this;
    }

    /** How the last attempt ended; done if not called. */
    public Builder state(State last) {
      this.state = Objects.requireNonNull(last, "state");
      return this;
    }

    /** The parameters in their canonical text; empty if not called. */
    public Builder parameters(String canonicalText) {
      this.parameters = Objects.requireNonNull(canonicalText, "parameters");
      return this;
    }

    /** CRC32C of everything the columns are computed from. */
    public Builder inputCrc(long crc) {
      this.inputCrc = crc;
      return this;
    }

    /** CRC32C of the columns' content. */
    public Builder contentCrc(long crc) {
      this.contentCrc = crc;
      return this;
    }

    /** The number of rows of the partition. */
    public Builder rows(long count) {
      this.rows = count;
      return this;
    }

    /** The number of missing values per column. */
    public Builder nulls(long... perColumn) {
      this.nulls = perColumn.clone();
      return this;
    }

    /** The least value per column, NaN where there is none. */
    public Builder minima(double... perColumn) {
      this.minima = perColumn.clone();
      return this;
    }

    /** The greatest value per column, NaN where there is none. */
    public Builder maxima(double... perColumn) {
      this.maxima = perColumn.clone();
      return this;
    }

    /** The mean per column, NaN where there is no value. */
    public Builder means(double... perColumn) {
      this.means = perColumn.clone();
      return this;
    }

    /** The number of attempts; 1 if not called. */
    public Builder attempts(int count) {
      this.attempts = count;
      return this;
    }

    /**
     * When the attempt started, from {@link Ledger#databaseTime()}; the swap's own time if not
     * called.
     */
    public Builder started(Instant databaseTime) {
      this.started = databaseTime;
      return this;
    }

    /** When the attempt ended. */
    public Builder finished(Instant databaseTime) {
      this.finished = databaseTime;
      return this;
    }

    /** When the columns were put into the table. */
    public Builder computedAt(Instant databaseTime) {
      this.computedAt = databaseTime;
      return this;
    }

    /** Who made the attempt. */
    public Builder worker(String name) {
      this.worker = name;
      return this;
    }

    /** The run that made the attempt. */
    public Builder run(RunId id) {
      this.run = id;
      return this;
    }

    /** Why the attempt failed. */
    public Builder error(String text) {
      this.error = text;
      return this;
    }

    /**
     * The entry.
     *
     * @throws IllegalArgumentException if the four statistics do not have the same number of
     *     columns
     */
    public LedgerEntry build() {
      if (minima.length != nulls.length
          || maxima.length != nulls.length
          || means.length != nulls.length) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "The statistics of %s %s %s are of %d (nulls), %d (minima), %d (maxima) and %d (means) columns; all four must be of the stage's columns",
                stage,
                scope,
                month,
                nulls.length,
                minima.length,
                maxima.length,
                means.length));
      }
      return new LedgerEntry(this);
    }
  }
}
