package io.bqx.core.run;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.TableFamily;
import io.bqx.features.CurrencyPair;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record2;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/**
 * The baseline price of each pair, in {@code baseline_rates}: the close of its first bar at or
 * after the baseline instant.
 *
 * <p>Without an instant it is the close of the pair's first bar, found once and then kept, so that
 * older bars imported later do not move the index.
 */
final class Baselines {

  private static final String TABLE = "baseline_rates";
  private static final Set<String> LOST_RACE = Set.of("42P07", "42710", "23505");
  private static final Field<String> PAIR =
      DSL.field(DSL.name("pair"), SQLDataType.VARCHAR(6).notNull());
  private static final Field<LocalDateTime> INSTANT =
      DSL.field(DSL.name("baseline_instant"), SQLDataType.LOCALDATETIME(6));
  private static final Field<LocalDateTime> BAR_TIME =
      DSL.field(DSL.name("bar_time"), SQLDataType.LOCALDATETIME(6).notNull());
  private static final Field<Double> CLOSE =
      DSL.field(DSL.name("close"), SQLDataType.DOUBLE.notNull());

  private final DataSource dataSource;
  private final String schema;
  private final Table<?> table;

  Baselines(DataSource dataSource, String schema) {
    this.dataSource = dataSource;
    this.schema = schema;
    this.table = DSL.table(DSL.name(schema, TABLE));
  }

  /** Creates the table if it is not there; any number of sessions may do so at once. */
  void create(DSLContext dsl) {
    try {
      dsl.createTableIfNotExists(table)
          .columns(PAIR, INSTANT, BAR_TIME, CLOSE)
          .primaryKey(PAIR)
          .execute();
    } catch (DataAccessException e) {
      // "if not exists" does not see what another session is about to commit.
      if (!LOST_RACE.contains(e.sqlState()) || !exists(dsl)) {
        throw e;
      }
    }
  }

  /** Finds the baseline of each pair and keeps it. */
  Map<CurrencyPair, Double> resolveAndKeep(
      Collection<CurrencyPair> pairs, Optional<Instant> instant) {
    return resolve(pairs, instant, true);
  }

  /** Finds the baseline of each pair and changes nothing. */
  Map<CurrencyPair, Double> resolve(Collection<CurrencyPair> pairs, Optional<Instant> instant) {
    return resolve(pairs, instant, false);
  }

  private Map<CurrencyPair, Double> resolve(
      Collection<CurrencyPair> pairs, Optional<Instant> instant, boolean keep) {
    try (Connection connection = dataSource.getConnection()) {
      DSLContext dsl = DSL.using(connection, SQLDialect.POSTGRES);
      Map<String, Record2<LocalDateTime, Double>> kept = kept(dsl);
      Map<CurrencyPair, Double> baselines = new TreeMap<>();
      for (CurrencyPair pair : pairs) {
        baselines.put(
            pair, resolve(dsl, pair, instant, Optional.ofNullable(kept.get(pair.name())), keep));
      }
      return baselines;
    } catch (SQLException | DataAccessException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT, "Cannot find the baselines in %s.%s: %s", schema, TABLE, e.getMessage()),
          e);
    }
  }

  /**
   * A price that was kept without an instant stays; with an instant, the bars as they are decide.
   */
  private double resolve(
      DSLContext dsl,
      CurrencyPair pair,
      Optional<Instant> asked,
      Optional<Record2<LocalDateTime, Double>> kept,
      boolean keep) {
    Optional<Instant> instant =
        asked.or(() -> kept.map(Record2::value1).map(time -> time.toInstant(ZoneOffset.UTC)));
    return instant.isEmpty() && kept.isPresent()
        ? kept.get().value2()
        : find(dsl, pair, instant, keep);
  }

  private Map<String, Record2<LocalDateTime, Double>> kept(DSLContext dsl) {
    Map<String, Record2<LocalDateTime, Double>> kept = new HashMap<>();
    if (exists(dsl)) {
      dsl.select(PAIR, INSTANT, CLOSE)
          .from(table)
          .forEach(row -> kept.put(row.value1(), row.into(INSTANT, CLOSE)));
    }
    return kept;
  }

  private boolean exists(DSLContext dsl) {
    return dsl.fetchExists(
        DSL.selectOne()
            .from(DSL.table(DSL.name("information_schema", "tables")))
            .where(DSL.field(DSL.name("table_schema"), String.class).eq(schema))
            .and(DSL.field(DSL.name("table_name"), String.class).eq(TABLE)));
  }

  private double find(DSLContext dsl, CurrencyPair pair, Optional<Instant> instant, boolean keep) {
    PairTable bars = PairTable.of(schema, TableFamily.M1, pair);
    Record2<LocalDateTime, Double> bar =
        dsl.select(bars.time(), CLOSE)
            .from(bars.table())
            .where(instant.map(i -> bars.time().ge(utc(i))).orElse(DSL.trueCondition()))
            .orderBy(bars.time())
            .limit(1)
            .fetchOptional()
            .orElseThrow(() -> noBar(pair, bars, instant));
    if (keep) {
      keep(dsl, pair, instant, bar);
    }
    return bar.value2();
  }

  private void keep(
      DSLContext dsl,
      CurrencyPair pair,
      Optional<Instant> instant,
      Record2<LocalDateTime, Double> bar) {
    LocalDateTime asked = instant.map(Baselines::utc).orElse(null);
    dsl.insertInto(table, PAIR, INSTANT, BAR_TIME, CLOSE)
        .values(pair.name(), asked, bar.value1(), bar.value2())
        .onConflict(PAIR)
        .doUpdate()
        .set(INSTANT, asked)
        .set(BAR_TIME, bar.value1())
        .set(CLOSE, bar.value2())
        .execute();
  }

  private static BqxException noBar(CurrencyPair pair, PairTable bars, Optional<Instant> instant) {
    return new BqxException(
        instant
            .map(
                i ->
                    String.format(
                        Locale.ROOT,
                        "No baseline for %s: %s has no bar at or after %s; choose an earlier baseline",
                        pair,
                        bars.name(),
                        i))
            .orElse(
                String.format(
                    Locale.ROOT, "No baseline for %s: %s has no bars", pair, bars.name())));
  }

  private static LocalDateTime utc(Instant instant) {
    return LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
  }
}
