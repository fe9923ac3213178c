package io.bqx.core.ingest;

import static org.jooq.impl.SQLDataType.DOUBLE;
import static org.jooq.impl.SQLDataType.LOCALDATETIME;

import io.bqx.features.CurrencyPair;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jooq.Field;
import org.jooq.Name;
import org.jooq.Record;
import org.jooq.Table;
import org.jooq.impl.DSL;

/** The table {@code m1_{pair}}: one row per bar, one partition per calendar month (UTC). */
final class BarTable {

  static final String TIME = "time";
  static final List<String> VALUES = List.of("open", "high", "low", "close", "volume");

  private final String schema;
  private final String name;

  BarTable(String schema, CurrencyPair pair) {
    this.schema = schema;
    this.name = "m1_" + pair.name();
  }

  String schema() {
    return schema;
  }

  String name() {
    return name;
  }

  /** The name for messages: {@code bqx.m1_eurusd}. */
  String displayName() {
    return schema + "." + name;
  }

  Table<Record> table() {
    return DSL.table(DSL.name(schema, name));
  }

  String partitionName(YearMonth month) {
    return String.format(Locale.ROOT, "%s_%04d_%02d", name, month.getYear(), month.getMonthValue());
  }

  Table<Record> partition(YearMonth month) {
    return DSL.table(DSL.name(schema, partitionName(month)));
  }

  Name indexName() {
    return DSL.name(name + "_time_idx");
  }

  /** The time column of a table or alias. */
  static Field<LocalDateTime> time(Name owner) {
    return DSL.field(owner.append(TIME), LOCALDATETIME(6).notNull());
  }

  /** The open, high, low, close and volume columns of a table or alias. */
  static List<Field<Double>> values(Name owner) {
    return VALUES.stream()
        .map(
            column ->
                DSL.field(
                    owner.append(column), column.equals("volume") ? DOUBLE : DOUBLE.notNull()))
        .toList();
  }

  /** All columns without an owner, in table order. */
  static List<Field<?>> columns() {
    Name none = DSL.name(new String[0]);
    return Stream.<Field<?>>concat(Stream.of(time(none)), values(none).stream()).toList();
  }
}
