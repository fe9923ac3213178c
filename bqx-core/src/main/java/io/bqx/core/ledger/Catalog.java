package io.bqx.core.ledger;

import static org.jooq.impl.DSL.name;

import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Name;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/**
 * Asks the server's catalog what exists, in the server's own words, so that any name is found as it
 * is written.
 */
final class Catalog {

  private static final Name NAMESPACE = name("pg_catalog", "pg_namespace");
  private static final Name CLASS = name("pg_catalog", "pg_class");
  private static final Field<Long> NAMESPACE_ID =
      DSL.field(NAMESPACE.append("oid"), SQLDataType.BIGINT);
  private static final Field<String> NAMESPACE_NAME =
      DSL.field(NAMESPACE.append("nspname"), SQLDataType.VARCHAR);
  private static final Field<Long> CLASS_NAMESPACE =
      DSL.field(CLASS.append("relnamespace"), SQLDataType.BIGINT);
  private static final Field<String> CLASS_NAME =
      DSL.field(CLASS.append("relname"), SQLDataType.VARCHAR);

  private Catalog() {}

  static boolean hasSchema(DSLContext sql, String schema) {
    return sql.fetchExists(
        DSL.selectOne().from(DSL.table(NAMESPACE)).where(NAMESPACE_NAME.eq(schema)));
  }

  static boolean hasTable(DSLContext sql, String schema, String table) {
    return sql.fetchExists(
        DSL.selectOne()
            .from(DSL.table(CLASS))
            .join(DSL.table(NAMESPACE))
            .on(NAMESPACE_ID.eq(CLASS_NAMESPACE))
            .where(NAMESPACE_NAME.eq(schema), CLASS_NAME.eq(table)));
  }
}
