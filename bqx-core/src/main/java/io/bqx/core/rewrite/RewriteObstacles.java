package io.bqx.core.rewrite;

import static io.bqx.core.rewrite.SystemCatalog.bool;
import static io.bqx.core.rewrite.SystemCatalog.catalog;
import static io.bqx.core.rewrite.SystemCatalog.catalogOid;
import static io.bqx.core.rewrite.SystemCatalog.oid;
import static io.bqx.core.rewrite.SystemCatalog.text;
import static org.jooq.impl.DSL.inline;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jooq.DSLContext;
import org.jooq.Record2;
import org.jooq.Select;
import org.jooq.Table;

/**
 * What partitions have of their own that a fresh table cannot take over, so that a rewrite refuses
 * them: triggers, policies, rules, extended statistics, a place in a publication, constraints that
 * tie them to others, and views.
 */
public final class RewriteObstacles {

  private static final Table<?> CLASS = catalog("pg_class", "c");

  private RewriteObstacles() {}

  /**
   * The obstacles of tables, in words such as {@code "the trigger audit"}, by the number of the
   * table; tables without any are missing. A fixed number of short queries.
   */
  public static Map<Long, List<String>> of(DSLContext dsl, Collection<Long> relations) {
    Map<Long, List<String>> found = new TreeMap<>();
    add(
        found,
        "the trigger ",
        dsl.select(oid("g", "tgrelid"), text("g", "tgname"))
            .from(catalog("pg_trigger", "g"))
            .where(
                oid("g", "tgrelid").in(relations),
                bool("g", "tgisinternal").isFalse(),
                oid("g", "tgparentid").eq(inline(0L))));
    add(
        found,
        "the row security policy ",
        dsl.select(oid("p", "polrelid"), text("p", "polname"))
            .from(catalog("pg_policy", "p"))
            .where(oid("p", "polrelid").in(relations)));
    add(
        found,
        "row security on ",
        dsl.select(oid("c", "oid"), text("c", "relname"))
            .from(CLASS)
            .where(oid("c", "oid").in(relations), bool("c", "relrowsecurity").isTrue()));
    add(
        found,
        "the rule ",
        dsl.select(oid("w", "ev_class"), text("w", "rulename"))
            .from(catalog("pg_rewrite", "w"))
            .where(oid("w", "ev_class").in(relations)));
    add(
        found,
        "the extended statistics ",
        dsl.select(oid("e", "stxrelid"), text("e", "stxname"))
            .from(catalog("pg_statistic_ext", "e"))
            .where(oid("e", "stxrelid").in(relations)));
    add(
        found,
        "its own place in the publication ",
        dsl.select(oid("m", "prrelid"), text("b", "pubname"))
            .from(catalog("pg_publication_rel", "m"))
            .join(catalog("pg_publication", "b"))
            .on(oid("b", "oid").eq(oid("m", "prpubid")))
            .where(oid("m", "prrelid").in(relations)));
    for (String end : List.of("conrelid", "confrelid")) {
      add(
          found,
          "the constraint ",
          dsl.select(oid("k", end), text("k", "conname"))
              .from(catalog("pg_constraint", "k"))
              .where(
                  oid("k", end).in(relations),
                  oid("k", "conparentid").eq(inline(0L)),
                  text("k", "contype")
                      .in(inline("f"), inline("x"))
                      .or(bool("k", "condeferrable").isTrue())));
    }
    add(found, "the dependent view ", views(dsl, relations));
    return found;
  }

  /** The names of the views that depend on any of the tables or views. */
  public static Set<String> dependentViews(DSLContext dsl, Collection<Long> relations) {
    return new TreeSet<>(views(dsl, relations).fetch().getValues(1, String.class));
  }

  private static Select<Record2<Long, String>> views(DSLContext dsl, Collection<Long> relations) {
    return dsl.selectDistinct(oid("d", "refobjid"), text("v", "relname"))
        .from(catalog("pg_depend", "d"))
        .join(catalog("pg_rewrite", "w"))
        .on(oid("w", "oid").eq(oid("d", "objid")))
        .join(catalog("pg_class", "v"))
        .on(oid("v", "oid").eq(oid("w", "ev_class")))
        .where(
            oid("d", "classid").eq(catalogOid("pg_catalog.pg_rewrite")),
            oid("d", "refclassid").eq(catalogOid("pg_catalog.pg_class")),
            oid("d", "refobjid").in(relations),
            text("d", "deptype").eq(inline("n")));
  }

  private static void add(
      Map<Long, List<String>> found, String what, Select<Record2<Long, String>> names) {
    names
        .fetch()
        .forEach(
            row ->
                found
                    .computeIfAbsent(row.value1(), relation -> new ArrayList<>())
                    .add(what + row.value2()));
  }
}
