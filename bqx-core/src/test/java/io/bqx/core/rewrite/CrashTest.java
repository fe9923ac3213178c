package io.bqx.core.rewrite;

import static io.bqx.core.rewrite.RewriteFixture.COLUMNS;
import static io.bqx.core.rewrite.RewriteFixture.IMPATIENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import io.bqx.core.testing.TestDatabase;
import io.bqx.features.FeatureColumn;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jooq.DSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is left when a backend is killed, and how it is cleared away. */
class CrashTest {

  private final RewriteFixture fixture = new RewriteFixture();

  @BeforeEach
  void writeOnce() {
    fixture.write(10, 1);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private void kill(int pid) {
    fixture.sql.execute("select pg_terminate_backend(" + pid + ", 60000)");
  }

  private static int pidOf(DSLContext tx) {
    return tx.fetchSingle("select pg_backend_pid()").get(0, Integer.class);
  }

  @Test
  void aBackendKilledDuringTheCopyLeavesTheOldPartitionAndNothingElse() {
    UUID token = UUID.randomUUID();
    PartitionRows killing =
        new PartitionRows() {
          @Override
          public List<FeatureColumn> columns() {
            return COLUMNS;
          }

          @Override
          public long writeTo(RowSink sink) throws SQLException {
            TestRows rows = TestRows.of(COLUMNS, fixture.july.from(), 1000, 2);
            long written = rows.writeTo(sink);
            kill(
                fixture
                    .sql
                    .fetchSingle(
                        "select pid from pg_stat_activity where query like 'COPY%%\"%s\"%%FREEZE%%'"
                            .formatted(StagingName.of(token, fixture.july.name()).table()))
                    .get(0, Integer.class));
            return written;
          }
        };
    assertThatThrownBy(() -> fixture.rewriter.stage(fixture.july, token, killing))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("reg_bqx_eurusd 2024-07")
        .satisfies(e -> assertThat(SqlState.of(e)).isIn("57P01", "08006"));
    assertThat(fixture.marks()).containsExactly(1.0);
    assertThat(fixture.tables()).containsExactly("reg_bqx_eurusd", "reg_bqx_eurusd_2024_07");
    assertThat(fixture.rewriter.removeLeftovers(Set::of)).isEmpty();
  }

  @Test
  void aBackendKilledInTheSwapLeavesTheOldPartitionAndALeftoverThatIsRecognised() {
    UUID token = UUID.randomUUID();
    StagedPartition staged = fixture.stage(token, 20, 2);
    assertThatThrownBy(() -> fixture.rewriter.swap(staged, tx -> kill(pidOf(tx))))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("reg_bqx_eurusd 2024-07")
        .satisfies(e -> assertThat(SqlState.of(e)).isIn("57P01", "08006", "08003"));
    assertThat(fixture.marks()).containsExactly(1.0);
    assertThat(fixture.tables())
        .containsExactly(staged.stagingName(), "reg_bqx_eurusd", "reg_bqx_eurusd_2024_07");

    assertThat(fixture.rewriter.removeLeftovers(() -> Set.of(token))).isEmpty();
    assertThat(fixture.tables()).contains(staged.stagingName());

    assertThat(fixture.rewriter.removeLeftovers(() -> Set.of(UUID.randomUUID())))
        .containsExactly(staged.stagingName());
    assertThat(fixture.tables()).containsExactly("reg_bqx_eurusd", "reg_bqx_eurusd_2024_07");
    assertThat(fixture.marks()).containsExactly(1.0);
  }

  @Test
  void theSwapCanBeRepeatedAfterItsBackendWasKilled() {
    StagedPartition staged = fixture.stage(20, 2);
    assertThatThrownBy(() -> fixture.rewriter.swap(staged, tx -> kill(pidOf(tx))))
        .isInstanceOf(BqxException.class);
    fixture.rewriter.swap(staged, tx -> {});
    assertThat(fixture.marks()).containsExactly(2.0);
  }

  @Test
  void onlyPlainTablesWithTheWholePrefixAreLeftovers() {
    fixture.execute("create table %s.bqx_staging_notes (x int)", fixture.schema());
    fixture.execute("create table %s.bqx_staging_0123456789ag_x (x int)", fixture.schema());
    fixture.execute("create table %s.my_bqx_staging_0123456789ab_x (x int)", fixture.schema());
    fixture.execute("create table %s.bqxXstaging_0123456789ab_x (x int)", fixture.schema());
    fixture.execute("create view %s.bqx_staging_0123456789ab_v as select 1", fixture.schema());
    fixture.execute(
        "create table %s.bqx_staging_0123456789ab_p partition of %s for values from ('2024-08-01') to ('2024-09-01')",
        fixture.schema(), fixture.table.table());
    assertThat(fixture.rewriter.removeLeftovers(Set::of)).isEmpty();
    fixture.execute("create table %s.bqx_staging_0123456789ab_x (x int)", fixture.schema());
    assertThat(fixture.rewriter.removeLeftovers(Set::of))
        .containsExactly("bqx_staging_0123456789ab_x");
  }

  @Test
  void aLeftoverOfAnotherSchemaStays() {
    try (RewriteFixture other = new RewriteFixture()) {
      other.parents.ensure(other.table, COLUMNS);
      StagedPartition staged = other.stage(10, 1);
      assertThat(fixture.rewriter.removeLeftovers(Set::of)).isEmpty();
      assertThat(other.tables()).contains(staged.stagingName());
    }
  }

  @Test
  void aLeftoverInUseStaysUntilTheNextTime() throws SQLException {
    StagedPartition staged = fixture.stage(10, 2);
    try (Connection zombie = TestDatabase.dataSource().getConnection();
        Statement statement = zombie.createStatement()) {
      zombie.setAutoCommit(false);
      statement.execute("select count(*) from " + staged.table());
      assertThat(fixture.rewriter(IMPATIENT).removeLeftovers(Set::of)).isEmpty();
    }
    assertThat(fixture.rewriter(IMPATIENT).removeLeftovers(Set::of))
        .containsExactly(staged.stagingName());
  }

  @Test
  void aClaimMadeWhileLeftoversAreSoughtKeepsItsTable() {
    StagedPartition dead = fixture.stage(10, 2);
    StagedPartition[] fresh = new StagedPartition[1];
    List<String> removed =
        fixture.rewriter.removeLeftovers(
            () -> {
              fresh[0] = fixture.stage(10, 3);
              return Set.of();
            });
    assertThat(removed).containsExactly(dead.stagingName());
    assertThat(fixture.tables()).contains(fresh[0].stagingName());
  }
}
