package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.rewrite.LockHolder;
import io.bqx.core.watch.Stall;
import io.bqx.core.watch.StalledSession;
import io.bqx.features.CurrencyPair;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProgressDisplayTest {

  @Test
  void aStallIsOneLineThatSaysWhatIsWaitedForAndWhatIsDone() {
    Instant start = Instant.parse("2024-07-01T10:00:00Z");
    StalledSession session =
        new StalledSession(
            4711,
            Optional.of("COPY reg_bqx"),
            StalledSession.Verdict.BLOCKED,
            Optional.of("active"),
            Optional.of("Lock:relation"),
            Optional.of(start),
            List.of(
                new LockHolder(
                    4712,
                    "nightly report",
                    Optional.of("idle in transaction"),
                    Optional.of(start))));
    Stall stall =
        new Stall(
            Optional.of(CurrencyPair.of("eurusd")),
            Optional.of(YearMonth.of(2024, 7)),
            "writing reg_bqx_eurusd",
            Duration.ofSeconds(60),
            List.of(session),
            Stall.Action.CANCELLED);
    StringWriter shown = new StringWriter();

    ProgressDisplay.lines(new PrintWriter(shown)).stalled(stall);

    assertThat(shown.toString().strip())
        .isEqualTo(
            "stalled: eurusd 2024-07 has made no progress for 60 s while writing reg_bqx_eurusd;"
                + " process 4711 waits for a lock (active, waits on Lock:relation, query started 2024-07-01T10:00:00Z),"
                + " in COPY reg_bqx, which process 4712 (\"nightly report\", idle in transaction,"
                + " query started 2024-07-01T10:00:00Z) holds; ending the session, to try again");
  }
}
