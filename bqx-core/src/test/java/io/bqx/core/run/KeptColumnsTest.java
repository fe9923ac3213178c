package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.TableFamily;
import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.testing.TestDatabase;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Columns of earlier stages, when later stages are added beside them. */
class KeptColumnsTest {

  private static final String[] EARLIER = {"1.5", "2.12", "2.14"};
  private static final String[] LATER = {"2.3", "2.4", "2.16B"};

  private final Queue<String> reads = new ConcurrentLinkedQueue<>();
  private SmallMarket market;

  @BeforeEach
  void computeTheEarlierStages() {
    market = SmallMarket.create("kept");
    assertThat(market.job(SmallMarket.FIRST, SmallMarket.FIRST).stages(EARLIER).run().failures())
        .isEmpty();
  }

  @AfterEach
  void drop() {
    market.close();
  }

  @Test
  void areComputedAgainInsteadOfReadWhereThatGivesTheSameBytes() {
    String before = earlierColumns();

    assertThat(addLaterStages()).allSatisfy(o -> assertThat(o.state()).isEqualTo(State.DONE));

    assertThat(earlierColumns()).isEqualTo(before);
    assertThat(reads).isEmpty();
    assertThat(isValid()).isTrue();
  }

  @Test
  void stayAsTheyAreAndAreReportedWhereOneValueWasChangedByHand() {
    execute("UPDATE %s.reg_bqx_eurusd SET w6_r2 = 0.5 WHERE ts_utc = '2024-07-01 01:10'");
    assertStaysAndIsReported();
  }

  @Test
  void stayAsTheyAreAndAreReportedWhereEveryRowWasChangedByHand() {
    execute("UPDATE %s.reg_bqx_eurusd SET w6_prediction = w6_prediction + 1e-13");
    assertStaysAndIsReported();
  }

  @Test
  void stayAsTheyAreAndAreReportedWhereARowWasDeletedByHand() {
    execute("DELETE FROM %s.reg_bqx_eurusd WHERE ts_utc = '2024-07-01 01:10'");
    assertStaysAndIsReported();
  }

  @Test
  void stayAsTheyAreAndAreReportedWhereTheTableWasRewrittenByHand() {
    execute("ALTER TABLE %s.reg_bqx_eurusd ALTER w6_r2 TYPE double precision USING -w6_r2");
    assertStaysAndIsReported();
  }

  @Test
  void stayAsTheyAreAndAreReportedWhereTheLedgerKnowsOthers() {
    execute(
        "UPDATE %s.ledger_partitions SET content_crc = content_crc + 1 WHERE stage = '2.14' AND pair = 'eurusd'");
    assertStaysAndIsReported();
  }

  private void assertStaysAndIsReported() {
    String before = earlierColumns();

    assertThat(addLaterStages())
        .filteredOn(o -> o.state() != State.DONE)
        .singleElement()
        .satisfies(
            o -> {
              assertThat(o.scope()).hasToString("eurusd");
              assertThat(o.message().orElseThrow()).contains("they were changed by hand");
            });
    assertThat(earlierColumns()).isEqualTo(before);
    assertThat(reads).isNotEmpty();
    assertThat(market.leftovers()).isEmpty();
  }

  private List<PartitionOutcome> addLaterStages() {
    return SmallMarket.bareJob(
            ObservedDatabase.of(TestDatabase.dataSource(), (event, connection) -> see(event)),
            market.schema())
        .months(SmallMarket.FIRST, SmallMarket.FIRST)
        .stages(LATER)
        .run()
        .outcomes();
  }

  /** A sample is read by its times, whole partitions by their bounds. */
  private void see(String event) {
    if (event.startsWith("copy-out") && event.contains("\"w6_r2\"") && event.contains(" >= ")) {
      reads.add(event);
    }
  }

  private boolean isValid() {
    return market
            .job(SmallMarket.FIRST, SmallMarket.FIRST)
            .stages("1.5", "2.12", "2.14", "2.3", "2.4", "2.16B")
            .validate()
            .exitCode()
        == 0;
  }

  private void execute(String statement) {
    market.sql().execute(statement.formatted(market.schema()));
  }

  /** A digest of the rows, with the columns that the table had before. */
  private String earlierColumns() {
    String columns =
        market
            .sql()
            .fetchSingle(
                "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
                    + " WHERE attrelid = {0}::regclass AND attnum > 0 AND (attname = 'ts_utc' OR attname ~ '^w[0-9]+_')",
                DSL.val(table()))
            .get(0, String.class);
    return market
        .sql()
        .fetchSingle(
            "SELECT md5(string_agg(t::text, '|' ORDER BY ts_utc)) FROM (SELECT "
                + columns
                + " FROM "
                + table()
                + ") t")
        .get(0, String.class);
  }

  private String table() {
    return market.table(TableFamily.REG_BQX, "eurusd").schema() + ".reg_bqx_eurusd";
  }
}
