package io.bqx.core.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.CatalogProblem.Kind;
import io.bqx.core.testing.TestDatabase;
import io.bqx.core.testing.TestSchema;
import io.bqx.features.CurrencyPair;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.util.List;
import java.util.Optional;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PartitionCatalogTest {

  private final TestSchema schema = TestDatabase.newSchema("catalog").create();
  private final DSLContext sql = DSL.using(TestDatabase.dataSource(), SQLDialect.POSTGRES);
  private final PartitionCatalog catalog = new PartitionCatalog(sql, schema.name());
  private final PairTable table =
      PairTable.of(schema.name(), TableFamily.BQX, CurrencyPair.of("usdjpy"));

  @AfterEach
  void close() {
    schema.close();
  }

  private void create(String columns) {
    sql.execute("create table %s (%s) partition by range (ts_utc)".formatted(table, columns));
  }

  private void partition(String name, String bounds) {
    sql.execute("create table %s.%s partition of %s %s".formatted(schema, name, table, bounds));
  }

  private List<Kind> kinds() {
    return catalog.problems(table).stream().map(CatalogProblem::kind).toList();
  }

  @Test
  void aTableThatDoesNotExistHasNoColumnsPartitionsOrProblems() {
    assertThat(catalog.columnsOf(table)).isEmpty();
    assertThat(catalog.partitionsOf(table)).isEmpty();
    assertThat(catalog.problems(table)).isEmpty();
    assertThat(catalog.partition(table.partition(YearMonth.of(2024, 7)))).isEmpty();
  }

  @Test
  void columnsComeInOrderWithTheirTypesAndWithoutDroppedOnes() {
    create("ts_utc timestamp not null, gone int, a numeric(10,2), \"B c\" smallint[]");
    sql.execute("alter table %s drop column gone".formatted(table));
    assertThat(catalog.columnsOf(table).orElseThrow())
        .containsExactly(
            new TableColumn("ts_utc", "timestamp without time zone", true, 1),
            new TableColumn("a", "numeric(10,2)", false, 2),
            new TableColumn("B c", "smallint[]", false, 3));
  }

  @Test
  void partitionsAreWhatIsAttachedWhateverItsName() {
    create("ts_utc timestamp not null");
    partition("zz_first", "for values from ('2024-06-01') to ('2024-07-01')");
    partition("\"Odd Name\"", "for values from ('2024-07-01') to ('2024-08-01')");
    sql.execute("create table %s.bqx_usdjpy_2024_08 (ts_utc timestamp)".formatted(schema));
    assertThat(catalog.partitionsOf(table))
        .extracting(PartitionInfo::name, PartitionInfo::month)
        .containsExactly(
            tuple("zz_first", Optional.of(YearMonth.of(2024, 6))),
            tuple("Odd Name", Optional.of(YearMonth.of(2024, 7))));
    assertThat(catalog.partition(table.partition(YearMonth.of(2024, 7))))
        .get()
        .extracting(PartitionInfo::name)
        .isEqualTo("Odd Name");
    assertThat(catalog.partition(table.partition(YearMonth.of(2024, 8)))).isEmpty();
  }

  @Test
  void aPartitionTellsItsBoundsRowsBytesAndColumns() {
    create("ts_utc timestamp not null, a double precision");
    partition("p", "for values from ('2024-07-01') to ('2024-08-01')");
    assertThat(catalog.partitionsOf(table).get(0).estimatedRows()).isEqualTo(-1);
    sql.execute(
        "insert into %s select timestamp '2024-07-02' + n * interval '1 minute', n from generate_series(1, 500) n"
            .formatted(table));
    sql.execute("analyze %s.p".formatted(schema));
    PartitionInfo info = catalog.partitionsOf(table).get(0);
    assertThat(info.from()).isEqualTo(LocalDateTime.of(2024, 7, 1, 0, 0));
    assertThat(info.to()).isEqualTo(LocalDateTime.of(2024, 8, 1, 0, 0));
    assertThat(info.estimatedRows()).isEqualTo(500);
    assertThat(info.totalBytes()).isPositive();
    assertThat(sql.fetchCount(info.table())).isEqualTo(500);
  }

  @Test
  void aPartitionThatIsDroppedWhileTheCatalogueIsReadHasItsBoundsAndNoSize() throws SQLException {
    create("ts_utc timestamp not null");
    partition("p", "for values from ('2024-07-01') to ('2024-08-01')");
    try (Connection reader = TestDatabase.dataSource().getConnection()) {
      reader.setAutoCommit(false);
      reader.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      DSLContext snapshot = DSL.using(reader, SQLDialect.POSTGRES);
      assertThat(snapshot.fetchCount(DSL.table("pg_catalog.pg_inherits"))).isPositive();
      sql.execute("drop table %s.p".formatted(schema));

      assertThat(new PartitionCatalog(snapshot, schema.name()).partitionsOf(table))
          .extracting(PartitionInfo::month, PartitionInfo::totalBytes)
          .containsExactly(tuple(Optional.of(YearMonth.of(2024, 7)), 0L));
    }
  }

  @Test
  void somethingElseOfTheTablesNameIsRefusedAndSaysWhatItIs() {
    sql.execute("create view %s as select 1 as x".formatted(table));
    assertThatThrownBy(() -> catalog.columnsOf(table))
        .isInstanceOf(BqxException.class)
        .hasMessageContainingAll(table.toString(), "a view");
    sql.execute("drop view %s".formatted(table));
    sql.execute("create table %s.p (x int) partition by range (x)".formatted(schema));
    sql.execute(
        "create table %s partition of %s.p for values from (1) to (2) partition by range (x)"
            .formatted(table, schema));
    assertThatThrownBy(() -> catalog.partitionsOf(table))
        .isInstanceOf(BqxException.class)
        .hasMessageContainingAll(table.toString(), "a partition of another table");
  }

  @Test
  void boundsThatAreNotOneCalendarMonthAreAProblem() {
    create("ts_utc timestamp not null");
    sql.execute("create unique index on %s (ts_utc)".formatted(table));
    partition("before", "for values from (minvalue) to ('2024-06-01')");
    partition("half", "for values from ('2024-06-01') to ('2024-06-15 12:00:00.5')");
    partition("whole", "for values from ('2024-07-01') to ('2024-08-01')");
    partition("quarter", "for values from ('2024-08-01') to ('2024-11-01')");
    partition("after", "for values from ('2025-01-01') to (maxvalue)");
    assertThat(catalog.partitionsOf(table)).hasSize(5);
    assertThat(catalog.problems(table))
        .extracting(CatalogProblem::message)
        .hasSize(4)
        .noneMatch(m -> m.contains("whole from"))
        .anyMatch(m -> m.contains(table + " has the partition quarter from 2024-08-01"))
        .anyMatch(m -> m.contains("half from 2024-06-01T00:00 to 2024-06-15T12:00:00.500"));
    assertThat(kinds()).containsOnly(Kind.NOT_ONE_MONTH);
  }

  @Test
  void aDefaultPartitionIsAProblem() {
    create("ts_utc timestamp not null");
    sql.execute("create unique index on %s (ts_utc)".formatted(table));
    partition("rest", "default");
    assertThat(catalog.partitionsOf(table)).isEmpty();
    assertThat(kinds()).containsExactly(Kind.DEFAULT_PARTITION);
  }

  @Test
  void aKeyThatIsNotTheTimeAloneIsAProblem() {
    sql.execute(
        "create table %s (ts_utc timestamp not null, x smallint) partition by range (ts_utc, x)"
            .formatted(table));
    assertThat(kinds()).containsExactly(Kind.PARTITION_KEY, Kind.NO_UNIQUE_TIME);
    sql.execute("drop table %s".formatted(table));
    sql.execute(
        "create table %s (ts_utc timestamp not null) partition by range (date_trunc('day', ts_utc))"
            .formatted(table));
    assertThat(kinds()).contains(Kind.PARTITION_KEY);
  }

  @Test
  void aMissingUniqueIndexAndForeignTypesAreProblems() {
    create("ts_utc timestamp not null, note text");
    assertThat(kinds()).containsExactly(Kind.NO_UNIQUE_TIME, Kind.FOREIGN_TYPE);
    assertThat(catalog.problems(table).get(1).message()).contains("note of type text");
  }

  @Test
  void anInterruptedDetachIsAProblem() {
    create("ts_utc timestamp not null");
    sql.execute("create unique index on %s (ts_utc)".formatted(table));
    partition("p", "for values from ('2024-07-01') to ('2024-08-01')");
    sql.execute(
        "update pg_inherits set inhdetachpending = true where inhrelid = '%s.p'::regclass"
            .formatted(schema));
    assertThat(kinds()).containsExactly(Kind.PENDING_DETACH);
  }

  @Test
  void aTableOfAnotherSchemaIsNotAnswered() {
    PairTable other = PairTable.of("elsewhere", TableFamily.BQX, CurrencyPair.of("usdjpy"));
    assertThatThrownBy(() -> catalog.columnsOf(other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("elsewhere");
  }
}
