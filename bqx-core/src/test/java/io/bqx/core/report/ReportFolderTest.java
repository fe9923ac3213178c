package io.bqx.core.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.jr.ob.JSON;
import io.bqx.core.BqxException;
import io.bqx.core.catalog.TableFamily;
import io.bqx.features.CurrencyPair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportFolderTest {

  @TempDir private Path folder;

  @Test
  void theThreeFormsAreWrittenAndNothingElse() throws IOException {
    Path out = folder.resolve("a/b");

    List<Path> files = ReportFolder.at(out).write(SampleReport.full());

    assertThat(files)
        .containsExactly(
            out.resolve("report.html"), out.resolve("report.md"), out.resolve("report.json"));
    try (var found = Files.list(out)) {
      assertThat(found).containsExactlyInAnyOrderElementsOf(files);
    }
  }

  @Test
  void theJsonHasEverythingInNumbersAndNoNaN() throws IOException {
    Map<String, Object> json = JSON.std.mapFrom(JsonReport.of(SampleReport.full()));

    assertThat(json)
        .containsEntry("format", 1)
        .containsEntry("complete", false)
        .containsKeys("stages", "runs", "plan", "validation", "column_families", "market");
    assertThat((List<?>) json.get("partitions")).hasSize(168);
    assertThat(((Map<?, ?>) ((List<?>) json.get("plan")).get(0)).get("planned_usd"))
        .hasToString("4.13");
    Map<?, ?> baskets = (Map<?, ?>) ((Map<?, ?>) json.get("market")).get("basket_index");
    assertThat((List<?>) baskets.get("USD")).hasSize(240).containsNull();
  }

  @Test
  void theTextEscapesWhatWouldBeMarkup() {
    String text = MarkdownReport.of(SampleReport.full());

    assertThat(text)
        .doesNotContain("<script>", "<img")
        .contains(
            "| state | incomplete, 1 failed |",
            "| interruptions | 1 killed |",
            "| tier1 | 9 h 0 min | 3 min 0 s | -99.4 % | 4.13 | 0.02 | -99.5 % |",
            "1 of 2 checks passed: 1,000,000 rows read",
            "parameters: 2.4 v1 cost=0.05, before: 2.4 v1 cost=0.02",
            "## Failures");
    assertThat(text.lines().filter(line -> line.startsWith("|")))
        .allMatch(line -> line.endsWith("|"));
  }

  @Test
  void thePageEscapesEveryValueAndNamesItsScripts() {
    String page = HtmlReport.of(SampleReport.full());

    assertThat(page)
        .doesNotContain("<script>window.hacked", "<img src=x")
        .contains("script-src &#39;sha256-")
        .contains("&lt;/script&gt;");
    assertThat(page.split("<script", -1)).hasSize(4);
  }

  @Test
  void aReportOfNothingHasAllThreeForms() {
    assertThat(MarkdownReport.of(SampleReport.empty())).contains("| state | incomplete |");
    assertThat(JsonReport.of(SampleReport.empty())).contains("\"market\" : null");
    assertThat(HtmlReport.of(SampleReport.empty()))
        .contains("None was made for this report.")
        .doesNotContain("id=\"chart-");
  }

  @Test
  void anEarlierReportInTheFolderIsCompared() {
    CompletionReport earlier = withContents(1, 1);
    ReportFolder.at(folder).write(earlier);
    ContentChanges changes =
        withContents(1, 2)
            .since(JsonReport.contents(folder.resolve("report.json")))
            .changes()
            .orElseThrow();

    assertThat(changes.earlier()).isEqualTo(earlier.generated());
    assertThat(changes.stages()).containsExactly(new ContentChange("2.3", 0, 1, 0, 2000, 2000));
    assertThat(withContents(1).since(earlier.contents()).changes().orElseThrow().stages())
        .containsExactly(new ContentChange("2.3", 0, 0, 1, 2000, 1000));
    assertThat(earlier.since(withContents(1).contents()).changes().orElseThrow().stages())
        .containsExactly(new ContentChange("2.3", 1, 0, 0, 1000, 2000));
  }

  private static CompletionReport withContents(long... checksums) {
    List<CurrencyPair> pairs = List.of(CurrencyPair.of("eurusd"), CurrencyPair.of("usdjpy"));
    List<Rewrite> rewrites = new ArrayList<>();
    for (int i = 0; i < checksums.length; i++) {
      rewrites.add(
          SampleReport.rewrite(TableFamily.REG_BQX, pairs.get(i), SampleReport.JULY)
              .checksum(checksums[i])
              .build());
    }
    CompletionReport empty = SampleReport.empty();
    return new CompletionReport(
        empty.generated(),
        empty.schema(),
        empty.layout(),
        empty.from(),
        empty.to(),
        empty.pairMonths(),
        empty.stages(),
        rewrites,
        empty.runs(),
        empty.machines(),
        empty.families(),
        empty.plan(),
        empty.market(),
        empty.mispricings(),
        empty.validation(),
        empty.changes());
  }

  @Test
  void aFileThatIsNoReportIsNamedAndNotReplaced() throws IOException {
    Path json = Files.writeString(folder.resolve("report.json"), "{\"partitions\": 1}");

    assertThatThrownBy(() -> ReportFolder.at(folder).write(SampleReport.empty()))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining(json.toString())
        .hasMessageContaining("Move it away");
    assertThat(json).hasContent("{\"partitions\": 1}");
  }
}
