package io.bqx.core.rewrite;

import java.util.Optional;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Table;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/** Tables of PostgreSQL's own catalogue and their columns as jOOQ objects. */
final class SystemCatalog {

  private SystemCatalog() {}

  static Table<?> catalog(String table, String alias) {
    return DSL.table(DSL.name("pg_catalog", table)).as(alias);
  }

  static Field<Long> oid(String alias, String column) {
    return DSL.field(DSL.name(alias, column), SQLDataType.BIGINT);
  }

  static Field<String> text(String alias, String column) {
    return DSL.field(DSL.name(alias, column), SQLDataType.VARCHAR);
  }

  static Field<Boolean> bool(String alias, String column) {
    return DSL.field(DSL.name(alias, column), SQLDataType.BOOLEAN);
  }

  /** The number of a table of the catalogue, given by its qualified name. */
  static Field<Long> catalogOid(String catalog) {
    return DSL.field("{0}::regclass", Long.class, DSL.inline(catalog));
  }

  /** The number of the relation of a name, if there is one. */
  static Optional<Long> relation(DSLContext tx, String schema, String relation) {
    return tx.select(oid("c", "oid"))
        .from(catalog("pg_class", "c"))
        .join(catalog("pg_namespace", "n"))
        .on(oid("n", "oid").eq(oid("c", "relnamespace")))
        .where(text("n", "nspname").eq(schema), text("c", "relname").eq(relation))
        .fetchOptional(row -> row.value1());
  }
}
