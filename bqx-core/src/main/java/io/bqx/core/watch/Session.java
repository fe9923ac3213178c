package io.bqx.core.watch;

import io.bqx.core.copy.CopyProgress;
import java.sql.Connection;
import java.util.concurrent.atomic.AtomicLong;

/** One connection of an activity: in which call it is, and how far it has come. */
final class Session implements CopyProgress {

  private static final int LONGEST_CALL = 120;

  private final Connection connection;
  private final int pid;
  private final AtomicLong progress = new AtomicLong();
  private volatile String call;

  /** Those of the watchdog's thread. */
  private long seen = -1;

  private long since;

  Session(Connection connection, int pid) {
    this.connection = connection;
    this.pid = pid;
  }

  @Override
  public void callBegins(String sql) {
    call = sql;
    progress.lazySet(progress.get() + 1);
  }

  @Override
  public void callEnds() {
    progress.lazySet(progress.get() + 1);
    call = null;
  }

  /** Null while it is being opened. */
  Connection connection() {
    return connection;
  }

  int pid() {
    return pid;
  }

  boolean isInCall() {
    return call != null;
  }

  /** The statement in hand, shortened; null if none is. */
  String call() {
    String sql = call;
    return sql == null || sql.length() <= LONGEST_CALL
        ? sql
        : sql.substring(0, LONGEST_CALL) + "..";
  }

  /** Changes whenever a call begins or ends. */
  long progress() {
    return progress.get();
  }

  /** When the progress that there is now was first seen; called by one thread only. */
  long since(long now) {
    long current = progress.get();
    if (current != seen) {
      seen = current;
      since = now;
    }
    return since;
  }
}
