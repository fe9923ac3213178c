package io.bqx.core.ingest;

import io.bqx.core.catalog.TableFamily;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureType;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jooq.Field;
import org.jooq.Name;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/**
 * The columns of the tables {@code m1_{pair}}: the start of the bar, four prices and the volume.
 */
final class BarColumns {

  static final List<String> PRICES = List.of("open", "high", "low", "close");
  static final List<String> VALUES = List.of("open", "high", "low", "close", "volume");

  private BarColumns() {}

  /** All columns in table order, as definitions. */
  static List<FeatureColumn> definitions() {
    List<FeatureColumn> columns = new ArrayList<>();
    columns.add(
        new FeatureColumn(
            TableFamily.M1.timeColumn(), FeatureType.TIMESTAMP, "source", "microseconds UTC", 0));
    for (String value : VALUES) {
      String unit = PRICES.contains(value) ? "quote currency" : "as in the source";
      columns.add(new FeatureColumn(value, FeatureType.DOUBLE, "source", unit, 0));
    }
    return columns;
  }

  /** The time column of a table's alias. */
  static Field<LocalDateTime> time(Name owner) {
    return DSL.field(owner.append(TableFamily.M1.timeColumn()), SQLDataType.LOCALDATETIME(6));
  }

  /** The open, high, low, close and volume columns of a table's alias. */
  static List<Field<Double>> values(Name owner) {
    return VALUES.stream()
        .map(value -> DSL.field(owner.append(value), SQLDataType.DOUBLE))
        .toList();
  }

  /** All columns of a table's alias in table order; without an owner if the alias is empty. */
  static List<Field<?>> all(Name owner) {
    List<Field<?>> columns = new ArrayList<>();
    columns.add(time(owner));
    columns.addAll(values(owner));
    return columns;
  }
}
