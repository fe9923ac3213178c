package io.bqx.core.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import io.bqx.core.testing.TestDatabase;
import java.io.IOException;
import java.net.SocketException;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.sql.Statement;
import org.jooq.exception.DataAccessException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransientSqlStateTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "08000", "08001", "08003", "08004", "08006", "08007", "08P01", "57P01", "57P02", "57P03",
        "25006", "25P03"
      })
  void passesByItselfAndTakesTheConnectionWithIt(String state) {
    SQLException error = new SQLException("gone", state);

    assertThat(TransientSqlState.isTransient(error)).isTrue();
    assertThat(TransientSqlState.isConnectionUnusable(error)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"53300", "40001", "40P01", "55P03"})
  void passesByItselfOnTheSameConnection(String state) {
    SQLException error = new SQLException("busy", state);

    assertThat(TransientSqlState.isTransient(error)).isTrue();
    assertThat(TransientSqlState.isConnectionUnusable(error)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0A000", "57014", "57000", "57P04", "57P05", "22P02", "23505", "23514", "25001", "25P02",
        "28P01", "3D000", "40000", "40002", "40003", "42601", "42P01", "42501", "53100", "53200",
        "53400", "54011", "55000", "55006", "58030", "P0001", "XX000", "XX001", "99999"
      })
  void doesNotPassByItself(String state) {
    SQLException error = new SQLException("wrong", state);

    assertThat(TransientSqlState.isTransient(error)).isFalse();
    assertThat(TransientSqlState.isConnectionUnusable(error)).isFalse();
  }

  @Test
  void anErrorWithoutAnSqlStateDoesNotPassByItself() {
    assertThat(TransientSqlState.isTransient(new SQLTransientException("no state"))).isFalse();
    assertThat(TransientSqlState.isTransient(new SQLException("empty state", ""))).isFalse();
    assertThat(TransientSqlState.isTransient(new IOException("broken pipe"))).isFalse();
    assertThat(TransientSqlState.sqlStateOf(new IOException("broken pipe"))).isEmpty();
  }

  @Test
  void aConnectionThatCannotBeClosedInOrderIsALostOne() {
    SQLException error =
        new SQLException(
            "Unable to close connection properly", "", new SocketException("Connection reset"));

    assertThat(TransientSqlState.sqlStateOf(error)).contains("08006");
    assertThat(TransientSqlState.isTransient(error)).isTrue();
    assertThat(TransientSqlState.isConnectionUnusable(error)).isTrue();
  }

  @Test
  void theStateIsFoundBehindOtherCauses() {
    Throwable error =
        new BqxException(
            "Cannot swap",
            new DataAccessException("SQL", new IOException(new SQLException("x", "40P01"))));

    assertThat(TransientSqlState.sqlStateOf(error)).contains("40P01");
    assertThat(TransientSqlState.isTransient(error)).isTrue();
  }

  @Test
  void theStateIsFoundInTheNextException() {
    SQLException batch = new BatchUpdateException("batch", null, new int[0]);
    batch.setNextException(new SQLException("the reason", "40001"));

    assertThat(TransientSqlState.sqlStateOf(new BqxException("Cannot load", batch)))
        .contains("40001");
  }

  @Test
  void theOutermostStateDecides() {
    SQLException violation = new SQLException("check", "23514", new SQLException("lost", "08006"));

    assertThat(TransientSqlState.isTransient(violation)).isFalse();
  }

  @Test
  void aFailedRollbackDoesNotMakeAViolationTransient() {
    SQLException violation = new SQLException("check", "23514");
    violation.addSuppressed(new SQLException("rollback failed", "08006"));

    assertThat(TransientSqlState.isTransient(violation)).isFalse();
  }

  @Test
  void causesThatGoInACircleEnd() {
    SQLException one = new SQLException("one");
    SQLException two = new SQLException("two", (String) null, one);
    one.initCause(two);
    one.setNextException(two);
    two.setNextException(one);

    assertThat(TransientSqlState.sqlStateOf(one)).isEmpty();
  }

  @Test
  void aWriteOnAReadOnlyServerPassesByItself() throws SQLException {
    try (Connection connection = TestDatabase.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      connection.setReadOnly(true);
      connection.setAutoCommit(false);

      assertThatThrownBy(() -> statement.execute("create table never_created (a int)"))
          .matches(TransientSqlState::isTransient)
          .matches(TransientSqlState::isConnectionUnusable);
    }
  }

  @Test
  void aKilledSessionPassesByItself() throws SQLException {
    try (Connection connection = TestDatabase.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      assertThatThrownBy(() -> statement.execute("select pg_terminate_backend(pg_backend_pid())"))
          .matches(TransientSqlState::isTransient)
          .matches(TransientSqlState::isConnectionUnusable);
    }
  }
}
