package io.bqx.core.rewrite;

import java.sql.SQLException;
import java.util.Set;

/** The SQLSTATE codes that a rewrite decides by. */
final class SqlState {

  static final String LOCK_NOT_AVAILABLE = "55P03";
  static final String DEADLOCK_DETECTED = "40P01";
  static final String DISK_FULL = "53100";
  private static final Set<String> LOST_LOCK = Set.of(LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED);

  private SqlState() {}

  /**
   * The code of the first database error among a failure and its causes; empty if there is none.
   */
  static String of(Throwable failure) {
    int depth = 0;
    for (Throwable cause = failure; cause != null && depth < 32; cause = cause.getCause()) {
      if (cause instanceof SQLException e && e.getSQLState() != null) {
        return e.getSQLState();
      }
      depth++;
    }
    return "";
  }

  /** Whether a lock was not to be had in time, or only by a deadlock: another try may get it. */
  static boolean isLostLock(Throwable failure) {
    return LOST_LOCK.contains(of(failure));
  }

  /**
   * What the server said: the message of the first database error, or that of the failure itself.
   */
  static String messageOf(Throwable failure) {
    int depth = 0;
    for (Throwable cause = failure; cause != null && depth < 32; cause = cause.getCause()) {
      if (cause instanceof SQLException) {
        return cause.getMessage();
      }
      depth++;
    }
    return failure.getMessage();
  }
}
