package io.bqx.core.rewrite;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A try to get a lock that was in vain and will be repeated after a pause. {@link #toString} says
 * what is waited for, in the same words for every try as long as the same sessions are in the way.
 *
 * @param action what the lock is wanted for: {@code "swap"}, {@code "read"}
 * @param onWhat the table, or the partition
 * @param tries how many tries were in vain, this one included
 * @param triesInAll after how many it is given up
 * @param holders who has the lock; empty if they had ended when they were looked for
 */
public record LockWait(
    String action, String onWhat, int tries, int triesInAll, List<LockHolder> holders) {

  /** Takes a copy of the holders. */
  public LockWait {
    holders = List.copyOf(holders);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "a lock to %s %s; %s", action, onWhat, describe(holders));
  }

  static String describe(List<LockHolder> holders) {
    if (holders.isEmpty()) {
      return "whoever held it has ended";
    }
    return holders.stream().map(LockHolder::toString).collect(Collectors.joining(" and "))
        + (holders.size() == 1 ? " holds it" : " hold it");
  }
}
