package io.bqx.core.rewrite;

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
}
