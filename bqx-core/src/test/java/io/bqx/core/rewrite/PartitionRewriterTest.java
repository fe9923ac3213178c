package io.bqx.core.rewrite;

import static io.bqx.core.rewrite.RewriteFixture.COLUMNS;
import static io.bqx.core.rewrite.TestRows.FLAG;
import static io.bqx.core.rewrite.TestRows.OTHER;
import static io.bqx.core.rewrite.TestRows.SMALL;
import static io.bqx.core.rewrite.TestRows.TIME;
import static io.bqx.core.rewrite.TestRows.VALUE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.PartitionInfo;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.testing.TestDatabase;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.jooq.Record;
import org.jooq.Result;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.ds.PGSimpleDataSource;

class PartitionRewriterTest {

  private final RewriteFixture fixture = new RewriteFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void aMonthWithoutPartitionGetsOneOnlyWithTheSwap() {
    fixture.parents.ensure(fixture.table, COLUMNS);
    StagedPartition staged = fixture.stage(120, 1);
    assertThat(staged.rows()).isEqualTo(120);
    assertThat(staged.replacedOid()).isEmpty();
    assertThat(fixture.rows()).isZero();

    SwapReport report = fixture.rewriter.swap(staged, tx -> {});

    assertThat(report.tries()).isEqualTo(1);
    assertThat(fixture.rows()).isEqualTo(120);
    assertThat(fixture.tables()).containsExactly("reg_bqx_eurusd", "reg_bqx_eurusd_2024_07");
    assertThat(fixture.catalog.partition(fixture.july))
        .get()
        .extracting(PartitionInfo::name)
        .isEqualTo("reg_bqx_eurusd_2024_07");
  }

  @ParameterizedTest
  @CsvSource({"off, on", "local, local", "on, on"})
  void aSwapIsDurableOnceItIsAnsweredWhateverTheSessionsDefaultIs(String ofSession, String ofSwap) {
    fixture.parents.ensure(fixture.table, COLUMNS);
    PGSimpleDataSource sessions = new PGSimpleDataSource();
    sessions.setUrl(TestDatabase.jdbcUrl());
    sessions.setUser(TestDatabase.user());
    sessions.setPassword(TestDatabase.password());
    sessions.setOptions("-c synchronous_commit=" + ofSession);
    List<Object> seen = new ArrayList<>();
    new PartitionRewriter(sessions, fixture.schema(), SwapPolicy.ofDefaults())
        .swap(
            fixture.stage(120, 1),
            tx -> seen.add(tx.fetchValue("SELECT current_setting('synchronous_commit')")));
    assertThat(seen).containsExactly(ofSwap);
  }

  @Test
  void aRewriteReplacesTheContentOfItsMonthAndOfNoOther() {
    fixture.write(120, 1);
    fixture.rewriter.swap(
        fixture.rewriter.stage(
            fixture.august, UUID.randomUUID(), TestRows.of(COLUMNS, fixture.august.from(), 60, 8)),
        tx -> {});
    fixture.write(90, 2);
    assertThat(fixture.marks()).containsExactly(2.0, 8.0);
    assertThat(fixture.rows()).isEqualTo(150);
  }

  @Test
  void anAddedColumnIsFilledByTheRewriteAndTheOthersKeepTheirValues() {
    fixture.write(120, 1);
    Result<Record> before = sorted(COLUMNS);
    List<FeatureColumn> more = List.of(TIME, VALUE, FLAG, SMALL, OTHER);
    fixture.parents.ensure(fixture.table, more);

    fixture.rewriter.swap(
        fixture.rewriter.stage(
            fixture.july, UUID.randomUUID(), TestRows.of(more, fixture.july.from(), 120, 1)),
        tx -> {});

    assertThat(sorted(COLUMNS)).isEqualTo(before);
    assertThat(fixture.sql.fetchCount(fixture.table.table(), DSL.field("other").eq(1.0)))
        .isEqualTo(120);
  }

  private Result<Record> sorted(List<FeatureColumn> columns) {
    return fixture
        .sql
        .select(columns.stream().map(fixture.table::field).toList())
        .from(fixture.table.table())
        .orderBy(fixture.table.time())
        .fetch();
  }

  @Test
  void thePartitionIsAttachedWithoutAScanBecauseItsCheckImpliesItsBounds() throws SQLException {
    fixture.parents.ensure(fixture.table, COLUMNS);
    StagedPartition staged = fixture.stage(10, 1);
    try (Connection connection = TestDatabase.dataSource().getConnection();
        var statement = connection.createStatement()) {
      statement.execute("set client_min_messages = debug1");
      statement.execute(
          "alter table %s attach partition %s for values from ('2024-07-01') to ('2024-08-01')"
              .formatted(fixture.table.table(), staged.table()));
      StringBuilder messages = new StringBuilder();
      for (var w = statement.getWarnings(); w != null; w = w.getNextWarning()) {
        messages.append(w.getMessage()).append('\n');
      }
      assertThat(messages).contains("is implied by existing constraints");
    }
  }

  @Test
  void theIndexBuiltBeforeTheSwapBecomesThePartOfTheParentsIndex() {
    fixture.parents.ensure(fixture.table, COLUMNS);
    StagedPartition staged = fixture.stage(10, 1);
    List<Long> built = indexesOf(staged.oid());
    fixture.rewriter.swap(staged, tx -> {});
    assertThat(indexesOf(staged.oid())).isEqualTo(built).hasSize(1);
    assertThat(
            fixture.sql.fetchValue(
                "select count(*) from pg_inherits where inhrelid = " + built.get(0)))
        .isEqualTo(1L);
    assertThat(fixture.sql.fetchValue("select " + built.get(0) + "::regclass::text"))
        .asString()
        .endsWith(".reg_bqx_eurusd_2024_07_ts_utc_idx");
  }

  private List<Long> indexesOf(long oid) {
    return fixture
        .sql
        .fetch("select indexrelid from pg_index where indrelid = " + oid)
        .getValues(0, Long.class);
  }

  @Test
  void nothingIsLeftOfTheStagingTableButItsRows() {
    fixture.write(10, 1);
    assertThat(
            fixture.sql.fetch(
                "select conname from pg_constraint where conrelid in (%s)"
                    .formatted(fixture.catalog.partition(fixture.july).orElseThrow().oid())))
        .isEmpty();
    assertThat(
            fixture.sql.fetch(
                "select relname from pg_class where relname like 'bqx_staging%' and relnamespace = '"
                    + fixture.schema()
                    + "'::regnamespace"))
        .isEmpty();
  }

  @Test
  void aPartitionMadeElsewhereKeepsItsName() {
    fixture.parents.ensure(fixture.table, COLUMNS);
    fixture.execute(
        "create table %s.old_style_p07 partition of %s for values from ('2024-07-01') to ('2024-08-01')",
        fixture.schema(), fixture.table.table());
    fixture.write(10, 1);
    assertThat(fixture.tables()).containsExactly("old_style_p07", "reg_bqx_eurusd");
    assertThat(fixture.rows()).isEqualTo(10);
  }

  @Test
  void droppedColumnsOfTheParentAreNotCarriedAlong() {
    fixture.parents.ensure(fixture.table, List.of(TIME, VALUE, OTHER, FLAG, SMALL));
    fixture.execute("alter table %s drop column other", fixture.table.table());
    fixture.write(10, 1);
    long oid = fixture.catalog.partition(fixture.july).orElseThrow().oid();
    assertThat(
            fixture.sql.fetchValue(
                "select count(*) from pg_attribute where attnum > 0 and attrelid = " + oid))
        .isEqualTo(4L);
    fixture.write(20, 2);
    assertThat(fixture.marks()).containsExactly(2.0);
  }

  @Test
  void aParentWithoutUniqueIndexStillGetsPartitionsWithOne() {
    fixture.parents.ensure(fixture.table, COLUMNS);
    fixture.execute("drop index %s.reg_bqx_eurusd_ts_utc_idx", fixture.schema());
    fixture.write(10, 1);
    fixture.write(10, 2);
    assertThat(fixture.sql.meta().getTables(fixture.july.table().getName()).get(0).getIndexes())
        .hasSize(1)
        .allMatch(org.jooq.Index::getUnique);
  }

  @Test
  void aMonthOfNoRowsIsARewriteLikeAnyOther() {
    fixture.write(10, 1);
    fixture.write(0, 2);
    assertThat(fixture.rows()).isZero();
  }

  @Test
  void aRowOutsideTheMonthIsRefusedAndNothingIsLeftBehind() {
    fixture.write(10, 1);
    LocalDateTime lateInJune = fixture.july.from().minusMinutes(3);
    assertThatThrownBy(
            () ->
                fixture.rewriter.stage(
                    fixture.july, UUID.randomUUID(), TestRows.of(COLUMNS, lateInJune, 10, 2)))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("reg_bqx_eurusd 2024-07")
        .satisfies(e -> assertThat(SqlState.of(e)).isEqualTo("23514"));
    assertUnchanged();
  }

  @Test
  void aTimeThatComesTwiceIsRefused() {
    fixture.write(10, 1);
    TestRows rows = TestRows.of(COLUMNS, fixture.july.from(), 10, 2);
    assertThatThrownBy(
            () ->
                fixture.rewriter.stage(
                    fixture.july,
                    UUID.randomUUID(),
                    rows(COLUMNS, sink -> rows.writeTo(sink) + rows.writeTo(sink))))
        .isInstanceOf(BqxException.class)
        .satisfies(e -> assertThat(SqlState.of(e)).isEqualTo("23505"));
    assertUnchanged();
  }

  @Test
  void aWriterThatMiscountsItsRowsIsRefused() {
    fixture.write(10, 1);
    TestRows rows = TestRows.of(COLUMNS, fixture.july.from(), 12, 2);
    assertThatThrownBy(
            () ->
                fixture.rewriter.stage(
                    fixture.july, UUID.randomUUID(), rows(COLUMNS, sink -> rows.writeTo(sink) - 1)))
        .isInstanceOf(BqxException.class)
        .hasMessageContainingAll("reg_bqx_eurusd 2024-07", "11 rows", "counted 12");
    assertUnchanged();
  }

  @Test
  void aWriterThatFailsKeepsItsOwnExceptionAndItsConnectionIsAborted() {
    fixture.write(10, 1);
    AtomicBoolean aborted = new AtomicBoolean();
    PartitionRewriter rewriter =
        new PartitionRewriter(
            watching(TestDatabase.dataSource(), aborted),
            fixture.schema(),
            SwapPolicy.ofDefaults());
    BqxException infinite = new BqxException("row 7, column value: infinite");
    assertThatThrownBy(
            () ->
                rewriter.stage(
                    fixture.july,
                    UUID.randomUUID(),
                    rows(
                        COLUMNS,
                        sink -> {
                          throw infinite;
                        })))
        .isSameAs(infinite);
    assertThat(aborted).isTrue();
    assertUnchanged();
  }

  @Test
  void whenServerAndWriterFailTheServersReasonIsTheCauseAndTheOtherIsSuppressed() {
    fixture.write(10, 1);
    IllegalStateException writers = new IllegalStateException("pipe closed");
    byte[] garbage = new byte[100];
    assertThatThrownBy(
            () ->
                fixture.rewriter.stage(
                    fixture.july,
                    UUID.randomUUID(),
                    rows(
                        COLUMNS,
                        sink -> {
                          sink.write(garbage, 0, garbage.length);
                          throw writers;
                        })))
        .isInstanceOf(BqxException.class)
        .satisfies(
            e -> {
              assertThat(SqlState.of(e)).isEqualTo("22P04");
              assertThat(e.getCause().getSuppressed()).contains(writers);
            });
    assertUnchanged();
  }

  @Test
  void columnsOtherThanTheParentsAreRefusedByName() {
    fixture.write(10, 1);
    assertThatThrownBy(
            () ->
                fixture.rewriter.stage(
                    fixture.july,
                    UUID.randomUUID(),
                    TestRows.of(List.of(TIME, OTHER, FLAG, SMALL), fixture.july.from(), 10, 2)))
        .isInstanceOf(BqxException.class)
        .hasMessageContainingAll("reg_bqx_eurusd", "column 2", "value", "other");
    assertThatThrownBy(
            () ->
                fixture.rewriter.stage(
                    fixture.july,
                    UUID.randomUUID(),
                    TestRows.of(List.of(TIME, VALUE), fixture.july.from(), 10, 2)))
        .isInstanceOf(BqxException.class)
        .hasMessageContainingAll("rows of 2 columns", "reg_bqx_eurusd", "has 4");
  }

  @Test
  void aPartitionThatOverlapsTheMonthIsRefusedByName() {
    fixture.parents.ensure(fixture.table, COLUMNS);
    fixture.execute(
        "create table %s.second_half partition of %s for values from ('2024-07-15') to ('2024-08-01')",
        fixture.schema(), fixture.table.table());
    assertThatThrownBy(() -> fixture.stage(10, 1))
        .isInstanceOf(BqxException.class)
        .hasMessageContainingAll("reg_bqx_eurusd 2024-07", "second_half", "overlaps");
  }

  @Test
  void anUnrelatedTableOfThePartitionsNameIsRefusedAndKept() {
    fixture.parents.ensure(fixture.table, COLUMNS);
    fixture.execute("create table %s.reg_bqx_eurusd_2024_07 (x int)", fixture.schema());
    assertThatThrownBy(() -> fixture.stage(10, 1))
        .isInstanceOf(BqxException.class)
        .hasMessageContainingAll("reg_bqx_eurusd_2024_07", "not a partition");
    assertThat(fixture.tables()).contains("reg_bqx_eurusd_2024_07");
  }

  @Test
  void aMissingParentIsRefused() {
    fixture.parents.ensure(fixture.table, COLUMNS);
    PairTable missing =
        PairTable.of(fixture.schema(), TableFamily.REG_BQX, CurrencyPair.of("usdjpy"));
    assertThatThrownBy(
            () ->
                fixture.rewriter.stage(
                    missing.partition(fixture.july.month()),
                    UUID.randomUUID(),
                    TestRows.of(COLUMNS, fixture.july.from(), 1, 1)))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("reg_bqx_usdjpy 2024-07: the table does not exist");
  }

  @Test
  void whatTheCallerDoesInTheSwapIsCommittedWithIt() {
    fixture.write(10, 1);
    fixture.execute("create table %s.ledger (x int)", fixture.schema());
    StagedPartition staged = fixture.stage(20, 2);
    fixture.rewriter.swap(
        staged, tx -> tx.execute("insert into " + fixture.schema() + ".ledger values (7)"));
    assertThat(fixture.marks()).containsExactly(2.0);
    assertThat(fixture.sql.fetchValue("select x from " + fixture.schema() + ".ledger"))
        .isEqualTo(7);
  }

  @Test
  void aCallerWhoRefusesTheSwapGetsItsOwnExceptionAndNothingHappens() {
    fixture.write(10, 1);
    fixture.execute("create table %s.ledger (x int)", fixture.schema());
    StagedPartition staged = fixture.stage(20, 2);
    IllegalStateException fenced = new IllegalStateException("the claim is gone");
    assertThatThrownBy(
            () ->
                fixture.rewriter.swap(
                    staged,
                    tx -> {
                      tx.execute("insert into " + fixture.schema() + ".ledger values (7)");
                      throw fenced;
                    }))
        .isSameAs(fenced);
    assertThat(fixture.marks()).containsExactly(1.0);
    assertThat(fixture.sql.fetchCount(DSL.table(fixture.schema() + ".ledger"))).isZero();
    assertThat(fixture.tables()).contains(staged.stagingName());
    fixture.rewriter.discard(staged);
    assertThat(fixture.tables()).doesNotContain(staged.stagingName());
  }

  @Test
  void aPartitionThatSomebodyElseReplacedMeanwhileIsNotReplacedAgain() {
    fixture.write(10, 1);
    StagedPartition late = fixture.stage(20, 2);
    fixture.write(30, 3);
    assertThatThrownBy(() -> fixture.rewriter.swap(late, tx -> {}))
        .isInstanceOf(BqxException.class)
        .hasMessageContainingAll("reg_bqx_eurusd 2024-07", "by somebody else");
    assertThat(fixture.marks()).containsExactly(3.0);
  }

  @Test
  void aGrantGivenWhileTheSuccessorWasStagedIsNotLost() {
    fixture.write(10, 1);
    StagedPartition late = fixture.stage(20, 2);
    fixture.execute("grant select on %s to public", fixture.july.table());
    assertThatThrownBy(() -> fixture.rewriter.swap(late, tx -> {}))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("altered");
    assertThat(fixture.marks()).containsExactly(1.0);
  }

  @Test
  void aMonthThatSomebodyElseMadeMeanwhileIsNotMadeAgain() {
    fixture.parents.ensure(fixture.table, COLUMNS);
    StagedPartition late = fixture.stage(20, 2);
    fixture.write(30, 3);
    assertThatThrownBy(() -> fixture.rewriter.swap(late, tx -> {}))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("by somebody else");
    assertThat(fixture.marks()).containsExactly(3.0);
  }

  @Test
  void stagingAgainUnderTheSameClaimStartsAfresh() {
    fixture.parents.ensure(fixture.table, COLUMNS);
    UUID token = UUID.randomUUID();
    fixture.stage(token, 10, 1);
    fixture.rewriter.swap(fixture.stage(token, 20, 2), tx -> {});
    assertThat(fixture.rows()).isEqualTo(20);
    assertThat(fixture.tables()).containsExactly("reg_bqx_eurusd", "reg_bqx_eurusd_2024_07");
  }

  @Test
  void discardingWhatWasSwappedChangesNothing() {
    fixture.parents.ensure(fixture.table, COLUMNS);
    StagedPartition staged = fixture.stage(10, 1);
    fixture.rewriter.swap(staged, tx -> {});
    fixture.rewriter.discard(staged);
    assertThat(fixture.rows()).isEqualTo(10);
  }

  @Test
  void worksOnConnectionsThatDoNotCommitByThemselvesAndAreSerializableByDefault() {
    DataSource strict =
        Proxies.dataSource(
            TestDatabase.dataSource(),
            connection -> {
              connection.setAutoCommit(false);
              connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
              return connection;
            });
    new ParentSchema(strict, SwapPolicy.ofDefaults()).ensure(fixture.table, COLUMNS);
    PartitionRewriter rewriter =
        new PartitionRewriter(strict, fixture.schema(), SwapPolicy.ofDefaults());
    rewriter.swap(
        rewriter.stage(
            fixture.july, UUID.randomUUID(), TestRows.of(COLUMNS, fixture.july.from(), 10, 1)),
        tx -> {});
    assertThat(fixture.rows()).isEqualTo(10);
  }

  private void assertUnchanged() {
    assertThat(fixture.marks()).containsExactly(1.0);
    assertThat(fixture.rows()).isEqualTo(10);
    assertThat(fixture.tables()).containsExactly("reg_bqx_eurusd", "reg_bqx_eurusd_2024_07");
  }

  private interface Writing {
    long to(RowSink sink) throws SQLException;
  }

  private static PartitionRows rows(List<FeatureColumn> columns, Writing writing) {
    return new PartitionRows() {
      @Override
      public List<FeatureColumn> columns() {
        return columns;
      }

      @Override
      public long writeTo(RowSink sink) throws SQLException {
        return writing.to(sink);
      }
    };
  }

  private static DataSource watching(DataSource dataSource, AtomicBoolean aborted) {
    return Proxies.dataSource(
        dataSource, connection -> Proxies.onCall(connection, "abort", () -> aborted.set(true)));
  }
}
