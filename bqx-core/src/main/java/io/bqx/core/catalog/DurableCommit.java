package io.bqx.core.catalog;

import org.jooq.Field;
import org.jooq.Param;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/**
 * Lets the commit of a transaction be answered only when a crash of the server can no longer undo
 * it, also where {@code synchronous_commit} is off.
 */
public final class DurableCommit {

  private static final Param<String> SETTING = DSL.inline("synchronous_commit");

  private DurableCommit() {}

  /**
   * To be selected in the transaction whose commit is to be durable. Every value of the setting but
   * {@code off} stays what it is.
   */
  public static Field<String> required() {
    Field<String> present = catalogFunction("current_setting", SETTING);
    return catalogFunction(
        "set_config",
        SETTING,
        DSL.when(present.eq("off"), DSL.inline("on")).otherwise(present),
        DSL.inline(true));
  }

  private static Field<String> catalogFunction(String name, Field<?>... arguments) {
    return DSL.function(DSL.name("pg_catalog", name), SQLDataType.VARCHAR, arguments);
  }
}
