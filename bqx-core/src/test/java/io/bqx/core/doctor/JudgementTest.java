package io.bqx.core.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.doctor.Probe.Speed;
import io.bqx.core.doctor.ServerSettings.Setting;
import io.bqx.features.Universe;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of states that a test cannot bring a server into. */
class JudgementTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Map<String, Setting> settings = new HashMap<>();

  private JudgementTest set(String name, String value, String unit) {
    settings.put(name, new Setting(value, unit));
    return this;
  }

  private Examination on(Platform platform) {
    return new Examination(
        null,
        DSL.using(SQLDialect.POSTGRES),
        "me",
        "bqx",
        null,
        Universe.g8(),
        4,
        Optional.empty(),
        new ServerSettings(settings),
        platform);
  }

  private static Finding only(List<Finding> findings) {
    assertThat(findings).hasSize(1);
    return findings.get(0);
  }

  @ParameterizedTest
  @CsvSource({"130022, PROBLEM", "140000, OK", "180001, OK"})
  void aReleaseThatIsTooOldIsAProblem(String number, Verdict verdict) {
    set("server_version_num", number, "").set("server_version", "x", "");

    assertThat(only(ServerChecks.version(on(Platform.SELF_MANAGED))).verdict()).isEqualTo(verdict);
  }

  @ParameterizedTest
  @CsvSource({
    "replica, 1024, 5, 0, ADVICE",
    "replica, 8192, 0, 50, OK",
    "replica, 5120, 40, 5, OK",
    "replica, 5120, 5, 40, ADVICE",
    "minimal, 1024, 0, 0, OK",
    "minimal, 1024, 5, 40, ADVICE"
  })
  void checkpointsThatWalForcesAreAdvisedAgainst(
      String level, String megabytes, long timed, long requested, Verdict verdict) {
    set("wal_level", level, "")
        .set("max_wal_size", megabytes, "MB")
        .set("checkpoint_timeout", "300", "s");

    Finding finding = WalChecks.checkpoints(on(Platform.SELF_MANAGED), timed, requested);

    assertThat(finding.verdict()).isEqualTo(verdict);
  }

  @Test
  void aChangeIsToldInTheWayOfWhoRunsTheServer() {
    assertThat(Platform.SELF_MANAGED.change("max_wal_size", "8GB", false))
        .isEqualTo("ALTER SYSTEM SET max_wal_size = '8GB'; then SELECT pg_reload_conf();");
    assertThat(Platform.SELF_MANAGED.change("wal_buffers", "16MB", true))
        .endsWith("then restart the server");
    assertThat(Platform.RDS.change("wal_buffers", "16MB", true))
        .isEqualTo("set wal_buffers to 16MB in the parameter group and reboot the instance");
    assertThat(Platform.MANAGED.change("wal_buffers", "16MB", true)).contains("provider");
    assertThat(new ServerSettings(Map.of("rds.extensions", new Setting("", ""))).platform(false))
        .isEqualTo(Platform.RDS);
    assertThat(new ServerSettings(Map.of("cloudsql.x", new Setting("", ""))).platform(false))
        .isEqualTo(Platform.MANAGED);
    assertThat(new ServerSettings(Map.of()).platform(false)).isEqualTo(Platform.SELF_MANAGED);
    assertThat(new ServerSettings(Map.of()).platform(true)).isEqualTo(Platform.AURORA);
  }

  @ParameterizedTest
  @CsvSource({"0, OK", "30000, PROBLEM", "3600000, OK"})
  void aLimitOfTransactionsEndsLongCopies(String millis, Verdict verdict) {
    set("transaction_timeout", millis, "ms");

    Finding finding = only(SessionChecks.timeouts(on(Platform.SELF_MANAGED)));

    assertThat(finding.verdict()).isEqualTo(verdict);
    if (verdict == Verdict.PROBLEM) {
      assertThat(finding.remedy()).isEqualTo("ALTER ROLE \"me\" SET transaction_timeout = '0';");
    }
  }

  @Test
  void commitsThatWaitForAStandbyAreNamedUnlessTheyDoNot() {
    set("synchronous_standby_names", "s1", "").set("synchronous_commit", "on", "");
    assertThat(only(WalChecks.durability(on(Platform.SELF_MANAGED))).topic())
        .isEqualTo("synchronous_commit");

    set("synchronous_commit", "local", "");
    assertThat(only(WalChecks.durability(on(Platform.SELF_MANAGED))).verdict())
        .isEqualTo(Verdict.OK);
  }

  @Test
  void aDatabaseThatAPowerFailureDamagesIsNotWorthTheSpeed() {
    set("fsync", "off", "").set("full_page_writes", "off", "");

    assertThat(WalChecks.durability(on(Platform.SELF_MANAGED)))
        .extracting(Finding::topic)
        .containsExactly("fsync", "full_page_writes");
  }

  @Test
  void anArchiveThatFailsIsAProblem() {
    assertThat(WalChecks.archive(10, 3, true).verdict()).isEqualTo(Verdict.PROBLEM);
    assertThat(WalChecks.archive(10, 3, false).verdict()).isEqualTo(Verdict.OK);
  }

  @Test
  void aSlotThatNobodyReadsFillsTheDiskUnlessItIsBounded() {
    Finding unread = WalChecks.slot("it's", "physical", false, 5L << 30, false);
    assertThat(unread.verdict()).isEqualTo(Verdict.PROBLEM);
    assertThat(unread.found()).isEqualTo("physical slot it's is not in use and holds 5 GB of WAL");
    assertThat(unread.remedy()).contains("pg_drop_replication_slot('it''s')");
    assertThat(WalChecks.slot("s", "physical", false, 0, true).verdict()).isEqualTo(Verdict.ADVICE);
    assertThat(WalChecks.slot("s", "logical", true, 2L << 30, false).verdict())
        .isEqualTo(Verdict.ADVICE);
    assertThat(WalChecks.slot("s", "logical", true, 100, false).verdict()).isEqualTo(Verdict.OK);
  }

  @Test
  void smallWalBuffersAreAdvisedAgainst() {
    set("wal_level", "replica", "").set("wal_buffers", "64", "8kB");

    assertThat(only(WalChecks.buffers(on(Platform.SELF_MANAGED))).verdict())
        .isEqualTo(Verdict.ADVICE);
  }

  @Test
  void aLockIsAProblemWhenItHasLastedLongerThanASwapWaits() {
    assertThat(SessionChecks.lock(7L, "\"report\"", "active", 61.0, PATIENCE).verdict())
        .isEqualTo(Verdict.PROBLEM);
    assertThat(SessionChecks.lock(7L, "\"report\"", "active", 61.0, PATIENCE).remedy())
        .contains("pg_terminate_backend(7)");
    assertThat(SessionChecks.lock(7L, "\"report\"", null, null, PATIENCE).found())
        .contains("unknown age");
    assertThat(SessionChecks.lock(null, "", null, null, PATIENCE).found())
        .startsWith("a prepared transaction");
  }

  @Test
  void connectionsCountWhatIsReservedAndInUse() {
    set("max_connections", "20", "").set("superuser_reserved_connections", "3", "");

    assertThat(SessionChecks.connections(on(Platform.SELF_MANAGED), 6, -1, -1).verdict())
        .isEqualTo(Verdict.OK);
    Finding crowded = SessionChecks.connections(on(Platform.SELF_MANAGED), 11, -1, -1);
    assertThat(crowded.verdict()).isEqualTo(Verdict.PROBLEM);
    assertThat(crowded.remedy()).contains("'25'", "--workers 1");
    assertThat(SessionChecks.connections(on(Platform.SELF_MANAGED), 1, -1, 4).verdict())
        .isEqualTo(Verdict.PROBLEM);
  }

  @Test
  void aPoolerIsKnownByItsProcessNumber() {
    assertThat(ClientChecks.pooler(7, 7, 5).verdict()).isEqualTo(Verdict.OK);
    assertThat(ClientChecks.pooler(7, 8, 5).remedy()).contains("prepareThreshold=0");
    assertThat(ClientChecks.pooler(7, 8, 0).verdict()).isEqualTo(Verdict.ADVICE);
  }

  @Test
  void aServerFarAwayIsAdvisedAgainst() {
    assertThat(ClientChecks.roundTrip(Duration.ofMillis(20)).verdict()).isEqualTo(Verdict.ADVICE);
    assertThat(ClientChecks.roundTrip(Duration.ofMillis(1)).verdict()).isEqualTo(Verdict.OK);
  }

  @Test
  void heapAndProcessorsAreComparedWithTheWorkers() {
    assertThat(ClientChecks.heap(512 << 20, 8).verdict()).isEqualTo(Verdict.ADVICE);
    assertThat(ClientChecks.heap(512 << 20, 8).remedy()).contains("-Xmx1024m");
    assertThat(ClientChecks.heap(2L << 30, 8).verdict()).isEqualTo(Verdict.OK);
    assertThat(ClientChecks.processors(2, 5).verdict()).isEqualTo(Verdict.ADVICE);
    assertThat(ClientChecks.processors(2, 4).verdict()).isEqualTo(Verdict.OK);
  }

  @Test
  void roomForOneMonthIsNeededAndRoomForAllIsAdvised() {
    assertThat(judge(OptionalLong.of(50)).verdict()).isEqualTo(Verdict.PROBLEM);
    assertThat(judge(OptionalLong.of(500)).verdict()).isEqualTo(Verdict.ADVICE);
    assertThat(judge(OptionalLong.of(5000)).verdict()).isEqualTo(Verdict.OK);
    assertThat(judge(OptionalLong.empty()).why()).contains("cannot be read from here");
  }

  private static Finding judge(OptionalLong free) {
    return SizeChecks.judge("found", 1000, 100, free, false);
  }

  @Test
  void workersThatGainNothingAreAdvisedAgainst() {
    Speed alone = new Speed(100 << 20, Duration.ofSeconds(1));
    Speed same = new Speed(400 << 20, Duration.ofSeconds(4));
    Speed better = new Speed(400 << 20, Duration.ofSeconds(2));

    Finding gainsNothing = Probe.judge(alone, same, 4, 1.02);
    assertThat(gainsNothing.verdict()).isEqualTo(Verdict.ADVICE);
    assertThat(gainsNothing.found())
        .isEqualTo(
            "100 MB/s over 1 connection, 100 MB/s over 4; 1.02 bytes of WAL for each byte sent");
    assertThat(Probe.judge(alone, better, 4, 1.02).verdict()).isEqualTo(Verdict.OK);
    assertThat(Probe.judge(alone, alone, 1, 0).verdict()).isEqualTo(Verdict.OK);
  }

  @Test
  void theServersProviderDecidesOverTheWalLevel() throws SQLException {
    set("wal_level", "replica", "");

    assertThat(only(WalChecks.level(on(Platform.RDS))).verdict()).isEqualTo(Verdict.OK);
    assertThat(WalChecks.level(on(Platform.AURORA))).isEmpty();
  }
}
