package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.ingest.BarFormat;
import io.bqx.core.ingest.BarImport;
import io.bqx.core.run.RunReport;
import io.bqx.core.validation.Check;
import io.bqx.core.validation.ValidationReport;
import io.bqx.examples.tutorial.ReturnRangeJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.YearMonth;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tutorial: its files stand there word for word, and its stage is computed and validated. */
class TutorialTest {

  private static final Path MODULE = Path.of(System.getProperty("basedir", "."));
  private static final Path SOURCES = MODULE.resolve("src/test/java/io/bqx/examples/tutorial");
  private static final int MOST_LINES = 60;

  @TempDir private Path folder;

  private static List<String> code(String file) throws IOException {
    return Files.readAllLines(SOURCES.resolve(file + ".java")).stream()
        .dropWhile(
            line -> line.isEmpty() || line.startsWith("package") || line.startsWith("import"))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ReturnRange", "ReturnRangeProperties", "ReturnRangeJob"})
  void everyFileStandsInTheTutorialWordForWord(String file) throws IOException {
    String tutorial = Files.readString(MODULE.resolve("../docs/tutorial.md"));
    String source = String.join("\n", Files.readAllLines(SOURCES.resolve(file + ".java")));
    String whole = source.substring(source.indexOf("import"));
    assertThat(tutorial).contains("```java\n" + whole + "\n```\n");
  }

  @Test
  void theFormulaAndItsPropertiesTakeFewLines() throws IOException {
    long lines = 0;
    for (String file : List.of("ReturnRange", "ReturnRangeProperties", "ReturnRangeJob")) {
      lines +=
          code(file).stream()
              .filter(line -> !line.isBlank() && !line.strip().startsWith("@Override"))
              .count();
    }
    assertThat(lines).isLessThanOrEqualTo(MOST_LINES);
  }

  @Test
  void theStageIsComputedAndTheValidatorFindsAChangedValue() throws SQLException, IOException {
    Path bars =
        FewPairs.bars(
            SyntheticMarket.of(FewPairs.THREE).months(1).rowsPerMonth(90), folder.resolve("bars"));
    YearMonth july = YearMonth.of(2024, 7);
    try (EmbeddedServer server = EmbeddedServer.temporary()) {
      DataSource dataSource = server.dataSource();
      BarImport.into(dataSource).format(BarFormat.CSV).folder(bars).run();
      RunReport report = ReturnRangeJob.run(dataSource, july, july);
      assertThat(report.exitCode()).isZero();
      ValidationReport checks = ReturnRangeJob.validate(dataSource, july, july);
      assertThat(checks.failures()).filteredOn(c -> c.validator().equals("own.2")).isEmpty();
      assertThat(checks.checks()).extracting(Check::validator).contains("own.2");

      try (Connection connection = dataSource.getConnection();
          Statement statement = connection.createStatement()) {
        int changed =
            statement.executeUpdate(
                "update bqx.reg_bqx_eurusd set return_range_30 = -1 where return_range_30 is not null");
        assertThat(changed).isPositive();
      }
      assertThat(ReturnRangeJob.validate(dataSource, july, july).failures())
          .extracting(Check::validator)
          .contains("own.2");
    }
  }
}
