package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.features.Bars;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureFrame;
import io.bqx.features.MarketPanel;
import io.bqx.features.Universe;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeaturesFromCsvTest {

  @TempDir private Path folder;

  @Test
  void indicesAndBlocsOfAFileOfClosesArePresentAfterTheWarmUp() throws IOException {
    FeatureFrame features = FeaturesFromCsv.compute(writeCloses(400));
    assertThat(features.columns()).hasSize(8 * (1 + 2 * 4 + 3) + 3 * (4 + 2 * 2));
    int last = features.rows() - 1;
    for (int column = 0; column < features.columns().size(); column++) {
      assertThat(features.value(column, last)).as(features.columns().get(column).name()).isFinite();
    }
  }

  @Test
  void theLastValuesArePrinted() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    FeaturesFromCsv.print(
        FeaturesFromCsv.compute(writeCloses(400)),
        new PrintStream(out, true, StandardCharsets.UTF_8));
    assertThat(out.toString(StandardCharsets.UTF_8).lines())
        .hasSize(7)
        .anySatisfy(line -> assertThat(line).matches("  eur_basket_index = -?[0-9.E-]+"));
  }

  @Test
  void aLineWithTooFewFieldsIsNamed() throws IOException {
    Path file = folder.resolve("closes.csv");
    Files.writeString(file, "time,eurusd,usdjpy\n2024-07-01T00:00:00Z,1.08\n");
    assertThatThrownBy(() -> FeaturesFromCsv.compute(file))
        .hasMessage(file + " line 2 has 2 fields; the header has 3");
  }

  private Path writeCloses(int minutes) throws IOException {
    List<Bars> bars =
        SyntheticMarket.of(Universe.g8()).rowsPerMonth(minutes).months(1).stream()
            .findFirst()
            .orElseThrow()
            .bars();
    MarketPanel panel =
        MarketPanel.align(
            Universe.g8(), bars.stream().collect(Collectors.toMap(Bars::pair, Bars::closes)));
    List<String> lines = new ArrayList<>();
    lines.add(
        "time,"
            + Universe.g8().pairs().stream()
                .map(CurrencyPair::name)
                .collect(Collectors.joining(",")));
    for (int row = 0; row < panel.rows(); row++) {
      StringBuilder line = new StringBuilder(panel.grid().instant(row).toString());
      for (CurrencyPair pair : Universe.g8().pairs()) {
        double close = panel.value(pair, row);
        line.append(',').append(Double.isNaN(close) ? "" : Double.toString(close));
      }
      lines.add(line.toString());
    }
    return Files.write(folder.resolve("closes.csv"), lines);
  }
}
