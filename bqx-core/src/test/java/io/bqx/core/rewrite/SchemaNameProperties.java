package io.bqx.core.rewrite;

import static io.bqx.core.rewrite.RewriteFixture.COLUMNS;
import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.Partition;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.testing.TestDatabase;
import io.bqx.features.CurrencyPair;
import java.time.YearMonth;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;

/** Whatever the schema is called, everything happens in that schema and nowhere else. */
class SchemaNameProperties {

  private final DSLContext sql = DSL.using(TestDatabase.dataSource(), SQLDialect.POSTGRES);

  @Provide
  Arbitrary<String> names() {
    Arbitrary<String> anything =
        Arbitraries.strings()
            .withChars("\"'`;:?{}$%\\/-_. aZ9\n\t\u00e9\u20ac")
            .ofMinLength(1)
            .ofMaxLength(12);
    Arbitrary<String> attacks =
        Arbitraries.of(
            "x\"; drop schema public cascade; --",
            "x'; select pg_sleep(9); --",
            "Upper Case",
            "select",
            "{0}",
            "?",
            "$1",
            "a\"\"b",
            "%s",
            "public\".\"t");
    return Arbitraries.oneOf(anything, attacks).map(name -> name + "~").filter(n -> !n.isBlank());
  }

  @Property(tries = 25, shrinking = ShrinkingMode.OFF)
  void aTableIsCreatedWrittenRewrittenAndClearedInItsOwnSchema(@ForAll("names") String schema) {
    Set<String> before = schemas();
    PairTable table = PairTable.of(schema, TableFamily.REG_BQX, CurrencyPair.of("eurusd"));
    Partition july = table.partition(YearMonth.of(2024, 7));
    PartitionRewriter rewriter =
        new PartitionRewriter(TestDatabase.dataSource(), schema, SwapPolicy.ofDefaults());
    try {
      new ParentSchema(TestDatabase.dataSource(), SwapPolicy.ofDefaults()).ensure(table, COLUMNS);
      rewriter.stage(july, UUID.randomUUID(), TestRows.of(COLUMNS, july.from(), 1, 0));
      for (int mark = 1; mark <= 2; mark++) {
        rewriter.swap(
            rewriter.stage(july, UUID.randomUUID(), TestRows.of(COLUMNS, july.from(), 5, mark)),
            tx -> {});
      }
      assertThat(rewriter.removeLeftovers(Set::of)).hasSize(1);
      assertThat(sql.fetchCount(table.table(), DSL.field(DSL.name("value")).eq(2.0))).isEqualTo(5);
      assertThat(new PartitionCatalog(sql, schema).partitionsOf(table)).hasSize(1);
      Set<String> made = schemas();
      made.removeAll(before);
      assertThat(made).containsExactly(schema);
    } finally {
      sql.dropSchemaIfExists(DSL.name(schema)).cascade().execute();
    }
    assertThat(schemas()).isEqualTo(before);
  }

  /** All schemas but those of the system and of tests that another process may run meanwhile. */
  private Set<String> schemas() {
    return new HashSet<>(
        sql.select(DSL.field(DSL.name("nspname"), String.class))
            .from(DSL.table(DSL.name("pg_catalog", "pg_namespace")))
            .where(DSL.field(DSL.name("nspname"), String.class).notLikeRegex("^pg_|_[0-9a-f]{12}$"))
            .fetch()
            .getValues(0, String.class));
  }
}
