package io.bqx.core.rewrite;

import static io.bqx.core.rewrite.TestRows.FLAG;
import static io.bqx.core.rewrite.TestRows.OTHER;
import static io.bqx.core.rewrite.TestRows.SMALL;
import static io.bqx.core.rewrite.TestRows.TIME;
import static io.bqx.core.rewrite.TestRows.VALUE;
import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.Partition;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.PartitionInfo;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.testing.TestDatabase;
import io.bqx.core.testing.TestSchema;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import java.time.YearMonth;
import java.util.List;
import java.util.UUID;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PartitionRewriterTest {

  private static final List<FeatureColumn> COLUMNS = List.of(TIME, VALUE, FLAG, SMALL);

  private final TestSchema schema = TestDatabase.newSchema("rewrite");
  private final PairTable table =
      PairTable.of(schema.name(), TableFamily.REG_BQX, CurrencyPair.of("eurusd"));
  private final Partition july = table.partition(YearMonth.of(2024, 7));
  private final DSLContext sql = DSL.using(TestDatabase.dataSource(), SQLDialect.POSTGRES);
  private final PartitionRewriter rewriter =
      new PartitionRewriter(TestDatabase.dataSource(), schema.name(), SwapPolicy.ofDefaults());
  private final ParentSchema parents =
      new ParentSchema(TestDatabase.dataSource(), SwapPolicy.ofDefaults());

  @AfterEach
  void dropSchema() {
    schema.close();
  }

  @Test
  void aMonthWithoutPartitionGetsOne() {
    parents.ensure(table, COLUMNS);
    StagedPartition staged =
        rewriter.stage(july, UUID.randomUUID(), TestRows.of(COLUMNS, july.from(), 120, 1));
    assertThat(sql.fetchCount(table.table())).isZero();
    SwapReport report = rewriter.swap(staged, tx -> {});
    assertThat(report.tries()).isEqualTo(1);
    assertThat(sql.fetchCount(table.table())).isEqualTo(120);
    assertThat(new PartitionCatalog(sql, schema.name()).partitionsOf(table))
        .extracting(PartitionInfo::name)
        .containsExactly("reg_bqx_eurusd_2024_07");
  }

  @Test
  void aRewriteReplacesTheContentAndAddsColumns() {
    parents.ensure(table, COLUMNS);
    rewriter.swap(
        rewriter.stage(july, UUID.randomUUID(), TestRows.of(COLUMNS, july.from(), 120, 1)),
        tx -> {});
    List<FeatureColumn> more = List.of(TIME, VALUE, FLAG, SMALL, OTHER);
    parents.ensure(table, more);
    SwapReport report =
        rewriter.swap(
            rewriter.stage(july, UUID.randomUUID(), TestRows.of(more, july.from(), 120, 2)),
            tx -> {});
    assertThat(sql.fetchCount(table.table(), DSL.field("other").eq(2d))).isEqualTo(120);
  }
}
