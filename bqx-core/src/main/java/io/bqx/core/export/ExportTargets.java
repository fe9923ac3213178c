package io.bqx.core.export;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.PartitionInfo;
import io.bqx.core.catalog.TableFamily;
import io.bqx.features.CurrencyPair;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;

/** The pairs and months that an export is about, and which of them have features. */
final class ExportTargets {

  /** A pair's month. */
  record Target(CurrencyPair pair, YearMonth month, Kind kind) {

    String fileName() {
      return ExportedFile.nameOf(pair, month);
    }

    @Override
    public String toString() {
      return pair + " " + month;
    }
  }

  /** What a pair has of a month. */
  enum Kind {
    FEATURES,
    BARS_ONLY,
    NOTHING
  }

  private final ExportSettings settings;

  private ExportTargets(ExportSettings settings) {
    this.settings = settings;
  }

  /**
   * All of them, by month, then pair.
   *
   * @throws BqxException if none has features
   */
  static List<Target> of(ExportSettings settings) {
    try (Connection connection = settings.dataSource().getConnection()) {
      return new ExportTargets(settings)
          .find(
              new PartitionCatalog(DSL.using(connection, SQLDialect.POSTGRES), settings.schema()));
    } catch (SQLException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot find the features in the schema %s: %s",
              settings.schema(),
              e.getMessage()),
          e);
    }
  }

  private List<Target> find(PartitionCatalog catalog) {
    Map<CurrencyPair, Set<YearMonth>> stored = new HashMap<>();
    TreeSet<YearMonth> months = new TreeSet<>();
    for (CurrencyPair pair : settings.pairs()) {
      Set<YearMonth> ofPair = new HashSet<>();
      catalog
          .partitionsOf(PairTable.of(settings.schema(), TableFamily.REG_BQX, pair))
          .forEach(partition -> partition.month().ifPresent(ofPair::add));
      stored.put(pair, ofPair);
      months.addAll(ofPair);
    }
    settings.months().ifPresent(months::retainAll);
    if (months.isEmpty()) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "There are no features to export in the schema %s%s; compute them with 'bqx run', or name the schema that has them",
              settings.schema(),
              settings
                  .months()
                  .map(m -> " from " + m.get(0) + " to " + m.get(m.size() - 1))
                  .orElse("")));
    }
    List<Target> targets = new ArrayList<>();
    for (YearMonth month : settings.months().orElseGet(() -> List.copyOf(months))) {
      for (CurrencyPair pair : settings.pairs()) {
        targets.add(
            new Target(
                pair,
                month,
                stored.get(pair).contains(month)
                    ? Kind.FEATURES
                    : hasBars(catalog, pair, month) ? Kind.BARS_ONLY : Kind.NOTHING));
      }
    }
    return targets;
  }

  private boolean hasBars(PartitionCatalog catalog, CurrencyPair pair, YearMonth month) {
    LocalDateTime from = month.atDay(1).atStartOfDay();
    LocalDateTime to = from.plusMonths(1);
    for (PartitionInfo bars :
        catalog.partitionsOf(PairTable.of(settings.schema(), TableFamily.M1, pair))) {
      if (bars.from().isBefore(to) && bars.to().isAfter(from)) {
        return true;
      }
    }
    return false;
  }
}
