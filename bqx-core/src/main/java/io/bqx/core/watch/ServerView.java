package io.bqx.core.watch;

import io.bqx.core.rewrite.LockHolder;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the server says about its sessions, asked on a connection apart. */
interface ServerView {

  /**
   * One session as the server sees it.
   *
   * @param state {@code pg_stat_activity.state}
   * @param waitType {@code wait_event_type}
   * @param waitEvent {@code wait_event}
   * @param queryStart {@code query_start}
   * @param blockedBy who has the lock that it waits for
   */
  record ServerSession(
      String state,
      Optional<String> waitType,
      Optional<String> waitEvent,
      Optional<Instant> queryStart,
      List<LockHolder> blockedBy) {

    StalledSession.Verdict verdict() {
      if (!blockedBy.isEmpty() || isWaitingOn("Lock") || isWaitingOn("BufferPin")) {
        return StalledSession.Verdict.BLOCKED;
      }
      if (!state.equals("active") || isWaitingOn("Client")) {
        return StalledSession.Verdict.SILENT;
      }
      return waitType.isEmpty() || isWaitingOn("IO") || isWaitingOn("LWLock")
          ? StalledSession.Verdict.WORKING
          : StalledSession.Verdict.WAITING;
    }

    private boolean isWaitingOn(String type) {
      return waitType.filter(type::equals).isPresent();
    }
  }

  /**
   * The sessions of the given processes that the server knows; empty if something between hides the
   * server's process numbers, so that nothing can be said.
   *
   * @throws SQLException if the server does not answer
   */
  Optional<Map<Integer, ServerSession>> sessions(Collection<Integer> pids) throws SQLException;

  /**
   * Ends a session of this user and database that has existed for longer than the given time, so
   * that none is hit which has got the process number since.
   *
   * @return whether there was one
   * @throws SQLException if the server does not answer
   */
  boolean end(int pid, Duration olderThan) throws SQLException;
}
