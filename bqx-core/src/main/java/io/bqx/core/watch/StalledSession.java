package io.bqx.core.watch;

import io.bqx.core.rewrite.LockHolder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What both sides say about one session of work that has stalled.
 *
 * @param pid the server's process; 0 if the connection does not tell it
 * @param call the statement or step whose answer is waited for, shortened; empty if the session is
 *     idle as far as the work knows
 * @param verdict what the two sides make of each other
 * @param state the server's {@code pg_stat_activity.state}; empty if it does not know the session
 * @param waitEvent the server's {@code wait_event_type:wait_event}; empty if it waits for nothing
 * @param queryStart when the server began what it does or did last
 * @param blockedBy who has the lock that the session waits for
 */
public record StalledSession(
    int pid,
    Optional<String> call,
    Verdict verdict,
    Optional<String> state,
    Optional<String> waitEvent,
    Optional<Instant> queryStart,
    List<LockHolder> blockedBy) {

  /** What the server does while the work waits for it. */
  public enum Verdict {
    /** The work does not wait for this session. */
    IDLE("is not waited for"),
    /** The connection is still being opened. */
    CONNECTING("is not yet connected"),
    /** It computes, reads or writes: slow, but alive. */
    WORKING("is at work"),
    /** It waits for a lock. */
    BLOCKED("waits for a lock"),
    /** It waits for something else: another process, a replica, a pause. */
    WAITING("waits"),
    /** It waits for this program, which waits for it: what one of them sent was lost. */
    SILENT("waits for this program, so the network has lost what was sent"),
    /** The server has no such session any more. */
    GONE("no longer exists, so the connection is dead"),
    /**
     * The server's view cannot be had: it does not answer, or a connection pooler hides its
     * processes.
     */
    UNKNOWN("cannot be looked at, as the server does not answer or a pooler hides it");

    private final String words;

    Verdict(String words) {
      this.words = words;
    }
  }

  /** Takes a copy of the blockers. */
  public StalledSession {
    blockedBy = List.copyOf(blockedBy);
  }

  /** Whether the work waits for this session, and it cannot be seen to be at work. */
  boolean isStuck() {
    return verdict != Verdict.IDLE && verdict != Verdict.WORKING;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(pid == 0 ? "a session " : String.format(Locale.ROOT, "process %d ", pid));
    text.append(verdict.words);
    state.ifPresent(s -> text.append(" (").append(s).append(waits()).append(since()).append(')'));
    call.ifPresent(c -> text.append(", in ").append(c));
    if (!blockedBy.isEmpty()) {
      text.append(", which ")
          .append(blockedBy.stream().map(LockHolder::toString).collect(Collectors.joining(" and ")))
          .append(blockedBy.size() == 1 ? " holds" : " hold");
    }
    return text.toString();
  }

  private String waits() {
    return waitEvent.map(e -> ", waits on " + e).orElse("");
  }

  private String since() {
    return queryStart.map(t -> ", query started " + t.truncatedTo(ChronoUnit.SECONDS)).orElse("");
  }
}
