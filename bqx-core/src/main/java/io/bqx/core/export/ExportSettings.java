package io.bqx.core.export;

import io.bqx.core.catalog.Layout;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.rewrite.SwapPolicy;
import io.bqx.core.stage.Stages;
import io.bqx.core.watch.StallPolicy;
import io.bqx.features.CurrencyPair;
import java.time.Duration;
import java.time.YearMonth;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * Everything that an export was asked for.
 *
 * @param stages all stages that columns may be of
 * @param months the months, or none for those that have features
 * @param lockPolicy how long a table is waited for that somebody alters
 * @param redo whether files are written that are there already
 * @param sampledRows how many rows of each file are compared with the database
 */
record ExportSettings(
    DataSource dataSource,
    String schema,
    Stages stages,
    List<CurrencyPair> pairs,
    Optional<List<YearMonth>> months,
    ExportDestination destination,
    int workers,
    DoubleEncoding encoding,
    boolean redo,
    int sampledRows,
    SwapPolicy lockPolicy,
    StallPolicy stallPolicy,
    ExportListener listener) {

  /** Nothing is claimed in it, so its lease never counts. */
  private static final Duration LEASE = Duration.ofSeconds(30);

  Ledger ledger(DataSource connections) {
    return new Ledger(connections, schema, LEASE);
  }

  Layout layout() {
    Ledger ledger = ledger(dataSource);
    return ledger.exists() ? ledger.layout() : Layout.WIDE;
  }
}
