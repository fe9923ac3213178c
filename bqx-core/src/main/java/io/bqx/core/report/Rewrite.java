package io.bqx.core.report;

import io.bqx.core.catalog.Scope;
import io.bqx.core.catalog.TableFamily;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.Map;
import java.util.Optional;

/**
 * The last rewrite of one partition by one run, or its last try that failed.
 *
 * @param table the kind of table
 * @param scope the pair, or the market
 * @param month the month
 * @param checksums CRC32C of the content of each stage that it computed, by the stage's id; of a
 *     failed try, that of what is still stored
 * @param done whether it succeeded
 * @param rows rows that it wrote
 * @param columns columns that it computed
 * @param nulls missing values in these columns
 * @param started when it began, by the database's clock; of a failed try, when that was recorded
 * @param finished when it ended
 * @param attempts tries since the partition was last done
 * @param run the id of the run
 * @param worker the process that did it
 * @param lane which of the rewrites that the worker did at the same time, counted from 0
 * @param error why it failed; empty if it did not
 */
public record Rewrite(
    TableFamily table,
    Scope scope,
    YearMonth month,
    Map<String, Long> checksums,
    boolean done,
    long rows,
    int columns,
    long nulls,
    Instant started,
    Instant finished,
    int attempts,
    String run,
    String worker,
    int lane,
    Optional<String> error) {

  /** Takes a copy of the checksums. */
  public Rewrite {
    checksums = Map.copyOf(checksums);
  }

  /** From its beginning to its end. */
  public Duration elapsed() {
    return Duration.between(started, finished);
  }

  /** The table's name: {@code "reg_bqx_eurusd"}. */
  public String tableName() {
    return scope.isMarket() ? table.prefix() : table.prefix() + "_" + scope.name();
  }

  Rewrite inLane(int number) {
    return new Rewrite(
        table, scope, month, checksums, done, rows, columns, nulls, started, finished, attempts,
        run, worker, number, error);
  }
}
