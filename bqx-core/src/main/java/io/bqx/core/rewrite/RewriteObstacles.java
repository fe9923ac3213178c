package io.bqx.core.rewrite;

import static io.bqx.core.rewrite.SystemCatalog.bool;
import static io.bqx.core.rewrite.SystemCatalog.catalog;
import static io.bqx.core.rewrite.SystemCatalog.catalogOid;
import static io.bqx.core.rewrite.SystemCatalog.oid;
import static io.bqx.core.rewrite.SystemCatalog.text;
import static org.jooq.impl.DSL.any;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.selectDistinct;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record3;
import org.jooq.Select;

/**
 * What partitions have of their own that a fresh table cannot take over, so that a rewrite refuses
 * them: triggers, policies, rules, extended statistics, a place in a publication, constraints that
 * tie them to others, and views.
 */
public final class RewriteObstacles {

  private RewriteObstacles() {}

  /**
   * The obstacles of tables, in words such as {@code "the trigger audit"}, by the number of the
   * table; tables without any are missing. One short query.
   */
  public static Map<Long, List<String>> of(DSLContext dsl, Collection<Long> relations) {
    return dsl.fetch(
            triggers(relations)
                .unionAll(
                    belongings(
                        "the row security policy ", "pg_policy", "polrelid", "polname", relations))
                .unionAll(rowSecurity(relations))
                .unionAll(belongings("the rule ", "pg_rewrite", "ev_class", "rulename", relations))
                .unionAll(
                    belongings(
                        "the extended statistics ",
                        "pg_statistic_ext",
                        "stxrelid",
                        "stxname",
                        relations))
                .unionAll(publications(relations))
                .unionAll(constraints("conrelid", relations))
                .unionAll(constraints("confrelid", relations))
                .unionAll(views(relations)))
        .intoGroups(row -> row.value1(), row -> row.value2() + row.value3());
  }

  private static Select<Record3<Long, String, String>> triggers(Collection<Long> relations) {
    return select(oid("g", "tgrelid"), inline("the trigger "), text("g", "tgname"))
        .from(catalog("pg_trigger", "g"))
        .where(
            among(oid("g", "tgrelid"), relations),
            bool("g", "tgisinternal").isFalse(),
            oid("g", "tgparentid").eq(inline(0L)));
  }

  /** What is in a table of the catalogue that names the table that it belongs to. */
  private static Select<Record3<Long, String, String>> belongings(
      String what, String catalog, String owner, String name, Collection<Long> relations) {
    return select(oid("b", owner), inline(what), text("b", name))
        .from(catalog(catalog, "b"))
        .where(among(oid("b", owner), relations));
  }

  private static Select<Record3<Long, String, String>> rowSecurity(Collection<Long> relations) {
    return select(oid("c", "oid"), inline("row security on "), text("c", "relname"))
        .from(catalog("pg_class", "c"))
        .where(among(oid("c", "oid"), relations), bool("c", "relrowsecurity").isTrue());
  }

  private static Select<Record3<Long, String, String>> publications(Collection<Long> relations) {
    return select(
            oid("m", "prrelid"), inline("its own place in the publication "), text("b", "pubname"))
        .from(catalog("pg_publication_rel", "m"))
        .join(catalog("pg_publication", "b"))
        .on(oid("b", "oid").eq(oid("m", "prpubid")))
        .where(among(oid("m", "prrelid"), relations));
  }

  private static Select<Record3<Long, String, String>> constraints(
      String end, Collection<Long> relations) {
    return select(oid("k", end), inline("the constraint "), text("k", "conname"))
        .from(catalog("pg_constraint", "k"))
        .where(
            among(oid("k", end), relations),
            oid("k", "conparentid").eq(inline(0L)),
            text("k", "contype")
                .in(inline("f"), inline("x"))
                .or(bool("k", "condeferrable").isTrue()));
  }

  /** The names of the views that depend on any of the tables or views. */
  public static Set<String> dependentViews(DSLContext dsl, Collection<Long> relations) {
    return new TreeSet<>(dsl.fetch(views(relations)).getValues(2, String.class));
  }

  private static Select<Record3<Long, String, String>> views(Collection<Long> relations) {
    return selectDistinct(oid("d", "refobjid"), inline("the dependent view "), text("v", "relname"))
        .from(catalog("pg_depend", "d"))
        .join(catalog("pg_rewrite", "w"))
        .on(oid("w", "oid").eq(oid("d", "objid")))
        .join(catalog("pg_class", "v"))
        .on(oid("v", "oid").eq(oid("w", "ev_class")))
        .where(
            oid("d", "classid").eq(catalogOid("pg_catalog.pg_rewrite")),
            oid("d", "refclassid").eq(catalogOid("pg_catalog.pg_class")),
            among(oid("d", "refobjid"), relations),
            text("d", "deptype").eq(inline("n")));
  }

  /** One array, however many there are: years of months of all pairs are looked at together. */
  private static Condition among(Field<Long> oid, Collection<Long> relations) {
    return oid.eq(any(relations.toArray(Long[]::new)));
  }
}
