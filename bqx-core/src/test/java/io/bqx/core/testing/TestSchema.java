package io.bqx.core.testing;

import org.jooq.SQLDialect;
import org.jooq.impl.DSL;

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
    DSL.using(TestDatabase.dataSource(), SQLDialect.POSTGRES)
        .createSchema(DSL.name(name))
        .execute();
    return this;
  }

  /** Drops the schema if it exists. */
  @Override
  public void close() {
    DSL.using(TestDatabase.dataSource(), SQLDialect.POSTGRES)
        .dropSchemaIfExists(DSL.name(name))
        .cascade()
        .execute();
  }

  @Override
  public String toString() {
    return name;
  }
}
