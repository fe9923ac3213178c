package io.bqx.core.report;

import com.fasterxml.jackson.jr.ob.JSON;
import io.bqx.core.BqxException;
import io.bqx.core.validation.Check;
import io.bqx.core.validation.ValidationReport;
import java.io.IOException;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A completion report as JSON. Times are ISO 8601 in UTC, lengths of time are seconds, checksums
 * CRC32C in eight hexadecimal digits; what there is none of is {@code null}.
 *
 * <p>Needs {@code com.fasterxml.jackson.jr:jackson-jr-objects} on the class path.
 */
public final class JsonReport {

  /** The version of the form; raised by every change that is not an addition. */
  private static final int FORMAT = 1;

  /** Of what a machine cost; sums are to the cent. */
  private static final int USD_DECIMALS = 6;

  private static final JSON PRETTY =
      JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT, JSON.Feature.WRITE_NULL_PROPERTIES);

  private JsonReport() {}

  /** The text, ending in a line feed. */
  public static String of(CompletionReport report) {
    return text(PRETTY, tree(report)) + "\n";
  }

  /** JSON in one line. */
  static String compact(Object tree) {
    return text(JSON.std.with(JSON.Feature.WRITE_NULL_PROPERTIES), tree);
  }

  private static String text(JSON json, Object tree) {
    try {
      return json.asString(tree);
    } catch (IOException e) {
      throw new BqxException("Cannot write the report as JSON: " + e.getMessage(), e);
    }
  }

  /**
   * What was stored when a report was made that is in a file.
   *
   * @throws BqxException if the file cannot be read or is no such report; the message names it
   */
  public static ReportContents contents(Path file) {
    try {
      Map<String, Object> report = JSON.std.mapFrom(Files.readString(file, StandardCharsets.UTF_8));
      Map<String, Map<String, StoredContent>> byStage = new LinkedHashMap<>();
      for (Object rewrite : (List<?>) report.get("partitions")) {
        Map<?, ?> fields = (Map<?, ?>) rewrite;
        String partition = fields.get("scope") + " " + fields.get("month");
        long rows = ((Number) fields.get("rows")).longValue();
        ((Map<?, ?>) fields.get("checksums"))
            .forEach(
                (stage, checksum) ->
                    byStage
                        .computeIfAbsent(stage.toString(), key -> new LinkedHashMap<>())
                        .put(
                            partition,
                            new StoredContent(rows, Long.parseLong(checksum.toString(), 16))));
      }
      return new ReportContents(Instant.parse((String) report.get("generated")), byStage);
    } catch (IOException
        | ClassCastException
        | NullPointerException
        | NumberFormatException
        | DateTimeException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot read %s as an earlier report: %s. Move it away or name another folder",
              file,
              e.getMessage()),
          e);
    }
  }

  private static Map<String, Object> tree(CompletionReport report) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("format", FORMAT);
    tree.put("generated", report.generated().toString());
    tree.put("schema", report.schema());
    tree.put("layout", report.layout().toString());
    tree.put("from", report.from().toString());
    tree.put("to", report.to().toString());
    tree.put("complete", report.isComplete());
    tree.put("rows", report.rows());
    tree.put("retries", report.retries());
    tree.put("busy_seconds", seconds(report.busy()));
    tree.put("elapsed_seconds", seconds(report.elapsed()));
    tree.put("stages", report.stages().stream().map(JsonReport::stage).toList());
    tree.put("runs", report.runs().stream().map(JsonReport::run).toList());
    tree.put(
        "interruptions", report.interruptions().stream().map(JsonReport::interruption).toList());
    tree.put("machines", report.machines().stream().map(JsonReport::machine).toList());
    tree.put("plan", report.plan().stream().map(JsonReport::work).toList());
    tree.put("validation", report.validation().map(JsonReport::validation).orElse(null));
    tree.put("column_families", report.families().stream().map(JsonReport::family).toList());
    tree.put("request_changes", report.requestChanges());
    tree.put("content_changes", report.changes().map(JsonReport::changes).orElse(null));
    tree.put("partitions", report.rewrites().stream().map(JsonReport::rewrite).toList());
    tree.put("market", report.market().map(JsonReport::market).orElse(null));
    tree.put("mispricings", report.mispricings().map(JsonReport::mispricings).orElse(null));
    return tree;
  }

  private static double seconds(Duration time) {
    return time.toMillis() / 1000.0;
  }

  private static Map<String, Object> stage(StageWork stage) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("stage", stage.stage());
    tree.put("name", stage.name());
    tree.put("partitions", stage.partitions());
    tree.put("done", stage.done());
    tree.put("failed", stage.failed());
    tree.put("remaining", stage.remaining());
    tree.put("rows", stage.rows());
    tree.put("columns", stage.columns());
    tree.put("busy_seconds", seconds(stage.busy()));
    tree.put("first_started", stage.first().map(Instant::toString).orElse(null));
    tree.put("last_finished", stage.last().map(Instant::toString).orElse(null));
    tree.put("retries", stage.retries());
    tree.put("fingerprint", hex(stage.fingerprint()));
    return tree;
  }

  private static String hex(long checksum) {
    return String.format(Locale.ROOT, "%08x", checksum);
  }

  private static Map<String, Object> run(JobRun run) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("run", run.run());
    tree.put("worker", run.worker());
    tree.put("from", run.from().toString());
    tree.put("to", run.to().toString());
    tree.put("stages", run.stages());
    tree.put("parameters", run.parameters());
    tree.put("layout", run.layout().toString());
    tree.put("ending", run.ending().toString());
    tree.put("started", run.started().toString());
    tree.put("finished", run.finished().map(Instant::toString).orElse(null));
    tree.put("message", run.message().orElse(null));
    tree.put("partitions", run.rewrites());
    tree.put("rows", run.rows());
    return tree;
  }

  private static Map<String, Object> interruption(Interruption interruption) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("at", interruption.at().toString());
    tree.put("ending", interruption.ending().toString());
    tree.put("worker", interruption.worker());
    tree.put("machine", interruption.machine().orElse(null));
    tree.put("reason", interruption.reason());
    tree.put("repeated_partitions_at_most", interruption.repeated());
    tree.put("resumed", interruption.resumed().map(Instant::toString).orElse(null));
    tree.put("standstill_seconds", interruption.standstill().map(JsonReport::seconds).orElse(null));
    tree.put("usd", interruption.usd().orElse(null));
    return tree;
  }

  private static Map<String, Object> machine(MachineUse machine) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("id", machine.id());
    tree.put("description", machine.description());
    tree.put("started", machine.started().toString());
    tree.put("ended", machine.ended().toString());
    tree.put("seconds", seconds(machine.elapsed()));
    tree.put(
        "usd",
        machine.usd().map(usd -> usd.setScale(USD_DECIMALS, RoundingMode.HALF_UP)).orElse(null));
    tree.put("lost", machine.lost().orElse(null));
    return tree;
  }

  private static Map<String, Object> work(WorkComparison work) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("name", work.name());
    tree.put("planned_seconds", seconds(work.plannedTime()));
    tree.put("actual_seconds", seconds(work.actualTime()));
    tree.put("time_variance_percent", work.timeVariancePercent().orElse(null));
    tree.put("planned_usd", work.plannedCost().orElse(null));
    tree.put("actual_usd", work.actualCost().orElse(null));
    tree.put("cost_variance_percent", work.costVariancePercent().orElse(null));
    return tree;
  }

  private static Map<String, Object> validation(ValidationReport validation) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("passed", validation.passed());
    tree.put("partitions", validation.partitions());
    tree.put("rows", validation.rows());
    tree.put("values", validation.values());
    tree.put("seconds", seconds(validation.elapsed()));
    List<Map<String, Object>> checks = new ArrayList<>();
    for (Check check : validation.checks()) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("validator", check.validator());
      line.put("rule", check.rule());
      line.put("partitions", check.partitions());
      line.put("failed", check.failed());
      line.put("examples", check.examples());
      checks.add(line);
    }
    tree.put("checks", checks);
    return tree;
  }

  private static Map<String, Object> family(ColumnFamily family) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("stage", family.stage());
    tree.put("name", family.name());
    tree.put("columns", family.columns());
    tree.put("values", family.values());
    tree.put("nulls", family.nulls());
    return tree;
  }

  private static Map<String, Object> changes(ContentChanges changes) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("earlier_report", changes.earlier().toString());
    List<Map<String, Object>> stages = new ArrayList<>();
    for (ContentChange change : changes.stages()) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("stage", change.stage());
      line.put("added", change.added());
      line.put("changed", change.changed());
      line.put("removed", change.removed());
      line.put("rows_before", change.rowsBefore());
      line.put("rows_now", change.rowsNow());
      stages.add(line);
    }
    tree.put("stages", stages);
    return tree;
  }

  private static Map<String, Object> rewrite(Rewrite rewrite) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("table", rewrite.tableName());
    tree.put("scope", rewrite.scope().name());
    tree.put("month", rewrite.month().toString());
    tree.put("done", rewrite.done());
    tree.put("rows", rewrite.rows());
    tree.put("columns", rewrite.columns());
    tree.put("nulls", rewrite.nulls());
    tree.put("started", rewrite.started().toString());
    tree.put("finished", rewrite.finished().toString());
    tree.put("attempts", rewrite.attempts());
    tree.put("run", rewrite.run());
    tree.put("worker", rewrite.worker());
    tree.put("lane", rewrite.lane());
    Map<String, Object> checksums = new LinkedHashMap<>();
    rewrite.checksums().keySet().stream()
        .sorted()
        .forEach(stage -> checksums.put(stage, hex(rewrite.checksums().get(stage))));
    tree.put("checksums", checksums);
    tree.put("error", rewrite.error().orElse(null));
    return tree;
  }

  private static Map<String, Object> market(MarketHistory market) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("source", market.source());
    tree.put("interval_seconds", market.interval().toSeconds());
    tree.put("times", market.times().stream().map(time -> time + "Z").toList());
    tree.put("basket_index", lines(market.baskets()));
    tree.put("bloc_strength", lines(market.strengths()));
    tree.put("bloc_coherence", lines(market.coherences()));
    return tree;
  }

  private static Map<String, Object> mispricings(Mispricings mispricings) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("source", mispricings.source());
    tree.put("days", mispricings.days().stream().map(Object::toString).toList());
    tree.put("max_profit_percent", lines(mispricings.pairs()));
    return tree;
  }

  /** The values by name, {@code null} where there is none: JSON has no NaN. */
  static Map<String, Object> lines(List<MarketHistory.Line> lines) {
    Map<String, Object> tree = new LinkedHashMap<>();
    for (MarketHistory.Line line : lines) {
      List<Double> values = new ArrayList<>();
      for (double value : line.values()) {
        values.add(Double.isNaN(value) ? null : value);
      }
      tree.put(line.name(), values);
    }
    return tree;
  }
}
