package io.bqx.core.watch;

import io.bqx.features.CurrencyPair;
import java.time.Duration;
import java.time.YearMonth;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A diagnosis of work that has made no progress for a while. {@link #toString} says it in one
 * sentence.
 *
 * @param pair the pair whose partition is in hand; empty if it is none in particular
 * @param month the month in hand; empty if it is none in particular
 * @param phase what the work was last known to be at: {@code "writing reg_bqx"}
 * @param age how long it has made no progress
 * @param sessions its sessions of the server, those first that it waits for
 * @param action what is done about it
 */
public record Stall(
    Optional<CurrencyPair> pair,
    Optional<YearMonth> month,
    String phase,
    Duration age,
    List<StalledSession> sessions,
    Action action) {

  /** What is done about a stall. */
  public enum Action {
    /** It is only reported. */
    REPORTED("still waiting"),
    /** The server is seen at work on it, so nothing is ended. */
    LEFT_ALONE("still waiting, as the server is at work"),
    /** The sessions that it waits for are ended, and what failed with them is tried again. */
    CANCELLED("ending the session, to try again");

    private final String words;

    Action(String words) {
      this.words = words;
    }
  }

  /** Takes a copy of the sessions. */
  public Stall {
    sessions = List.copyOf(sessions);
  }

  /** What is in hand: {@code "eurusd 2024-07"}, {@code "2024-07"} or {@code "the run"}. */
  public String work() {
    return month.isEmpty() ? "the run" : pair.map(p -> p + " ").orElse("") + month.get();
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s has made no progress for %s while %s%s; %s",
        work(),
        age.toMillis() < 10_000 ? age.toMillis() + " ms" : age.toSeconds() + " s",
        phase,
        sessions.isEmpty()
            ? ", without a session of the server"
            : sessions.stream().map(s -> "; " + s).collect(Collectors.joining()),
        action.words);
  }
}
