package io.bqx.core.catalog;

import io.bqx.features.FeatureType;
import java.util.Optional;

/**
 * A column as the database has it.
 *
 * @param name the column's name
 * @param sqlType the type as PostgreSQL prints it: {@code "double precision"}, {@code "timestamp
 *     without time zone"}
 * @param notNull whether the column refuses nulls
 * @param position 1 for the first column; dropped columns do not count
 */
public record TableColumn(String name, String sqlType, boolean notNull, int position) {

  /** The feature type that is stored as this SQL type; empty if there is none. */
  public Optional<FeatureType> featureType() {
    return SqlTypes.typeOf(sqlType);
  }

  /** The SQL type that a feature type is stored as. */
  public static String sqlTypeOf(FeatureType type) {
    return SqlTypes.nameOf(type);
  }
}
