package io.bqx.core.rewrite;

import static io.bqx.core.rewrite.TestRows.FLAG;
import static io.bqx.core.rewrite.TestRows.SMALL;
import static io.bqx.core.rewrite.TestRows.TIME;
import static io.bqx.core.rewrite.TestRows.VALUE;

import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.Partition;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.testing.TestDatabase;
import io.bqx.core.testing.TestSchema;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import java.time.Duration;
import java.time.YearMonth;
import java.util.List;
import java.util.UUID;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;

/** A table of four columns in a schema of its own, and everything that rewrites it. */
final class RewriteFixture implements AutoCloseable {

  static final List<FeatureColumn> COLUMNS = List.of(TIME, VALUE, FLAG, SMALL);
  static final SwapPolicy IMPATIENT =
      new SwapPolicy(Duration.ofMillis(20), 3, Duration.ofMillis(1));

  private final TestSchema schema = TestDatabase.newSchema("rewrite");

  final DSLContext sql = DSL.using(TestDatabase.pool(), SQLDialect.POSTGRES);
  final PairTable table =
      PairTable.of(schema.name(), TableFamily.REG_BQX, CurrencyPair.of("eurusd"));
  final Partition july = table.partition(YearMonth.of(2024, 7));
  final Partition august = table.partition(YearMonth.of(2024, 8));
  final PartitionCatalog catalog = new PartitionCatalog(sql, schema.name());
  final ParentSchema parents = new ParentSchema(TestDatabase.pool(), SwapPolicy.ofDefaults());
  final PartitionRewriter rewriter = rewriter(SwapPolicy.ofDefaults());

  String schema() {
    return schema.name();
  }

  PartitionRewriter rewriter(SwapPolicy policy) {
    return new PartitionRewriter(TestDatabase.pool(), schema.name(), policy);
  }

  /** Brings July to the given number of rows that all have the mark as value. */
  SwapReport write(int rows, double mark) {
    parents.ensure(table, COLUMNS);
    return rewriter.swap(stage(rows, mark), tx -> {});
  }

  StagedPartition stage(int rows, double mark) {
    return stage(UUID.randomUUID(), rows, mark);
  }

  StagedPartition stage(UUID token, int rows, double mark) {
    return rewriter.stage(july, token, TestRows.of(COLUMNS, july.from(), rows, mark));
  }

  /** The values of the table's rows, each once. */
  List<Double> marks() {
    return sql.selectDistinct(DSL.field(DSL.name("value"), Double.class))
        .from(table.table())
        .orderBy(1)
        .fetch()
        .getValues(0, Double.class);
  }

  int rows() {
    return sql.fetchCount(table.table());
  }

  /** Names of all plain and partitioned tables of the schema. */
  List<String> tables() {
    return sql.select(DSL.field("tablename", String.class))
        .from("pg_catalog.pg_tables")
        .where(DSL.field("schemaname", String.class).eq(schema()))
        .orderBy(1)
        .fetch()
        .getValues(0, String.class);
  }

  void execute(String template, Object... arguments) {
    sql.execute(template.formatted(arguments));
  }

  @Override
  public void close() {
    schema.close();
  }
}
