package io.bqx.core.catalog;

import io.bqx.features.CurrencyPair;
import java.time.LocalDateTime;
import org.jooq.Field;
import org.jooq.Name;
import org.jooq.Table;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/**
 * The view {@code reg_bqx_{pair}_v} of the shared layout: the rows of {@code reg_bqx_{pair}}, each
 * with the columns of {@code market_features} at its time, in the order that the columns of the
 * wide table have. It says what the view is called, not whether it exists.
 *
 * @param table the pair's own table
 * @param market the market's table
 */
public record FeatureView(PairTable table, MarketTable market) {

  /** The view of a pair. */
  public static FeatureView of(String schema, CurrencyPair pair) {
    return new FeatureView(PairTable.of(schema, TableFamily.REG_BQX, pair), MarketTable.of(schema));
  }

  /** The view's name without its schema: {@code "reg_bqx_eurusd_v"}. */
  public String name() {
    return table.name() + "_v";
  }

  /** The view's name, qualified by its schema. */
  public Name qualifiedName() {
    return DSL.name(table.schema(), name());
  }

  /** The view, for queries. */
  public Table<?> view() {
    return DSL.table(qualifiedName());
  }

  /** The view's time column. */
  public Field<LocalDateTime> time() {
    return DSL.field(
        qualifiedName().append(table.family().timeColumn()), SQLDataType.LOCALDATETIME);
  }

  /** The schema and the name, for messages: {@code bqx.reg_bqx_eurusd_v}. */
  @Override
  public String toString() {
    return table.schema() + "." + name();
  }
}
