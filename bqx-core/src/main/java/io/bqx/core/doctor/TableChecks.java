package io.bqx.core.doctor;

import static io.bqx.core.doctor.SystemViews.flag;
import static io.bqx.core.doctor.SystemViews.number;
import static io.bqx.core.doctor.SystemViews.text;
import static io.bqx.core.doctor.SystemViews.view;
import static org.jooq.impl.DSL.inline;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.CatalogProblem;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.PartitionedTable;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.rewrite.RewriteObstacles;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What about the tables that exist would make a rewrite fail, or lose something. */
final class TableChecks {

  private TableChecks() {}

  static List<Finding> shape(Examination at) {
    PartitionCatalog catalog = new PartitionCatalog(at.dsl(), at.schema());
    List<Finding> findings = new ArrayList<>();
    int existing = 0;
    for (PartitionedTable table : at.tables()) {
      try {
        if (catalog.oidOf(table).isPresent()) {
          existing++;
          catalog.problems(table).stream()
              .filter(problem -> matters(table, problem.kind()))
              .map(TableChecks::finding)
              .forEach(findings::add);
        }
      } catch (BqxException e) {
        findings.add(
            Finding.problem(
                "tables", table.toString(), e.getMessage(), "Rename it, or choose another schema"));
      }
    }
    return findings.isEmpty()
        ? List.of(
            Finding.ok(
                "tables",
                existing + " of the tables that the job uses exist, all of them sound",
                "A rewrite refuses tables that it could not put back as they were; those that are missing are made"))
        : findings;
  }

  /** Bars may be in partitions of any whole range, and are never written by a stage. */
  private static boolean matters(PartitionedTable table, CatalogProblem.Kind kind) {
    return table.family() != TableFamily.M1 || kind != CatalogProblem.Kind.NOT_ONE_MONTH;
  }

  private static Finding finding(CatalogProblem problem) {
    String found = problem.message();
    int remedy = found.lastIndexOf("; ");
    String what = remedy < 0 ? found : found.substring(0, remedy);
    String todo =
        remedy < 0 ? "Rename the table and let bqx make a new one" : found.substring(remedy + 2);
    return switch (problem.kind()) {
      case NO_UNIQUE_TIME ->
          Finding.advice(
              "tables",
              what,
              "Nothing keeps two rows of the same minute apart there",
              sentence(todo));
      default ->
          Finding.problem(
              "tables", what, "A rewrite refuses this table, or the partition", sentence(todo));
    };
  }

  private static String sentence(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }

  /** What partitions have of their own that a rewrite refuses, one finding for each obstacle. */
  static List<Finding> obstacles(Examination at) {
    Map<Long, String> partitions = partitions(at);
    Map<String, List<String>> tables = new LinkedHashMap<>();
    RewriteObstacles.of(at.dsl(), partitions.keySet())
        .forEach(
            (relation, obstacles) ->
                obstacles.forEach(
                    obstacle ->
                        tables
                            .computeIfAbsent(obstacle, o -> new ArrayList<>())
                            .add(partitions.get(relation))));
    return tables.entrySet().stream()
        .map(
            entry ->
                Finding.problem(
                    "partitions",
                    entry.getKey() + " belongs to " + PrivilegeChecks.some(entry.getValue()),
                    "A rewrite replaces the partition by a fresh table, which cannot take that over; it refuses the"
                        + " partition before anything is written",
                    "Put it on the parent table, or remove it"))
        .toList();
  }

  /** Names of the partitions that stages rewrite, by number. */
  private static Map<Long, String> partitions(Examination at) {
    List<String> parents =
        at.tables().stream()
            .filter(table -> table.family() != TableFamily.M1)
            .map(PartitionedTable::name)
            .toList();
    return at
        .dsl()
        .select(number("c", "oid"), text("c", "relname"))
        .from(view("pg_class", "c"))
        .join(view("pg_inherits", "h"))
        .on(number("h", "inhrelid").eq(number("c", "oid")))
        .join(view("pg_class", "p"))
        .on(number("p", "oid").eq(number("h", "inhparent")))
        .join(view("pg_namespace", "n"))
        .on(number("n", "oid").eq(number("p", "relnamespace")))
        .where(text("n", "nspname").eq(inline(at.schema())), text("p", "relname").in(parents))
        .orderBy(text("c", "relname"))
        .stream()
        .collect(
            Collectors.toMap(
                row -> row.value1(), row -> row.value2(), (a, b) -> a, LinkedHashMap::new));
  }

  static List<Finding> indexes(Examination at) {
    List<Finding> findings = new ArrayList<>();
    at.dsl()
        .select(text("x", "relname"), text("c", "relname"))
        .from(view("pg_index", "i"))
        .join(view("pg_class", "x"))
        .on(number("x", "oid").eq(number("i", "indexrelid")))
        .join(view("pg_class", "c"))
        .on(number("c", "oid").eq(number("i", "indrelid")))
        .where(
            number("i", "indrelid").in(SessionChecks.relations(at)),
            flag("i", "indisvalid").isFalse())
        .orderBy(text("x", "relname"))
        .forEach(
            row ->
                findings.add(
                    Finding.advice(
                        "indexes",
                        "the index " + row.value1() + " of " + row.value2() + " is not valid",
                        "Nobody uses it, it costs time at each write, and a fresh partition does not take it over",
                        "DROP INDEX "
                            + at.quoted(at.schema(), row.value1())
                            + "; then make it anew if it is wanted")));
    return findings;
  }

  static List<Finding> unlogged(Examination at) {
    List<String> tables =
        at.dsl()
            .select(text("c", "relname"))
            .from(view("pg_class", "c"))
            .where(
                number("c", "oid").in(SessionChecks.relations(at)),
                text("c", "relpersistence").eq(inline("u")))
            .orderBy(text("c", "relname"))
            .fetch(0, String.class);
    return tables.isEmpty()
        ? List.of()
        : List.of(
            Finding.advice(
                "unlogged tables",
                Amounts.count(tables.size(), "table") + ": " + PrivilegeChecks.some(tables),
                "They are empty after a crash of the server and never reach a standby, while the ledger still has them"
                    + " as done. A rewrite keeps them unlogged",
                "ALTER TABLE " + at.quoted(at.schema(), tables.get(0)) + " SET LOGGED; and so on"));
  }
}
