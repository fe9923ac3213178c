package io.bqx.core.report;

import com.samskivert.mustache.Mustache;
import io.bqx.core.BqxException;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.validation.Check;
import io.bqx.core.validation.ValidationReport;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/**
 * A completion report as one HTML page that needs nothing else: tables, and charts that its own
 * script draws as SVG. It follows the reader's choice of light or dark, fits a phone and can be
 * printed. A content security policy in it forbids every request and every other script.
 *
 * <p>Needs {@code com.fasterxml.jackson.jr:jackson-jr-objects}, {@code com.samskivert:jmustache}
 * and {@code org.webjars.npm:echarts} on the class path.
 */
public final class HtmlReport {

  private static final int SLOWEST = 12;
  private static final int PACE_INTERVALS = 120;
  private static final String LIBRARY_PROPERTIES =
      "/META-INF/maven/org.webjars.npm/echarts/pom.properties";
  private static final String LIBRARY =
      "/META-INF/resources/webjars/echarts/%s/dist/echarts.min.js";

  private final CompletionReport report;
  private final List<Rewrite> job;
  private final List<String> workers;
  private final Map<String, Object> context = new LinkedHashMap<>();

  private HtmlReport(CompletionReport report) {
    this.report = report;
    this.job = report.lastJob();
    this.workers = job.stream().map(Rewrite::worker).distinct().toList();
  }

  /**
   * The page.
   *
   * @throws BqxException if the chart library is not on the class path
   */
  public static String of(CompletionReport report) {
    return new HtmlReport(report).page();
  }

  private String page() {
    String library = library();
    String charts = resource("charts.js");
    context.put("title", "bqx " + report.from() + " to " + report.to());
    context.put("css", resource("report.css"));
    context.put("library", library);
    context.put("charts", charts);
    context.put("scriptHashes", "'" + hash(library) + "' '" + hash(charts) + "'");
    context.put("data", JsonReport.compact(data()).replace("<", "\\u003c"));
    head();
    stages();
    work();
    market();
    nulls();
    plan();
    validation();
    changes();
    runs();
    interrupted();
    machines();
    failures();
    return Mustache.compiler()
        .escapeHTML(true)
        .compile(resource("report.html.mustache"))
        .execute(context);
  }

  /** Of what script elements hold, for the content security policy. */
  private static String hash(String script) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(script.getBytes(StandardCharsets.UTF_8));
      return "sha256-" + Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String library() {
    try (InputStream properties = HtmlReport.class.getResourceAsStream(LIBRARY_PROPERTIES)) {
      if (properties == null) {
        throw new BqxException(
            "Cannot draw the charts of the HTML report: add org.webjars.npm:echarts to the class path");
      }
      Properties found = new Properties();
      found.load(properties);
      return text(String.format(Locale.ROOT, LIBRARY, found.getProperty("version")));
    } catch (IOException e) {
      throw new BqxException("Cannot read the chart library: " + e.getMessage(), e);
    }
  }

  private static String resource(String name) {
    return text(name);
  }

  private static String text(String name) {
    try (InputStream stream = HtmlReport.class.getResourceAsStream(name)) {
      if (stream == null) {
        throw new BqxException("Cannot write the HTML report: the class path has no " + name);
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new BqxException(
          String.format(Locale.ROOT, "Cannot read %s: %s", name, e.getMessage()), e);
    }
  }

  private static Map<String, Object> line(Object... namesAndValues) {
    Map<String, Object> line = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      line.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return line;
  }

  private void list(String name, List<Map<String, Object>> lines) {
    context.put(name, lines);
    context.put(
        "has" + name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1),
        !lines.isEmpty());
  }

  private void head() {
    context.put(
        "months",
        report.from().equals(report.to())
            ? report.from().toString()
            : report.from() + " to " + report.to());
    context.put("schema", report.schema());
    context.put("layout", report.layout().toString());
    context.put("generated", Wording.time(report.generated()));
    context.put("state", Wording.state(report));
    context.put(
        "stateClass", report.isComplete() ? "good" : report.failures().isEmpty() ? "wait" : "bad");
    long values =
        report.rewrites().stream()
            .filter(Rewrite::done)
            .mapToLong(r -> r.rows() * r.columns())
            .sum();
    long jobRows = job.stream().filter(Rewrite::done).mapToLong(Rewrite::rows).sum();
    List<Map<String, Object>> tiles = new ArrayList<>();
    tiles.add(tile("partitions", Wording.count(report.partitions()), "written and swapped in"));
    tiles.add(tile("rows", Wording.count(report.rows()), "over all tables"));
    tiles.add(tile("values", brief(values), "computed"));
    tiles.add(
        tile(
            "speed",
            jobRows == 0 ? "-" : Wording.count(Wording.rowsPerSecond(jobRows, report.busy())),
            "rows/s while at work"));
    tiles.add(
        tile(
            "time at work",
            job.isEmpty() ? "-" : Wording.duration(report.busy()),
            job.isEmpty() ? "" : "of " + Wording.duration(report.elapsed()) + " by the clock"));
    tiles.add(tile("retries", Wording.count(report.retries()), "over all partitions"));
    tiles.add(tile("interruptions", interruptions(), endings()));
    tiles.add(tile("validation", verdict(), checks()));
    list("tiles", tiles);
  }

  private static Map<String, Object> tile(String name, String value, String note) {
    return line("name", name, "value", value, "note", note);
  }

  private String interruptions() {
    int number = report.interruptions().size();
    return number == 0 ? "none" : Wording.count(number);
  }

  private String endings() {
    return report.interruptions().isEmpty()
        ? "of " + Wording.count(report.runs().size()) + " runs"
        : Wording.interruptions(report);
  }

  private String verdict() {
    return report.validation().map(v -> v.passed() ? "passed" : "FAILED").orElse("not made");
  }

  private String checks() {
    return report.validation().isEmpty() ? "" : Wording.verdict(report.validation());
  }

  private static String brief(long number) {
    if (number < 1_000_000) {
      return Wording.count(number);
    }
    return number < 1_000_000_000
        ? String.format(Locale.ROOT, "%.1f million", number / 1e6)
        : String.format(Locale.ROOT, "%.2f billion", number / 1e9);
  }

  private void stages() {
    List<Map<String, Object>> lines = new ArrayList<>();
    for (StageWork stage : report.stages()) {
      double all = Math.max(1, stage.partitions());
      lines.add(
          line(
              "stage",
              stage.stage(),
              "name",
              stage.name(),
              "partitions",
              String.format(Locale.ROOT, "%,d of %,d", stage.done(), stage.partitions()),
              "donePercent",
              number(100 * stage.done() / all),
              "failedPercent",
              number(100 * stage.failed() / all),
              "rows",
              Wording.count(stage.rows()),
              "columns",
              Wording.count(stage.columns()),
              "busy",
              Wording.duration(stage.busy()),
              "retries",
              Wording.count(stage.retries()),
              "last",
              stage.last().map(Wording::time).orElse("")));
    }
    list("stages", lines);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  private void work() {
    context.put("hasWork", !job.isEmpty());
    List<Map<String, Object>> tables = new ArrayList<>();
    for (TableFamily family : TableFamily.values()) {
      if (job.stream().anyMatch(r -> r.done() && r.table() == family)) {
        tables.add(
            line(
                "name",
                family == TableFamily.MARKET ? family.prefix() : family.prefix() + "_*",
                "swatch",
                "t" + family.ordinal()));
      }
    }
    list("tables", tables);
    List<Map<String, Object>> names = new ArrayList<>();
    workers.forEach(worker -> names.add(line("letter", letter(worker), "name", worker)));
    list("workers", names);
    int earlier = report.rewrites().size() - job.size();
    context.put(
        "earlierWork",
        earlier == 0
            ? ""
            : Wording.count(earlier)
                + " partitions that were written more than six hours before are not shown.");
  }

  /** A, B, ..., Z, AA for the processes that worked, in the order of their beginnings. */
  private String letter(String worker) {
    int number = workers.indexOf(worker);
    String last = String.valueOf((char) ('A' + number % 26));
    return number < 26 ? last : (char) ('A' + number / 26 - 1) + last;
  }

  private void market() {
    Optional<MarketHistory> market = report.market().filter(m -> !m.times().isEmpty());
    context.put("hasBaskets", market.filter(m -> !m.baskets().isEmpty()).isPresent());
    context.put("hasBlocs", market.filter(m -> !m.strengths().isEmpty()).isPresent());
    context.put("interval", market.map(m -> interval(m.interval())).orElse(""));
    context.put("marketSource", market.map(MarketHistory::source).orElse(""));
    Optional<Mispricings> mispricings = report.mispricings().filter(m -> !m.days().isEmpty());
    context.put("hasMispricings", mispricings.isPresent());
    context.put("mispricingSource", mispricings.map(Mispricings::source).orElse(""));
  }

  private static String interval(Duration interval) {
    if (interval.toDays() > 0) {
      return "one day";
    }
    long hours = interval.toHours();
    long minutes = interval.toMinutes();
    if (hours > 0) {
      return hours == 1 ? "one hour" : hours + " hours";
    }
    return minutes == 1 ? "one minute" : minutes + " minutes";
  }

  private List<ColumnFamily> familiesWithNulls() {
    return report.families().stream().filter(f -> f.nulls() > 0).toList();
  }

  private void nulls() {
    List<ColumnFamily> with = familiesWithNulls();
    long without = report.families().stream().filter(f -> f.values() > 0).count() - with.size();
    context.put("hasNulls", !with.isEmpty());
    context.put(
        "fullFamilies",
        without == 0 ? "" : Wording.count(without) + " more families have none missing.");
  }

  private void plan() {
    List<Map<String, Object>> lines = new ArrayList<>();
    for (WorkComparison work : report.plan()) {
      lines.add(
          line(
              "name", work.name(),
              "planned", Wording.planned(work, "-"),
              "actual", Wording.duration(work.actualTime()),
              "variance", work.timeVariancePercent().map(Wording::percent).orElse("-"),
              "plannedCost", Wording.usd(work.plannedCost(), "-"),
              "actualCost", Wording.usd(work.actualCost(), "-"),
              "costVariance", work.costVariancePercent().map(Wording::percent).orElse("-")));
    }
    list("plan", lines);
    context.put("actualTime", Wording.actualTime(report));
  }

  private void validation() {
    context.put("validation", report.validation().map(HtmlReport::validation).orElse(null));
  }

  private static Map<String, Object> validation(ValidationReport validation) {
    List<Map<String, Object>> checks = new ArrayList<>();
    for (Check check : validation.checks()) {
      List<Map<String, Object>> examples =
          check.examples().stream().map(text -> line("text", text)).toList();
      checks.add(
          line(
              "validator",
              check.validator(),
              "result",
              check.passed() ? "passed" : "FAILED",
              "resultClass",
              check.passed() ? "good" : "bad",
              "partitions",
              check.passed()
                  ? Wording.count(check.partitions())
                  : String.format(Locale.ROOT, "%,d of %,d", check.failed(), check.partitions()),
              "rule",
              check.rule(),
              "examples",
              examples));
    }
    return line(
        "verdict", Wording.verdict(Optional.of(validation)),
        "verdictClass", validation.passed() ? "good" : "bad",
        "rows", Wording.count(validation.rows()),
        "values", Wording.count(validation.values()),
        "elapsed", Wording.duration(validation.elapsed()),
        "checks", checks);
  }

  private void changes() {
    list(
        "requestChanges",
        report.requestChanges().stream().map(text -> line("text", text)).toList());
    List<Map<String, Object>> lines = new ArrayList<>();
    for (ContentChange change : report.changes().map(ContentChanges::stages).orElse(List.of())) {
      if (change.isChange()) {
        lines.add(
            line(
                "stage", change.stage(),
                "added", Wording.count(change.added()),
                "changed", Wording.count(change.changed()),
                "removed", Wording.count(change.removed()),
                "before", Wording.count(change.rowsBefore()),
                "now", Wording.count(change.rowsNow())));
      }
    }
    list("contentChanges", lines);
    context.put("changesNote", changesNote(lines.isEmpty()));
  }

  private String changesNote(boolean same) {
    if (report.changes().isEmpty()) {
      return report.requestChanges().isEmpty()
          ? "Nothing else was asked for, and there is no earlier report to compare the contents with."
          : "There is no earlier report to compare the contents with.";
    }
    String earlier = Wording.time(report.changes().get().earlier()) + " UTC";
    return same
        ? "The stored contents are those of the report of " + earlier + "."
        : "Partitions that differ from the report of " + earlier + ":";
  }

  private void runs() {
    List<Map<String, Object>> lines = new ArrayList<>();
    for (JobRun run : report.runs()) {
      lines.add(
          line(
              "started",
              Wording.time(run.started()),
              "ending",
              run.ending().toString(),
              "endingClass",
              switch (run.ending()) {
                case DONE -> "good";
                case FAILED, KILLED -> "bad";
                case RUNNING, CANCELLED -> "wait";
              },
              "took",
              run.elapsed().map(Wording::duration).orElse(""),
              "worker",
              run.worker(),
              "months",
              run.from() + " to " + run.to(),
              "stages",
              String.join(" ", run.stages()),
              "rewrites",
              Wording.count(run.rewrites())));
    }
    list("runs", lines);
  }

  private void interrupted() {
    List<Map<String, Object>> lines = new ArrayList<>();
    for (Interruption interruption : report.interruptions()) {
      lines.add(
          line(
              "at", Wording.time(interruption.at()),
              "ending", interruption.ending().toString(),
              "endingClass", interruption.ending() == JobRun.Ending.KILLED ? "bad" : "wait",
              "worker", interruption.worker(),
              "machine", interruption.machine().orElse("-"),
              "reason", interruption.reason(),
              "repeated", Wording.repeated(interruption),
              "resumed", interruption.resumed().map(Wording::time).orElse("-"),
              "standstill", interruption.standstill().map(Wording::duration).orElse("-"),
              "usd", Wording.usd(interruption.usd(), "-")));
    }
    list("interruptions", lines);
    context.put("interruptionsNote", Wording.INTERRUPTIONS_NOTE);
  }

  private void machines() {
    List<Map<String, Object>> lines = new ArrayList<>();
    for (MachineUse machine : report.machines()) {
      lines.add(
          line(
              "id", machine.id(),
              "description", machine.description(),
              "started", Wording.time(machine.started()),
              "ended", Wording.time(machine.ended()),
              "ran", Wording.duration(machine.elapsed()),
              "usd", Wording.usd(machine.usd(), "-"),
              "lost", machine.lost().orElse("")));
    }
    list("machines", lines);
  }

  private void failures() {
    List<Map<String, Object>> lines = new ArrayList<>();
    for (Rewrite failure : report.failures()) {
      lines.add(
          line(
              "table", failure.tableName(),
              "month", failure.month().toString(),
              "attempts", Wording.count(failure.attempts()),
              "when", Wording.time(failure.finished()),
              "why", failure.error().orElse("")));
    }
    list("failures", lines);
  }

  /** What the charts show, short: arrays instead of objects. */
  private Map<String, Object> data() {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("work", job.isEmpty() ? null : workData());
    data.put(
        "slowest",
        report.slowest(SLOWEST).stream()
            .map(
                r ->
                    List.of(
                        r.tableName() + " " + r.month(),
                        r.elapsed().toMillis() / 1000.0,
                        r.table().prefix()))
            .toList());
    data.put("nulls", nullData());
    data.put("market", report.market().map(HtmlReport::marketData).orElse(null));
    data.put(
        "mispricings",
        report
            .mispricings()
            .map(
                m ->
                    line(
                        "days",
                        m.days().stream().map(Object::toString).toList(),
                        "values",
                        JsonReport.lines(m.pairs())))
            .orElse(null));
    return data;
  }

  /** Families of a stage that lack the same share stand together. */
  private List<List<Object>> nullData() {
    Map<String, List<ColumnFamily>> alike = new LinkedHashMap<>();
    for (ColumnFamily family : familiesWithNulls()) {
      alike
          .computeIfAbsent(family.stage() + " " + family.nullShare(), key -> new ArrayList<>())
          .add(family);
    }
    List<List<Object>> lines = new ArrayList<>();
    for (List<ColumnFamily> group : alike.values()) {
      ColumnFamily first = group.get(0);
      lines.add(
          List.of(
              first.stage(),
              group.size() == 1
                  ? first.name()
                  : String.format(Locale.ROOT, "%s and %d more", first.name(), group.size() - 1),
              first.nullShare()));
    }
    return lines;
  }

  private Map<String, Object> workData() {
    List<String> lanes =
        job.stream()
            .map(this::lane)
            .distinct()
            .sorted(Comparator.comparing(String::length).thenComparing(lane -> lane))
            .toList();
    Instant start = job.get(0).started();
    Instant end = Intervals.end(job);
    List<List<Object>> partitions = new ArrayList<>();
    for (Rewrite rewrite : job) {
      partitions.add(
          List.of(
              lanes.indexOf(lane(rewrite)),
              rewrite.started().toEpochMilli(),
              rewrite.finished().toEpochMilli(),
              rewrite.table().prefix(),
              rewrite.tableName() + " " + rewrite.month(),
              rewrite.done(),
              rewrite.rows()));
    }
    List<List<Object>> pace = new ArrayList<>();
    for (PacePoint point : report.pace(PACE_INTERVALS)) {
      pace.add(List.of(point.start().toEpochMilli(), Math.round(point.rowsPerSecond())));
    }
    return line(
        "lanes",
        lanes,
        "start",
        start.toEpochMilli(),
        "end",
        Math.max(end.toEpochMilli(), start.toEpochMilli() + 1),
        "partitions",
        partitions,
        "pace",
        pace,
        "runs",
        report.runs().stream()
            .map(JobRun::started)
            .filter(at -> !at.isBefore(start.minusSeconds(60)) && at.isBefore(end))
            .map(at -> Math.max(at.toEpochMilli(), start.toEpochMilli()))
            .toList());
  }

  private String lane(Rewrite rewrite) {
    return letter(rewrite.worker()) + (rewrite.lane() + 1);
  }

  private static Map<String, Object> marketData(MarketHistory market) {
    return line(
        "times",
        market.times().stream().map(time -> time.toInstant(ZoneOffset.UTC).toEpochMilli()).toList(),
        "step",
        market.interval().toMillis(),
        "baskets",
        JsonReport.lines(market.baskets()),
        "strengths",
        JsonReport.lines(market.strengths()),
        "coherences",
        JsonReport.lines(market.coherences()));
  }
}
