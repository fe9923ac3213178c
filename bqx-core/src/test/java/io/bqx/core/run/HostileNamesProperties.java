package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.ingest.BarFormat;
import io.bqx.core.ingest.BarImport;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.roles.RoleScripts;
import io.bqx.core.stage.Stage;
import io.bqx.core.stage.StageSource;
import io.bqx.core.testing.TestDatabase;
import io.bqx.core.testing.TestSchema;
import io.bqx.features.Currency;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureType;
import io.bqx.features.TriangularArbitrage;
import io.bqx.features.Universe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.postgresql.ds.PGSimpleDataSource;

/** No name that comes from outside is executed, cut off or taken for another one. */
class HostileNamesProperties {

  private static final String CANARY = "canary_of_hostile_names";
  private static final DSLContext SQL = DSL.using(TestDatabase.dataSource(), SQLDialect.POSTGRES);

  @BeforeContainer
  static void putACanary() {
    SQL.execute("DROP TABLE IF EXISTS public." + CANARY);
    SQL.execute("CREATE TABLE public." + CANARY + " AS SELECT 1 AS alive");
  }

  @AfterContainer
  static void theCanaryIsAlive() {
    assertThat(SQL.fetchValue("SELECT alive FROM public." + CANARY)).isEqualTo(1);
    SQL.execute("DROP TABLE public." + CANARY);
  }

  @Provide
  Arbitrary<String> names() {
    Arbitrary<String> attacks =
        Arbitraries.of(
                "x\"; DROP TABLE public.%s; --",
                "x'; DROP TABLE public.%s; --",
                "x\\'; DROP TABLE public.%s; --",
                "public\".\"%s",
                "x$bqx$; DROP TABLE public.%s; --",
                "x); DROP TABLE public.%s; (",
                "\u02bc; DROP TABLE public.%s; --")
            .map(attack -> attack.replace("%s", CANARY));
    Arbitrary<String> odd =
        Arbitraries.strings()
            .withChars("\"'`;:?{}$%\\/-_. aZ9\n\t\u0001\u00e9\u20ac\u2019")
            .ofMinLength(1)
            .ofMaxLength(70);
    Arbitrary<String> reserved = Arbitraries.of("select", "user", "table", "PG_CATALOG", "null");
    return Arbitraries.oneOf(attacks, odd, reserved).map(name -> "n" + name);
  }

  private static boolean fits(String name) {
    return name.getBytes(StandardCharsets.UTF_8).length <= 63;
  }

  @Property(tries = 25, shrinking = ShrinkingMode.OFF)
  void aSchemaIsUsedUnderItsWholeNameOrRefused(@ForAll("names") String schema) {
    if (!fits(schema)) {
      assertRefused(() -> BarImport.into(TestDatabase.dataSource()).schema(schema), schema);
      assertRefused(() -> Phase2.on(TestDatabase.dataSource()).schema(schema), schema);
      assertRefused(() -> PairTable.of(schema, TableFamily.M1, CurrencyPair.of("eurusd")), schema);
      assertRefused(() -> new RoleScripts(schema, "o", "w", "r"), schema);
      return;
    }
    try {
      importBar(schema, "eurusd.csv", "bqx");
      new Ledger(TestDatabase.dataSource(), schema, Duration.ofSeconds(30)).create();
      assertThat(
              Phase2.on(TestDatabase.dataSource())
                  .schema(schema)
                  .months(SmallMarket.FIRST, SmallMarket.FIRST)
                  .status()
                  .claims())
          .isEmpty();
      assertThat(
              new PartitionCatalog(SQL, schema)
                  .partitionsOf(PairTable.of(schema, TableFamily.M1, CurrencyPair.of("eurusd"))))
          .hasSize(1);
      assertThat(
              SQL.fetchCount(
                  DSL.table(DSL.name("pg_catalog", "pg_namespace")),
                  DSL.field(DSL.name("nspname"), String.class).eq(schema)))
          .isEqualTo(1);
    } finally {
      SQL.dropSchemaIfExists(DSL.name(schema)).cascade().execute();
    }
  }

  @Property(tries = 15, shrinking = ShrinkingMode.OFF)
  void namesOfFilesAndApplicationsAreNoSql(@ForAll("names") String name) {
    try (TestSchema schema = TestDatabase.newSchema("hostile")) {
      String printable = name.replaceAll("[^ -.0-~]", "_");
      importBar(schema.name(), "eurusd " + printable + ".csv", printable);
      assertThat(SQL.fetchCount(DSL.table(DSL.name(schema.name(), "m1_eurusd")))).isEqualTo(1);
    }
  }

  @Property(tries = 300)
  void pairsStagesAndColumnsHaveNamesOfPlainLetters(@ForAll("names") String name) {
    assertRefused(() -> CurrencyPair.of(name + ";"));
    assertRefused(() -> Currency.of(name + ";"));
    assertRefused(() -> new FeatureColumn(name + ";", FeatureType.DOUBLE, "own", "percent", 0));
    assertRefused(() -> Stage.computing(name + ";", StageSource.MARKET_CLOSES, null));
  }

  @Example
  void theTextsOfAStageAreNoSql() {
    String attack = "x'; DROP TABLE public." + CANARY + "; --\"$$\\";
    try (SmallMarket market = SmallMarket.create("texts")) {
      Stage<?> own =
          Stage.computing(
                  "own",
                  StageSource.MARKET_CLOSES,
                  new Renamed<>(
                      TriangularArbitrage.of(
                          Universe.ofPairs(
                              SmallMarket.UNIVERSE.currencies(), SmallMarket.UNIVERSE.pairs()),
                          1,
                          0),
                      "own_"))
              .named(attack)
              .parameters(attack)
              .build();
      RunReport report = market.job(SmallMarket.FIRST, SmallMarket.FIRST).with(own).run();
      assertThat(report.failures()).isEmpty();
      assertThat(
              SQL.fetch(
                      "SELECT DISTINCT parameters FROM "
                          + market.schema()
                          + ".ledger_partitions WHERE stage = 'own'")
                  .getValues(0, String.class))
          .containsExactly(attack);
    }
  }

  private static void importBar(String schema, String fileName, String application) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(TestDatabase.jdbcUrl());
    source.setUser(TestDatabase.user());
    source.setPassword(TestDatabase.password());
    source.setApplicationName(application);
    try {
      Path folder = Files.createTempDirectory("bqx-hostile");
      Path file = folder.resolve(fileName);
      Files.writeString(
          file, "time,open,high,low,close,volume\n2024-07-01T00:00:00Z,1.1,1.3,1.0,1.2,5\n");
      assertThat(
              BarImport.into(source).schema(schema).format(BarFormat.CSV).file(file).run().failed())
          .isEmpty();
      Files.delete(file);
      Files.delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void assertRefused(Runnable use, String name) {
    assertThatThrownBy(use::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name)
        .hasMessageContaining("PostgreSQL keeps 63");
  }

  private static void assertRefused(Runnable use) {
    assertThatThrownBy(use::run).isInstanceOf(IllegalArgumentException.class);
  }
}
