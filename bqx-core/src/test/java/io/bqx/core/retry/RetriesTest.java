package io.bqx.core.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import io.bqx.core.CancelledException;
import io.bqx.core.testing.TestDatabase;
import io.github.resilience4j.core.functions.Either;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jooq.exception.DataAccessException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetriesTest {

  private static final SQLException DEADLOCK = new SQLException("deadlock detected", "40P01");

  private final Retries quick = Retries.of(4, Duration.ofMillis(1), Duration.ofMillis(2));
  private final AtomicInteger attempts = new AtomicInteger();

  @Test
  void repeatsUntilTheErrorHasPassed() {
    List<String> heard = new ArrayList<>();

    String result =
        quick.call(
            "reg_eurusd 2024-07",
            () -> {
              if (attempts.incrementAndGet() < 3) {
                throw DEADLOCK;
              }
              return "done";
            },
            (what, attempt, wait, error) ->
                heard.add(
                    String.format(Locale.ROOT, "%s %d %s", what, attempt, error.getMessage())));

    assertThat(result).isEqualTo("done");
    assertThat(heard)
        .containsExactly(
            "reg_eurusd 2024-07 1 deadlock detected", "reg_eurusd 2024-07 2 deadlock detected");
  }

  @Test
  void triesAViolatedCheckExactlyOnce() {
    assertThatThrownBy(
            () ->
                quick.call(
                    "insert",
                    () -> {
                      attempts.incrementAndGet();
                      TestDatabase.execute(
                          "create temporary table t (a int check (a > 0)); insert into t values (-1)");
                      return null;
                    },
                    RetryListener.NONE))
        .rootCause()
        .isInstanceOf(SQLException.class)
        .matches(e -> ((SQLException) e).getSQLState().equals("23514"));
    assertThat(attempts).hasValue(1);
  }

  @Test
  void triesUnknownErrorsExactlyOnceAndLetsUncheckedOnesThroughAsTheyAre() {
    RuntimeException error = new IllegalStateException("bug");

    assertThatThrownBy(() -> quick.call("x", failing(error), RetryListener.NONE)).isSameAs(error);
    assertThat(attempts).hasValue(1);
  }

  @Test
  void namesTheWorkWhenACheckedErrorEndsIt() {
    SQLException error = new SQLException("no such table", "42P01");

    assertThatThrownBy(() -> quick.call("reg_eurusd 2024-07", failing(error), RetryListener.NONE))
        .isInstanceOf(BqxException.class)
        .hasMessage("reg_eurusd 2024-07 failed: no such table")
        .hasCause(error);
    assertThat(attempts).hasValue(1);
  }

  @Test
  void givesUpAfterTheLastAttempt() {
    assertThatThrownBy(
            () -> quick.call("reg_eurusd 2024-07", failing(DEADLOCK), RetryListener.NONE))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("reg_eurusd 2024-07 failed 4 times")
        .hasMessageContaining("40P01")
        .hasMessageContaining("deadlock detected")
        .hasCause(DEADLOCK);
    assertThat(attempts).hasValue(4);
  }

  @Test
  void whatAnInnerCallGaveUpOnIsNotTriedAgainByTheOuterOne() {
    assertThatThrownBy(
            () ->
                quick.call(
                    "the month",
                    () -> quick.call("reg_eurusd 2024-07", failing(DEADLOCK), RetryListener.NONE),
                    RetryListener.NONE))
        .isInstanceOf(RetriesExhaustedException.class)
        .hasMessageContaining("reg_eurusd 2024-07 failed 4 times");
    assertThat(attempts).hasValue(4);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anInterruptDuringTheWaitEndsItAtOnceAsCancelled(boolean checked) throws Exception {
    Exception error = checked ? DEADLOCK : new DataAccessException("SQL", DEADLOCK);
    Retries slow = Retries.of(6, Duration.ofHours(1), Duration.ofHours(1));
    CountDownLatch waiting = new CountDownLatch(1);
    CompletableFuture<Throwable> thrown = new CompletableFuture<>();
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    Thread worker =
        new Thread(
            () -> {
              try {
                slow.call(
                    "reg_eurusd 2024-07", failing(error), (w, a, wait, e) -> waiting.countDown());
              } catch (Throwable t) {
                interrupted.complete(Thread.currentThread().isInterrupted());
                thrown.complete(t);
              }
            });
    worker.start();

    assertThat(waiting.await(10, TimeUnit.SECONDS)).isTrue();
    worker.interrupt();

    assertThat(thrown.get(10, TimeUnit.SECONDS))
        .isInstanceOf(CancelledException.class)
        .hasMessageContaining("reg_eurusd 2024-07 was cancelled")
        .hasMessageContaining("attempt 1")
        .hasCause(error);
    assertThat(interrupted.get()).isTrue();
    assertThat(attempts).hasValue(1);
  }

  @Test
  void anInterruptInsideTheWorkIsACancellation() {
    assertThatThrownBy(
            () -> quick.call("x", failing(new InterruptedException()), RetryListener.NONE))
        .isInstanceOf(CancelledException.class);

    assertThat(Thread.interrupted()).isTrue();
    assertThat(attempts).hasValue(1);
  }

  @Test
  void aCancellationInsideTheWorkIsNotRepeated() {
    CancelledException cancelled = new CancelledException("stop", DEADLOCK);

    assertThatThrownBy(() -> quick.call("x", failing(cancelled), RetryListener.NONE))
        .isSameAs(cancelled);
    assertThat(attempts).hasValue(1);
  }

  @Test
  void aListenerThatFailsDoesNotEndTheWork() {
    Integer result =
        quick.call(
            "x",
            () -> {
              if (attempts.incrementAndGet() == 1) {
                throw DEADLOCK;
              }
              return attempts.get();
            },
            (what, attempt, wait, error) -> {
              throw new IllegalStateException("listener");
            });

    assertThat(result).isEqualTo(2);
  }

  @Test
  void theDefaultsWaitLongerThanAFailover() {
    var config = Retries.ofDefaults().config();
    long shortest = Long.MAX_VALUE;
    for (int sample = 0; sample < 1000; sample++) {
      long total = 0;
      for (int attempt = 1; attempt < config.getMaxAttempts(); attempt++) {
        total += config.getIntervalBiFunction().apply(attempt, Either.left(DEADLOCK));
      }
      shortest = Math.min(shortest, total);
    }

    assertThat(Duration.ofMillis(shortest)).isGreaterThan(Duration.ofSeconds(60));
    assertThat(config.getMaxAttempts()).isEqualTo(6);
  }

  @Test
  void impossibleSettingsAreRefused() {
    Duration second = Duration.ofSeconds(1);

    assertThatThrownBy(() -> Retries.of(0, second, second)).hasMessageContaining("attempts is 0");
    assertThatThrownBy(() -> Retries.of(1, Duration.ZERO, second))
        .hasMessageContaining("firstWait is PT0S");
    assertThatThrownBy(() -> Retries.of(1, second, Duration.ofMillis(999)))
        .hasMessageContaining("longestWait is PT0.999S");
  }

  private Callable<Void> failing(Exception error) {
    return () -> {
      attempts.incrementAndGet();
      throw error;
    };
  }
}
