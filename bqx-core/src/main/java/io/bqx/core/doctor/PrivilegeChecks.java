package io.bqx.core.doctor;

import static io.bqx.core.doctor.SystemViews.call;
import static io.bqx.core.doctor.SystemViews.number;
import static io.bqx.core.doctor.SystemViews.text;
import static io.bqx.core.doctor.SystemViews.view;
import static org.jooq.impl.DSL.currentCatalog;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.not;

import io.bqx.core.catalog.PartitionedTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.impl.DSL;

/** Whether the user may do what the job does. */
final class PrivilegeChecks {

  private static final String TOPIC = "privileges";
  private static final int NAMED = 3;

  private PrivilegeChecks() {}

  static List<Finding> ofUser(Examination at) {
    List<Finding> findings = new ArrayList<>();
    boolean exists =
        at.dsl()
            .fetchExists(
                view("pg_namespace", "n"), text("n", "nspname").eq(DSL.inline(at.schema())));
    String schema = at.quoted(at.schema());
    if (exists) {
      for (String privilege : List.of("USAGE", "CREATE")) {
        if (!holds(at, "has_schema_privilege", inline(at.schema()), privilege)) {
          findings.add(
              missing(
                  at,
                  privilege + " on the schema " + schema,
                  "The job makes its tables and partitions there",
                  "GRANT " + privilege + " ON SCHEMA " + schema));
        }
      }
    } else if (!holds(at, "has_database_privilege", currentCatalog(), "CREATE")) {
      findings.add(
          missing(
              at,
              "CREATE on the database, and the schema " + schema + " does not exist",
              "The first run makes the schema",
              "GRANT CREATE ON DATABASE " + at.quoted(database(at))));
    }
    if (!holds(at, "has_database_privilege", currentCatalog(), "TEMPORARY")) {
      findings.add(
          missing(
              at,
              "TEMPORARY on the database",
              "An import loads each file through a temporary table",
              "GRANT TEMPORARY ON DATABASE " + at.quoted(database(at))));
    }
    findings.addAll(ownership(at));
    if (findings.isEmpty()) {
      findings.add(
          Finding.ok(
              TOPIC,
              at.user() + " may do all that the job does",
              "The job makes, attaches and drops partitions"));
    }
    findings.addAll(statistics(at));
    return findings;
  }

  private static boolean holds(
      Examination at, String function, Field<String> object, String privilege) {
    return at.dsl()
        .select(call(function, Boolean.class, object, inline(privilege)))
        .fetchSingle()
        .value1();
  }

  private static String database(Examination at) {
    return at.dsl().select(currentCatalog()).fetchSingle().value1();
  }

  private static Finding missing(Examination at, String what, String why, String grant) {
    return Finding.problem(
        TOPIC, at.user() + " lacks " + what, why, grant + " TO " + at.quotedUser() + ";");
  }

  /** Tables of the job, their partitions, and the ledger, whose owners the user is not among. */
  private static List<Finding> ownership(Examination at) {
    Set<String> names =
        at.tables().stream()
            .map(PartitionedTable::name)
            .collect(Collectors.toCollection(TreeSet::new));
    Condition ours =
        text("c", "relname")
            .in(names)
            .or(text("c", "relname").startsWith("ledger_"))
            .or(text("c", "relname").eq(inline("baseline_rates")))
            .or(text("p", "relname").in(names));
    Field<String> owner =
        call("pg_get_userbyid", String.class, SystemViews.column("c", "relowner"));
    List<Finding> findings = new ArrayList<>();
    at.dsl()
        .select(owner, text("c", "relname"))
        .from(view("pg_class", "c"))
        .join(view("pg_namespace", "n"))
        .on(number("n", "oid").eq(number("c", "relnamespace")))
        .leftJoin(view("pg_inherits", "h"))
        .on(number("h", "inhrelid").eq(number("c", "oid")))
        .leftJoin(view("pg_class", "p"))
        .on(number("p", "oid").eq(number("h", "inhparent")))
        .where(
            text("n", "nspname").eq(inline(at.schema())),
            text("c", "relkind").in(inline("r"), inline("p")),
            ours,
            not(
                DSL.condition(
                    call(
                        "pg_has_role",
                        Boolean.class,
                        SystemViews.column("c", "relowner"),
                        inline("USAGE")))))
        .orderBy(text("c", "relname"))
        .fetchGroups(row -> row.value1(), row -> row.value2())
        .forEach(
            (role, tables) ->
                findings.add(
                    Finding.problem(
                        TOPIC,
                        Amounts.count(tables.size(), "table")
                            + " of "
                            + role
                            + ", whose rights "
                            + at.user()
                            + " does not have: "
                            + some(tables),
                        "Only an owner may attach, rename and drop partitions",
                        "GRANT " + at.quoted(role) + " TO " + at.quotedUser() + ";")));
    return findings;
  }

  private static List<Finding> statistics(Examination at) {
    boolean granted =
        at.dsl()
            .select(
                call("pg_has_role", Boolean.class, inline("pg_read_all_stats"), inline("USAGE")))
            .fetchSingle()
            .value1();
    String why = "Without it neither doctor nor a run that waits for a lock can say what others do";
    return List.of(
        granted
            ? Finding.ok("statistics", at.user() + " sees what other sessions do", why)
            : Finding.advice(
                "statistics",
                at.user() + " does not see what the sessions of other users do",
                why,
                "GRANT pg_read_all_stats TO " + at.quotedUser() + ";"));
  }

  /** The first few of many names. */
  static String some(List<String> names) {
    String first = names.stream().limit(NAMED).collect(Collectors.joining(", "));
    int more = names.size() - NAMED;
    return more > 0 ? first + " and " + more + " more" : first;
  }
}
