package io.bqx.core.catalog;

import io.bqx.features.CurrencyPair;
import java.util.Objects;

/**
 * The partitioned parent table of one family and currency pair, such as {@code reg_bqx_eurusd}, as
 * jOOQ objects.
 */
public final class PairTable extends PartitionedTable {

  private final CurrencyPair pair;

  private PairTable(String schema, TableFamily family, CurrencyPair pair) {
    super(schema, family, Scope.of(pair));
    this.pair = pair;
  }

  /**
   * The table of a family and pair.
   *
   * @param schema the schema's name as PostgreSQL stores it, without quotes; any characters
   * @throws IllegalArgumentException if the family has no tables of pairs, or the schema's name is
   *     blank, longer than 63 bytes in UTF-8, or has a zero character: PostgreSQL would refuse or
   *     truncate it
   */
  public static PairTable of(String schema, TableFamily family, CurrencyPair pair) {
    return new PairTable(schema, family, Objects.requireNonNull(pair, "pair"));
  }

  /** The currency pair. */
  public CurrencyPair pair() {
    return pair;
  }
}
