package io.bqx.core.doctor;

import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.Table;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/** Tables, columns and functions of PostgreSQL's own catalogue as jOOQ objects. */
final class SystemViews {

  private SystemViews() {}

  static Table<Record> view(String view, String alias) {
    return DSL.table(DSL.name("pg_catalog", view)).as(alias);
  }

  static Field<String> text(String alias, String column) {
    return DSL.field(DSL.name(alias, column), SQLDataType.VARCHAR);
  }

  static Field<Long> number(String alias, String column) {
    return DSL.field(DSL.name(alias, column), SQLDataType.BIGINT);
  }

  static Field<Boolean> flag(String alias, String column) {
    return DSL.field(DSL.name(alias, column), SQLDataType.BOOLEAN);
  }

  static Field<?> column(String alias, String column) {
    return DSL.field(DSL.name(alias, column));
  }

  static <T> Field<T> call(String function, Class<T> type, Field<?>... arguments) {
    return DSL.function(DSL.name("pg_catalog", function), type, arguments);
  }

  /** Whether a column is the number of the database of this session. */
  static Condition isThisDatabase(Field<Long> database) {
    return database.eq(
        DSL.select(number("d", "oid"))
            .from(view("pg_database", "d"))
            .where(text("d", "datname").eq(DSL.currentCatalog())));
  }

  /** Seconds since an instant that a column holds; null if it holds none. */
  static Field<Double> secondsSince(Field<?> instant) {
    return DSL.field(
        "extract(epoch from {0} - {1})",
        Double.class, call("clock_timestamp", Object.class), instant);
  }
}
