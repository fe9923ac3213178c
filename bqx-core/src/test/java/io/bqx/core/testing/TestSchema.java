package io.bqx.core.testing;

import org.jooq.DSLContext;
import org.jooq.Name;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/** A schema of one test's own, dropped with everything in it on close. */
public final class TestSchema implements AutoCloseable {

  private final String name;

  TestSchema(String name) {
    this.name = name;
  }

  /** The schema's name. */
  public String name() {
    return name;
  }

  /** Creates the schema, for a test whose subject expects it to exist. */
  public TestSchema create() {
    DSL.using(TestDatabase.pool(), SQLDialect.POSTGRES).createSchema(DSL.name(name)).execute();
    return this;
  }

  /**
   * Drops the schema if it exists; one table at a time, so that thousands of partitions do not
   * exhaust the locks.
   */
  @Override
  public void close() {
    DSLContext sql = DSL.using(TestDatabase.pool(), SQLDialect.POSTGRES);
    Name table = DSL.name("c");
    sql.select(DSL.field(table.append("relname"), SQLDataType.VARCHAR))
        .from(DSL.table(DSL.name("pg_catalog", "pg_class")).as(table))
        .join(DSL.table(DSL.name("pg_catalog", "pg_namespace")).as("n"))
        .on("n.oid = c.relnamespace")
        .where(DSL.field(DSL.name("n", "nspname"), SQLDataType.VARCHAR).eq(name))
        .and(DSL.field(table.append("relkind"), SQLDataType.CHAR(1)).in("r", "p"))
        .and(DSL.field(table.append("relispartition"), SQLDataType.BOOLEAN).isFalse())
        .fetch(0, String.class)
        .forEach(found -> sql.dropTable(DSL.name(name, found)).cascade().execute());
    sql.dropSchemaIfExists(DSL.name(name)).cascade().execute();
  }

  @Override
  public String toString() {
    return name;
  }
}
