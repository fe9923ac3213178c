package io.bqx.core.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.testing.TestDatabase;
import io.bqx.core.testing.TestSchema;
import io.bqx.features.CurrencyPair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Mutated files of bars, imported one after the other into the same table, are in it as a whole or
 * not at all.
 *
 * <p>The system properties {@code bqx.fuzz.imports} and {@code bqx.fuzz.seed} say how many files
 * and which is the first.
 */
class BarImportFuzzTest {

  private static final Logger LOG = LoggerFactory.getLogger(BarImportFuzzTest.class);
  private static final Instant NOW = Instant.parse("2024-08-01T12:00:00Z");
  private static final Duration LONGEST_IMPORT = Duration.ofMinutes(2);
  private static final CurrencyPair PAIR = CurrencyPair.of("eurusd");

  @TempDir private Path folder;

  private static int files() {
    return Integer.getInteger("bqx.fuzz.imports", 200);
  }

  @Test
  void everyMutatedFileIsInTheTableAsAWholeOrNotAtAll() throws IOException, SQLException {
    long first = Long.getLong("bqx.fuzz.seed", 1);
    TreeMap<Instant, String> model = new TreeMap<>();
    int loaded = 0;
    int refused = 0;
    int conflicts = 0;
    try (TestSchema schema = TestDatabase.newSchema("fuzz")) {
      for (int n = 0; n < files(); n++) {
        long seed = first + n;
        boolean replace = seed % 3 == 0;
        MutatedBarFile mutated = MutatedBarFile.of(seed);
        Optional<List<String>> bars =
            new StrictBarReading(mutated.format(), mutated.zone(), NOW).of(mutated.bytes()).bars();
        Optional<BqxException> refusal =
            assertTimeoutPreemptively(
                LONGEST_IMPORT, () -> refusalOf(mutated, schema, replace), "seed " + seed);
        String what = "seed " + seed + " " + mutated.mutations() + " " + refusal;
        if (bars.isEmpty()) {
          assertThat(refusal).as(what).containsInstanceOf(BarFileException.class);
          refused++;
        } else if (!replace && contradicts(model, bars.get())) {
          assertThat(refusal).as(what).containsInstanceOf(BarConflictException.class);
          conflicts++;
        } else {
          assertThat(refusal).as(what).isEmpty();
          bars.get().forEach(bar -> model.put(timeOf(bar), bar));
          loaded++;
        }
        assertThat(stored(schema)).as(what).containsExactlyElementsOf(model.values());
      }
      assertThat(partitions(schema))
          .isEqualTo(
              model.keySet().stream()
                  .map(time -> time.toString().substring(0, 7))
                  .collect(Collectors.toSet()));
    }
    LOG.info(
        "{} mutated files from seed {}: {} loaded, {} refused for their lines, {} for stored bars",
        files(),
        first,
        loaded,
        refused,
        conflicts);
    if (files() >= 100) {
      assertThat(List.of(loaded, refused, conflicts)).allMatch(count -> count > files() / 50);
    }
  }

  private Optional<BqxException> refusalOf(
      MutatedBarFile mutated, TestSchema schema, boolean replace) throws IOException {
    BarImport job =
        BarImport.into(TestDatabase.dataSource())
            .schema(schema.name())
            .format(mutated.format())
            .pair(PAIR)
            .replace(replace)
            .clock(Clock.fixed(NOW, ZoneOffset.UTC))
            .file(Files.write(folder.resolve("bars.csv"), mutated.bytes()));
    if (mutated.zone() != null) {
      job.zone(mutated.zone());
    }
    return job.run().failed().stream().map(ImportReport.FailedFile::cause).findFirst();
  }

  private static boolean contradicts(TreeMap<Instant, String> model, List<String> bars) {
    return bars.stream().anyMatch(bar -> !model.getOrDefault(timeOf(bar), bar).equals(bar));
  }

  private static Instant timeOf(String bar) {
    return Instant.parse(bar.substring(0, bar.indexOf(' ')));
  }

  private static List<String> stored(TestSchema schema) throws SQLException {
    List<String> bars = new ArrayList<>();
    try (Connection connection = TestDatabase.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      if (!exists(statement, schema)) {
        return bars;
      }
      try (ResultSet found =
          statement.executeQuery(
              "SELECT time, open, high, low, close, volume FROM "
                  + schema.name()
                  + ".m1_eurusd ORDER BY time")) {
        while (found.next()) {
          StringBuilder bar =
              new StringBuilder(
                  found.getObject(1, LocalDateTime.class).toInstant(ZoneOffset.UTC).toString());
          for (int column = 2; column <= 6; column++) {
            bar.append(' ').append(found.getDouble(column));
          }
          bars.add(bar.toString());
        }
      }
    }
    return bars;
  }

  private static boolean exists(Statement statement, TestSchema schema) throws SQLException {
    try (ResultSet found =
        statement.executeQuery("SELECT to_regclass('" + schema.name() + ".m1_eurusd')")) {
      found.next();
      return found.getString(1) != null;
    }
  }

  private static Set<String> partitions(TestSchema schema) throws SQLException {
    try (Connection connection = TestDatabase.dataSource().getConnection()) {
      return new PartitionCatalog(DSL.using(connection, SQLDialect.POSTGRES), schema.name())
          .partitionsOf(PairTable.of(schema.name(), TableFamily.M1, PAIR)).stream()
              .flatMap(partition -> partition.month().stream())
              .map(Object::toString)
              .collect(Collectors.toSet());
    }
  }
}
