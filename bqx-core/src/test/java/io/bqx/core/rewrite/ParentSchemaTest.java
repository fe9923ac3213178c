package io.bqx.core.rewrite;

import static io.bqx.core.rewrite.RewriteFixture.COLUMNS;
import static io.bqx.core.rewrite.RewriteFixture.IMPATIENT;
import static io.bqx.core.rewrite.TestRows.FLAG;
import static io.bqx.core.rewrite.TestRows.OTHER;
import static io.bqx.core.rewrite.TestRows.SMALL;
import static io.bqx.core.rewrite.TestRows.TIME;
import static io.bqx.core.rewrite.TestRows.VALUE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.TableColumn;
import io.bqx.core.testing.TestDatabase;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureSchema;
import io.bqx.features.Universe;
import io.bqx.features.Windows;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ParentSchemaTest {

  private final RewriteFixture fixture = new RewriteFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private List<TableColumn> columns() {
    return fixture.catalog.columnsOf(fixture.table).orElseThrow();
  }

  @Test
  void createsTheSchemaAndTheTableWithTheColumnsInOrder() {
    assertThat(fixture.parents.ensure(fixture.table, COLUMNS)).isEqualTo(COLUMNS);
    assertThat(columns())
        .containsExactly(
            new TableColumn("ts_utc", "timestamp without time zone", true, 1),
            new TableColumn("value", "double precision", false, 2),
            new TableColumn("flag", "boolean", false, 3),
            new TableColumn("small", "smallint", false, 4));
    assertThat(fixture.catalog.problems(fixture.table)).isEmpty();
  }

  @Test
  void doesNothingToATableThatIsAsItShouldBe() {
    fixture.parents.ensure(fixture.table, COLUMNS);
    long oid = fixture.catalog.oidOf(fixture.table).orElseThrow();
    fixture.parents.ensure(fixture.table, COLUMNS);
    assertThat(fixture.catalog.oidOf(fixture.table)).contains(oid);
  }

  @Test
  void extendsATableOf79ColumnsTo463() {
    FeatureSchema regBqx = FeatureSchema.regBqx(Windows.ofDefaults());
    FeatureSchema tier1 = FeatureSchema.tier1(Universe.g8(), Windows.ofDefaults());
    fixture.parents.ensure(fixture.table, regBqx.columns());
    assertThat(columns()).hasSize(79);
    fixture.parents.ensure(fixture.table, tier1.columns());
    assertThat(columns())
        .extracting(TableColumn::name)
        .isEqualTo(tier1.columns().stream().map(FeatureColumn::name).toList())
        .hasSize(463);
    assertThat(fixture.catalog.problems(fixture.table)).isEmpty();
  }

  @Test
  void keepsColumnsOfLaterStagesThatTheCallerKnows() {
    fixture.parents.ensure(fixture.table, List.of(TIME, VALUE, FLAG));
    assertThat(fixture.parents.ensure(fixture.table, List.of(TIME, VALUE), List.of(FLAG, SMALL)))
        .containsExactly(TIME, VALUE, FLAG);
    assertThat(columns()).hasSize(3);
  }

  @Test
  void columnsThatNobodyKnowsAreRefusedByName() {
    fixture.parents.ensure(fixture.table, COLUMNS);
    assertThatThrownBy(() -> fixture.parents.ensure(fixture.table, List.of(TIME, VALUE)))
        .isInstanceOf(BqxException.class)
        .hasMessageContainingAll("reg_bqx_eurusd", "2 columns after the 2", "flag of type boolean");
    assertThat(columns()).hasSize(4);
  }

  @Test
  void anotherTypeIsRefusedWithBothTypes() {
    fixture.parents.ensure(fixture.table, COLUMNS);
    fixture.execute("alter table %s alter column value type real", fixture.table.table());
    assertThatThrownBy(() -> fixture.parents.ensure(fixture.table, COLUMNS))
        .isInstanceOf(BqxException.class)
        .hasMessageContainingAll(
            fixture.schema() + ".reg_bqx_eurusd",
            "column 2",
            "value of type real",
            "value of type double precision",
            "Rename");
  }

  @Test
  void anotherOrderIsRefusedWithBothNames() {
    fixture.parents.ensure(fixture.table, List.of(TIME, OTHER, VALUE));
    assertThatThrownBy(() -> fixture.parents.ensure(fixture.table, List.of(TIME, VALUE, OTHER)))
        .isInstanceOf(BqxException.class)
        .hasMessageContainingAll("column 2 is other", "should be value");
  }

  @Test
  void aTableThatIsNotPartitionedByItsTimeIsRefused() {
    fixture.execute("create schema %s", fixture.schema());
    String create =
        "create table %s (ts_utc timestamp not null, value double precision, flag boolean, small smallint) ";
    fixture.execute(create, fixture.table.table());
    assertThatThrownBy(() -> fixture.parents.ensure(fixture.table, COLUMNS))
        .isInstanceOf(BqxException.class)
        .hasMessageContainingAll("reg_bqx_eurusd", "a plain table");
    fixture.execute("drop table %s", fixture.table.table());

    fixture.execute(create + "partition by list (small)", fixture.table.table());
    assertThatThrownBy(() -> fixture.parents.ensure(fixture.table, COLUMNS))
        .isInstanceOf(BqxException.class)
        .hasMessageContainingAll("reg_bqx_eurusd", "not partitioned by range on its column ts_utc");
  }

  @Test
  void aDefaultPartitionIsRefusedByName() {
    fixture.parents.ensure(fixture.table, COLUMNS);
    fixture.execute(
        "create table %s.the_rest partition of %s default",
        fixture.schema(), fixture.table.table());
    assertThatThrownBy(() -> fixture.parents.ensure(fixture.table, COLUMNS))
        .isInstanceOf(BqxException.class)
        .hasMessageContainingAll("reg_bqx_eurusd", "default partition the_rest");
  }

  @Test
  void tooManyColumnsAndTooWideRowsAreRefusedBeforeTheDatabaseWould() {
    assertThatThrownBy(() -> fixture.parents.ensure(fixture.table, TestRows.wide(1600)))
        .isInstanceOf(BqxException.class)
        .hasMessageContainingAll("reg_bqx_eurusd", "1601 columns", "1600");
    assertThatThrownBy(() -> fixture.parents.ensure(fixture.table, TestRows.wide(1100)))
        .isInstanceOf(BqxException.class)
        .hasMessageContainingAll("reg_bqx_eurusd", "1101 columns", "8160");
    assertThat(fixture.catalog.columnsOf(fixture.table)).isEmpty();
  }

  @Test
  void droppedColumnsCountAgainstTheLimit() {
    fixture.parents.ensure(fixture.table, COLUMNS);
    for (int round = 0; round < 2; round++) {
      int first = round * 790;
      fixture.execute(
          "alter table %s %s",
          fixture.table.table(),
          String.join(
              ", ",
              IntStream.range(first, first + 790)
                  .mapToObj(c -> "add column d" + c + " double precision")
                  .toList()));
      fixture.execute(
          "alter table %s %s",
          fixture.table.table(),
          String.join(
              ", ",
              IntStream.range(first, first + 790).mapToObj(c -> "drop column d" + c).toList()));
    }
    List<FeatureColumn> more = new java.util.ArrayList<>(COLUMNS);
    more.addAll(TestRows.wide(20).subList(1, 21));
    assertThatThrownBy(() -> fixture.parents.ensure(fixture.table, more))
        .isInstanceOf(BqxException.class)
        .hasMessageContainingAll("reg_bqx_eurusd", "1604 columns", "dropped");
  }

  @Test
  void manyCreatorsAtOnceMakeOneTable() throws Exception {
    allAtOnce(8, () -> fixture.parents.ensure(fixture.table, COLUMNS));
    assertThat(columns()).hasSize(4);
  }

  @Test
  void manyWhoAddColumnsAtOnceAddThemOnce() throws Exception {
    fixture.parents.ensure(fixture.table, List.of(TIME, VALUE));
    allAtOnce(8, () -> fixture.parents.ensure(fixture.table, COLUMNS));
    assertThat(columns()).hasSize(4);
  }

  private static <T> void allAtOnce(int threads, Callable<T> work) throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    CyclicBarrier barrier = new CyclicBarrier(threads);
    try {
      List<Future<T>> results =
          IntStream.range(0, threads)
              .mapToObj(
                  i ->
                      executor.submit(
                          () -> {
                            barrier.await();
                            return work.call();
                          }))
              .toList();
      for (Future<T> result : results) {
        result.get();
      }
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void aReaderInTheWayOfNewColumnsIsNamed() throws SQLException {
    fixture.write(10, 1);
    List<FeatureColumn> more = List.of(TIME, VALUE, FLAG, SMALL, OTHER);
    ParentSchema impatient = new ParentSchema(TestDatabase.dataSource(), IMPATIENT);
    try (Connection reader = TestDatabase.dataSource().getConnection();
        Statement statement = reader.createStatement()) {
      reader.setClientInfo("ApplicationName", "monthly report");
      reader.setAutoCommit(false);
      statement.execute("select count(*) from " + fixture.july.table());
      assertThatThrownBy(() -> impatient.ensure(fixture.table, more))
          .isInstanceOf(BqxException.class)
          .hasMessageContainingAll(
              "define the columns of", "reg_bqx_eurusd", "\"monthly report\"", "unchanged");
      reader.rollback();
    }
    impatient.ensure(fixture.table, more);
    assertThat(columns()).hasSize(5);
    assertThat(fixture.marks()).containsExactly(1.0);
  }

  @Test
  void whoeverIsDefiningTheTableForTooLongIsNamed() throws SQLException {
    ParentSchema impatient = new ParentSchema(TestDatabase.dataSource(), IMPATIENT);
    fixture.parents.ensure(fixture.table, List.of(TIME, VALUE));
    try (Connection other = TestDatabase.dataSource().getConnection();
        Statement statement = other.createStatement()) {
      other.setClientInfo("ApplicationName", "stuck worker");
      other.setAutoCommit(false);
      statement.execute(
          "select pg_advisory_xact_lock(hashtextextended('bqx table %s', 0))"
              .formatted(fixture.table));
      assertThatThrownBy(() -> impatient.ensure(fixture.table, COLUMNS))
          .isInstanceOf(BqxException.class)
          .hasMessageContaining("\"stuck worker\"");
    }
  }

  @Test
  void nobodyWaitsForTheCreationOfASchemaThatExists() throws SQLException {
    ParentSchema impatient = new ParentSchema(TestDatabase.dataSource(), IMPATIENT);
    fixture.execute("create schema %s", fixture.schema());
    try (Connection other = TestDatabase.dataSource().getConnection();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute(
          "select pg_advisory_xact_lock(hashtextextended('bqx schema %s', 0))"
              .formatted(fixture.schema()));
      assertThat(impatient.ensure(fixture.table, COLUMNS)).isEqualTo(COLUMNS);
    }
  }
}
